"""dkd: the identity that decoupling rests on, the blend of both parts by hand."""

import pytest
import torch
from teaching import B, K, logits, made
from toys import Net, clusters, even, learn

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.tricks.method.distil import divergence
from linne.tricks.method.dkd import decoupled


def test_the_parts_make_the_whole() -> None:
    """KL = KL of the label's share + (1 - p of the label) KL among the others (Zhao et al. 2022, equation 5)."""
    t, s, labels = logits(0), logits(1), torch.arange(B) % K
    label, rest = decoupled(t, s, labels)
    share = 1 - torch.softmax(t, 1)[torch.arange(B), labels]
    torch.testing.assert_close(label + share * rest, divergence(t, s), rtol=1e-12, atol=1e-12)


def test_the_same_logits_teach_nothing() -> None:
    for part in decoupled(logits(0), logits(0), torch.zeros(B, dtype=torch.long), 3):
        torch.testing.assert_close(part, torch.zeros(B, dtype=torch.float64), atol=1e-12, rtol=0)


def test_both_parts_are_weighed_and_come_in() -> None:
    torch.manual_seed(0)
    model, told = Net(10), torch.randn(4, 3)
    x, labels = torch.randn(4, 10), torch.tensor([0, 1, 2, 0])
    batch = Batch(x, torch.eye(3)[labels], torch.arange(4), {}, {}, 0, 0, 0)
    own = torch.nn.functional.cross_entropy(model(x), labels, reduction="none")
    label, rest = decoupled(told, model(x), labels, 2.0)
    for progress, come in ((0.05, 0.25), (0.9, 1.0)):
        step = made("dkd(teacher=a,temperature=2,alpha=2,beta=3,warmup=.2)", lambda images: told, model=model)
        torch.testing.assert_close(step(batch, progress).loss, own + come * (2 * label + 3 * rest))


def test_a_student_learns() -> None:
    feed, centres = clusters(even(300), 2), torch.tensor([[0.0, 0], [2.5, 0], [0, 2.5]])

    def told(x: torch.Tensor) -> torch.Tensor:
        return 20 * torch.eye(3)[torch.cdist(x[:, :2], centres).argmin(1)]

    taught = learn(made("dkd(teacher=a)", told), {"train": feed}, steps=60).module
    x = torch.from_numpy(feed.values).float()
    assert (taught(x).argmax(1) == told(x).argmax(1)).float().mean() > 0.9


@pytest.mark.parametrize("options", ["temperature=0", "alpha=-1", "beta=-.1", "warmup=1"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match=r"dkd\(temperature="):
        made(f"dkd(teacher=a,{options})")
    with pytest.raises(OptionError, match="contradicts"):
        made("dkd(teacher=a)", loss="cross_entropy(smoothing=.1)")

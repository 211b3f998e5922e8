"""distil against scipy's relative entropy, and a student that it teaches."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from teaching import B, logits, made
from toys import Net, clusters, even, learn, recall

from linne.core.batch import Batch
from linne.core.errors import InputError, OptionError
from linne.engine.teach import Recalled
from linne.tricks.method.distil import divergence


def test_the_same_logits_teach_nothing() -> None:
    zero = torch.zeros(B, dtype=torch.float64)
    torch.testing.assert_close(divergence(logits(0), logits(0), 3), zero, atol=1e-12, rtol=0)


def test_both_losses_are_weighed_and_the_legacy_mean_is_k_times_less() -> None:
    torch.manual_seed(0)
    model, told = Net(10), torch.randn(4, 3)
    x, labels = torch.randn(4, 10), torch.tensor([0, 1, 2, 0])
    batch = Batch(x, torch.eye(3)[labels], torch.arange(4), {}, {}, 0, 0, 0)
    own = torch.nn.functional.cross_entropy(model(x), labels, reduction="none")
    apart = divergence(told, model(x), 2.0)
    for spec, share, scale in (
        ("share=.3", 0.3, 1.0),
        ("share=1", 1.0, 1.0),
        ("share=.3,legacy_mean=true", 0.3, 1 / 3),
    ):
        step = made(f"distil(teacher=a,temperature=2,{spec})", lambda images: told, model=model)(batch)
        torch.testing.assert_close(step.loss, share * scale * apart + (1 - share) * own)


def test_the_teacher_sees_what_the_student_sees_and_does_not_learn() -> None:
    seen: list[torch.Tensor] = []
    teacher = Net(10, seed=3)

    def told(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return teacher(images).detach()

    before = [value.clone() for value in teacher.state_dict().values()]
    feed = {"train": clusters(even(120), 2)}
    method = made("distil(teacher=a)", told)
    method.model.register_forward_pre_hook(lambda part, given: seen.append(given[0]))
    learn(method, feed, steps=3, mix="mixup")
    assert len(seen) == 6
    assert all(torch.equal(a, b) for a, b in zip(seen[::2], seen[1::2], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(before, teacher.state_dict().values(), strict=True))


def test_a_student_learns_from_the_teacher_alone() -> None:
    """The teacher names the nearest of the three centres; labels have no share in the loss."""
    feed, centres = clusters(even(300), 2), torch.tensor([[0.0, 0], [2.5, 0], [0, 2.5]])

    def told(x: torch.Tensor) -> torch.Tensor:
        return 20 * torch.eye(3)[torch.cdist(x[:, :2], centres).argmin(1)]

    taught = learn(made("distil(teacher=a,share=1)", told), {"train": feed}, steps=60).module
    assert recall(taught, feed).min() > 0.7
    x = torch.from_numpy(feed.values).float()
    assert (taught(x).argmax(1) == told(x).argmax(1)).float().mean() > 0.9


def test_what_is_known_of_rows() -> None:
    told = Recalled(np.array([9, 4, 7]), np.arange(9.0).reshape(3, 3))
    assert told(torch.tensor([4, 9])).tolist() == [[3, 4, 5], [0, 1, 2]]
    with pytest.raises(InputError, match="no out-of-fold label"):
        told(torch.tensor([4, 5]))
    method = made("distil(teacher=self)", told, model=Net(10))
    x = torch.randn(2, 10)
    plain = Batch(x, torch.eye(3)[:2], torch.tensor([7, 4]), {}, {}, 0, 0, 0)
    wanted = 0.5 * divergence(told(plain.rows), method.model(x), 4.0)
    own = torch.nn.functional.cross_entropy(method.model(x), plain.targets, reduction="none")
    torch.testing.assert_close(method(plain).loss, wanted + 0.5 * own)
    with pytest.raises(OptionError, match="Drop mix"):
        method(Batch(x, torch.full((2, 3), 1 / 3), plain.rows, {}, {}, 0, 0, 0))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("share=0", "share"),
        ("temperature=0", "temperature above 0"),
    ],
)
def test_refuses(options: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        made(f"distil(teacher=a,{options})")


def test_smoothed_labels_contradict_a_teacher() -> None:
    with pytest.raises(OptionError, match="contradicts"):
        made("distil(teacher=a)", loss="cross_entropy(smoothing=.1)")


def test_a_loss_without_options_is_fine() -> None:
    assert made("distil(teacher=a)", SimpleNamespace()).share == 0.5

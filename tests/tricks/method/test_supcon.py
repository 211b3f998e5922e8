"""supcon: the published loss in loops, as a cross-entropy, its gradient by differences; stages; closer classes."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.tricks.method._contrast import contrast

LABELS = torch.tensor([0, 1, 0, 2, -1, -1])


def unit(n: int = 6, views: int = 2, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(n, views, 5, generator=draw, dtype=torch.float64), dim=2)


def by_loops(views: torch.Tensor, labels: "torch.Tensor | None", heat: float) -> float:
    """Equation 2 of the paper, an anchor at a time: the mean over all anchors."""
    flat = [(row, z.numpy()) for row, one in enumerate(views) for z in one]
    total = 0.0
    for i, (row, z) in enumerate(flat):
        others = [(other, np.exp(z @ w / heat)) for k, (other, w) in enumerate(flat) if k != i]
        whole = sum(value for _, value in others)
        alike = [row == other or (labels is not None and labels[row] == labels[other] >= 0) for other, _ in others]
        same = [value for (_, value), one in zip(others, alike, strict=True) if one]
        total += -np.mean([np.log(value / whole) for value in same]) if same else 0.0
    return total / len(flat)


@pytest.mark.parametrize("labels", [LABELS, None])
@pytest.mark.parametrize("views", [1, 2, 3])
def test_the_loss_in_loops(labels: "torch.Tensor | None", views: int) -> None:
    found = contrast(unit(views=views), labels, 0.1)
    assert found.shape == (6,)
    assert float(found.mean()) == pytest.approx(by_loops(unit(views=views), labels, 0.1), rel=1e-4)
    scaled = contrast(unit(views=views), labels, 0.1, 0.07)
    torch.testing.assert_close(scaled, found * 0.1 / 0.07)


def test_it_is_a_cross_entropy_beside_even_shares_of_the_positives() -> None:
    z = unit(views=1)[:, 0].float()
    likeness = (z @ z.T / 0.2).fill_diagonal_(-1e9)
    same = ((LABELS[:, None] == LABELS) & (LABELS >= 0)[:, None]).fill_diagonal_(False)
    wanted = F.cross_entropy(likeness, same / same.sum(1, keepdim=True).clamp(min=1), reduction="none")
    torch.testing.assert_close(contrast(z[:, None], LABELS, 0.2), wanted, atol=1e-4, rtol=1e-4)


def test_the_gradient_by_differences() -> None:
    free = torch.randn(4, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def loss(values: torch.Tensor) -> torch.Tensor:
        return contrast(F.normalize(values, dim=2), torch.tensor([0, 0, 1, 1]), 0.5).double().sum()

    free.requires_grad_()
    loss(free).backward()
    for place in [(0, 0, 0), (1, 1, 2), (3, 0, 1)]:
        step = torch.zeros_like(free)
        step[place] = 1e-2
        slope = (loss(free.detach() + step) - loss(free.detach() - step)) / 2e-2
        assert float(slope) == pytest.approx(float(free.grad[place]), rel=2e-2, abs=2e-3)


def test_first_all_but_the_head_then_the_head_alone() -> None:
    known = clusters(even(96), 0)
    method = make("supcon(share=.5,view='.5')", Net(10), known.labels)
    states: list[dict[str, torch.Tensor]] = []

    class Keep:
        def on_start(self, loop: object) -> None:
            self.on_step(loop, None)

        def on_step(self, loop: object, record: object) -> None:
            states.append({name: value.clone() for name, value in method.model.state_dict().items()})

    learn(method, {"train": known}, steps=8, hooks=(Keep(),))
    changed = [{name for name in a if not torch.equal(a[name], b[name])} for a, b in pairwise(states)]
    head, others = {"network.head.weight", "network.head.bias"}, set(states[0])
    assert changed[1] == changed[2] == changed[3] == others - head
    assert changed[5] == changed[6] == head
    assert method.network.head.weight.abs().sum() > 0


def test_a_class_lies_closer_together_and_is_called_rightly() -> None:
    known, judged = clusters(even(192), 0, wide=20, gap=3.0), clusters(even(2000), 9, wide=20, gap=3.0)

    def spread(net: Net) -> float:
        with torch.no_grad():
            z = F.normalize(net.eval().features(torch.from_numpy(judged.values).float()))
        means = torch.stack([z[judged.labels == k].mean(0) for k in range(3)])
        return float((z - means[judged.labels]).square().sum(1).mean() / means.var(0).sum())

    net = Net(20)
    before = spread(net)
    fitted = learn(make("supcon(view='.5')", net, known.labels), {"train": known}, steps=80, batch=96)
    assert spread(net) < before / 3
    assert recall(fitted.module, judged).mean() > 0.85
    assert fitted.module is net
    assert not [name for name, _ in net.named_parameters() if "projection" in name]


def test_refuses_what_cannot_be() -> None:
    for options in ("temperature=0", "share=1", "out=1", "base=-1"):
        with pytest.raises(OptionError, match="supcon"):
            make(f"supcon({options})", Net(10), even(9))
    net = Net(10)
    net.body = torch.nn.Identity()
    with pytest.raises(OptionError, match="--ground trunk"):
        make("supcon", net, even(9))


def test_rows_without_a_label_are_alike_to_themselves_alone() -> None:
    method = make("supcon", Net(10), even(9))
    draw = torch.randn(3, 10, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(3, 3)
    with torch.no_grad():
        loss = method(Batch(draw, targets, torch.arange(3), {"second": draw + 0.1})).loss
        seen = F.normalize(method.model.project(torch.cat([draw, draw + 0.1])))
    torch.testing.assert_close(loss, contrast(torch.stack(seen.chunk(2), 1), None, 0.1))

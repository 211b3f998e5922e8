"""focal against its formula in float64, cross-entropy where it is one, and a finite difference."""

import math

import pytest
import torch
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find

EVEN, UNEVEN = torch.tensor([10.0, 10, 9, 0]), torch.tensor([90.0, 30, 9, 0])


def rows(seed: int = 0, hard: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(12, 4, generator=generator, dtype=torch.float64)
    if hard:
        return logits, F.one_hot(torch.arange(12) % 4, 4).double()
    return logits, torch.rand(12, 4, generator=generator, dtype=torch.float64).softmax(1)


@pytest.mark.parametrize("gamma", [0, 1, 2, 3.5])
def test_by_hand(gamma: float) -> None:
    logits, targets = rows()
    got = find("loss", f"focal(gamma={gamma})")(logits, targets, UNEVEN)
    for row in range(12):
        exps = [math.exp(z) for z in logits[row].tolist()]
        p = exps[row % 4] / sum(exps)
        assert float(got[row]) == pytest.approx(-((1 - p) ** gamma) * math.log(p), rel=1e-12)


def test_without_focus_it_is_cross_entropy() -> None:
    logits, targets = rows(hard=False)
    both = "smoothing=.1"
    got = find("loss", f"focal(gamma=0,{both})")(logits, targets, UNEVEN)
    assert torch.equal(got, find("loss", f"cross_entropy({both})")(logits, targets))


def test_even_classes_leave_nothing_to_look_away_from() -> None:
    logits, targets = rows()
    plain = find("loss", "cross_entropy")(logits, targets)
    one = find("loss", "focal(uneven=3)")
    assert torch.equal(one(logits, targets, EVEN), plain)
    assert (one(logits, targets, UNEVEN) < plain).all()
    assert torch.equal(one(logits, targets, torch.tensor([27.0, 9, 9, 0])), plain), "three times is not more than three"


def test_the_slope_is_the_finite_difference() -> None:
    logits, targets = rows(hard=False)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: find("loss", "focal(smoothing=.1)")(z, targets, UNEVEN), logits)


def test_certainty_has_a_finite_slope() -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    find("loss", "focal(gamma=1)")(logits, torch.tensor([[1.0, 0.0]]), EVEN).sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("options", ["gamma=-1", "gamma=.5", "smoothing=1", "uneven=-1"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="focal"):
        find("loss", f"focal({options})")(*rows(), EVEN)

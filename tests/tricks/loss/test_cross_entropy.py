"""cross_entropy against torch's own and by hand, with either convention of smoothing."""

import math

import pytest
import torch
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find

LOGITS = torch.randn(40, 5, generator=torch.Generator().manual_seed(0)) * 3
LABELS = torch.arange(40) % 5


def test_one_row_by_hand() -> None:
    logits, targets = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.25, 0.75]])
    assert find("loss", "cross_entropy")(logits, targets).tolist() == pytest.approx([0.6931472])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_is_torch_s_and_so_is_its_gradient(smoothing: float) -> None:
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    soft = torch.rand(40, 5).softmax(1)
    trick = find("loss", f"cross_entropy(smoothing={smoothing})")
    for targets, same in ((F.one_hot(LABELS, 5).float(), LABELS), (soft, soft)):
        got = trick(ours, targets)
        wanted = F.cross_entropy(theirs, same, reduction="none", label_smoothing=smoothing)
        torch.testing.assert_close(got, wanted)
        got.sum().backward()
        wanted.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_smoothing_over_the_others_by_hand() -> None:
    logits = torch.tensor([[math.log(2), math.log(5), math.log(3)]])
    got = find("loss", "cross_entropy(smoothing=.2, spread=others)")(logits, torch.tensor([[0.0, 1.0, 0.0]]))
    assert got.tolist() == pytest.approx([-0.8 * math.log(0.5) - 0.1 * math.log(0.2) - 0.1 * math.log(0.3)])


def test_the_two_conventions_differ_by_their_number() -> None:
    """e / (K - 1) to the others is e' / K to all with e' = e K / (K - 1)."""
    for targets in (F.one_hot(LABELS, 5).float(), torch.rand(40, 5).softmax(1)):
        others = find("loss", "cross_entropy(smoothing=.2, spread=others)")(LOGITS, targets)
        torch.testing.assert_close(others, find("loss", "cross_entropy(smoothing=.25)")(LOGITS, targets))
    plain = find("loss", "cross_entropy(smoothing=.2)")(LOGITS, targets)
    assert not torch.allclose(others, plain)


def test_certainty_is_no_infinity() -> None:
    got = find("loss", "cross_entropy")(torch.tensor([[200.0, -200.0]]), torch.tensor([[1.0, 0.0]]))
    assert got.tolist() == [0.0]


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_refuses_what_is_no_share(smoothing: float) -> None:
    with pytest.raises(OptionError, match="smoothing is a share"):
        find("loss", f"cross_entropy(smoothing={smoothing})")(LOGITS, LOGITS)


@pytest.mark.parametrize(
    ("options", "why"),
    [("smoothing=.1, spread=other", "Did you mean 'others'"), ("spread=others", "needs a smoothing above 0")],
)
def test_refuses_a_spread_that_is_not_there_or_has_no_effect(options: str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        find("loss", f"cross_entropy({options})")(LOGITS, LOGITS)

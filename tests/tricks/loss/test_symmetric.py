"""symmetric by hand: of a label the second term is minus the floor times what the label was not given."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("floor", [-4.0, math.log(1e-4)])
def test_by_hand(drawn, floor: float) -> None:
    logits, targets = drawn()
    got = find("loss", f"symmetric(alpha=.3, beta=.7, floor={floor})")(logits, targets)
    p = (logits.softmax(1) * targets).sum(1)
    torch.testing.assert_close(got, -0.3 * p.log() - 0.7 * floor * (1 - p))


def test_of_shares_above_the_floor_it_is_the_cross_entropy_both_ways(drawn) -> None:
    logits, targets = drawn(soft=True)
    got = find("loss", "symmetric(alpha=1, beta=1, floor=-50)")(logits, targets)
    p = logits.softmax(1)
    divergence = torch.nn.functional.kl_div
    both = divergence(p.log(), targets, reduction="none") + divergence(targets.log(), p, reduction="none")
    entropies = -(p * p.log() + targets * targets.log())
    torch.testing.assert_close(got, (both + entropies).sum(1))


def test_beta_0_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    plain = find("loss", "cross_entropy")(logits, targets)
    assert torch.equal(find("loss", "symmetric(alpha=1, beta=0)")(logits, targets), plain)


@pytest.mark.parametrize("options", ["alpha=-1", "beta=-1", "floor=0"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match=r"symmetric\(alpha="):
        find("loss", f"symmetric({options})")(*drawn())

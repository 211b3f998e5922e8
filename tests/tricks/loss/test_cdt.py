"""cdt by hand and at 0."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = torch.tensor([1024.0, 32, 1, 243], dtype=torch.float64)


def test_by_hand(drawn) -> None:
    """(1024 / 32)^.2 = 2 and (1024 / 1)^.2 = 4."""
    logits, targets = drawn()
    got = find("loss", "cdt")(logits, targets, COUNTS)
    for row in range(12):
        one, two, three, four = logits[row].tolist()
        cooled = [one, two / 2, three / 4, four / (4 / 3)]
        wanted = math.log(sum(map(math.exp, cooled))) - cooled[row % 4]
        assert float(got[row]) == pytest.approx(wanted, rel=1e-12)


def test_gamma_0_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    plain = find("loss", "cross_entropy")(logits, targets)
    assert torch.equal(find("loss", "cdt(gamma=0)")(logits, targets, COUNTS), plain)


def test_refuses(drawn) -> None:
    with pytest.raises(OptionError, match="cdt: gamma"):
        find("loss", "cdt(gamma=-.1)")(*drawn(), COUNTS)
    with pytest.raises(OptionError, match="'cdt' divides"):
        find("loss", "cdt")(*drawn(), torch.tensor([5.0, 0, 3, 0]))

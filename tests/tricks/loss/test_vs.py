"""vs by hand, and cdt, logit adjustment and cross-entropy at its limits."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = torch.tensor([512.0, 256, 192, 64], dtype=torch.float64)


def test_by_hand(drawn) -> None:
    logits, targets = drawn()
    got = find("loss", "vs(gamma=1, tau=2)")(logits, targets, COUNTS)
    for row in range(12):
        factors, shares = (1, 1 / 2, 3 / 8, 1 / 8), (1 / 2, 1 / 4, 3 / 16, 1 / 16)
        parts = [s * s * math.exp(f * z) for f, s, z in zip(factors, shares, logits[row].tolist(), strict=True)]
        assert float(got[row]) == pytest.approx(-math.log(parts[row % 4] / sum(parts)), rel=1e-11)


@pytest.mark.parametrize(
    ("options", "same"),
    [("gamma=0, tau=0", "cross_entropy"), ("gamma=.3, tau=0", "cdt(gamma=.3)"), ("gamma=0", "logit_adjusted")],
)
def test_is_what_it_is_made_of(drawn, options: str, same: str) -> None:
    logits, targets = drawn(soft=True)
    counts = (COUNTS,) if same != "cross_entropy" else ()
    assert torch.equal(
        find("loss", f"vs({options})")(logits, targets, COUNTS), find("loss", same)(logits, targets, *counts)
    )


def test_refuses(drawn) -> None:
    for options in ("gamma=-.1", "tau=-1"):
        with pytest.raises(OptionError, match=r"vs\(gamma="):
            find("loss", f"vs({options})")(*drawn(), COUNTS)
    with pytest.raises(OptionError, match="'vs' divides"):
        find("loss", "vs")(*drawn(), torch.tensor([5.0, 0, 3, 0]))

"""logit_adjusted against the pairwise form of its paper, balanced softmax at 1 and cross-entropy at 0."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = torch.tensor([50.0, 30, 18, 2], dtype=torch.float64)


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_is_log_1_plus_the_sum_over_other_classes(drawn, tau: float) -> None:
    """Equation 11 with its margins: log(1 + sum_{j != y} (pi_j / pi_y)^tau e^(z_j - z_y))."""
    logits, targets = drawn()
    got = find("loss", f"logit_adjusted(tau={tau})")(logits, targets, COUNTS)
    for row in range(12):
        y, z = row % 4, logits[row].tolist()
        others = sum((COUNTS[j] / COUNTS[y]) ** tau * math.exp(z[j] - z[y]) for j in range(4) if j != y)
        assert float(got[row]) == pytest.approx(math.log1p(others), rel=1e-12)


def test_tau_0_is_cross_entropy_whatever_the_classes(drawn) -> None:
    logits, targets = drawn(soft=True)
    for counts in (COUNTS, torch.tensor([5.0, 0, 3, 0]).double()):
        got = find("loss", "logit_adjusted(tau=0)")(logits, targets, counts)
        assert torch.equal(got, find("loss", "cross_entropy")(logits, targets))


def test_tau_1_is_balanced_softmax_with_classes_without_a_picture_too(drawn) -> None:
    logits, targets = drawn()
    for counts in (COUNTS, torch.tensor([5.0, 0, 3, 0]).double()):
        rows = [row for row in range(12) if counts[row % 4]]
        got, same = (
            find("loss", name)(logits[rows], targets[rows], counts) for name in ("logit_adjusted", "balanced_softmax")
        )
        assert got.isfinite().all()
        torch.testing.assert_close(got, same)


def test_refuses(drawn) -> None:
    with pytest.raises(OptionError, match="logit_adjusted: tau"):
        find("loss", "logit_adjusted(tau=-1)")(*drawn(), COUNTS)

"""ghm against numpy's histogram, decision by decision."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from linne.core.errors import OptionError
from linne.core.lookup import declared, find


@pytest.mark.parametrize("bins", [2, 10, 30])
def test_a_decision_weighs_by_how_many_are_like_it(drawn, bins: int) -> None:
    logits, targets = drawn(n=200)
    z, t = logits.numpy(), targets.numpy()
    slopes = abs(expit(z) - t)
    counts, edges = np.histogram(slopes, bins, (0, 1))
    inside = counts[np.clip(np.digitize(slopes, edges) - 1, 0, bins - 1)]
    weights = slopes.size / inside / np.count_nonzero(counts)
    assert weights.mean() == pytest.approx(1)
    wanted = (weights * -(t * np.log(expit(z)) + (1 - t) * np.log(expit(-z)))).sum(1)
    np.testing.assert_allclose(find("loss", f"ghm(bins={bins})")(logits, targets).numpy(), wanted, rtol=1e-12)


def test_every_part_that_holds_any_weighs_the_same_in_all() -> None:
    """900 easy decisions and 100 hard ones: each sort's slopes come to the same weight."""
    logits = torch.cat([torch.full((90, 10), -4.0), torch.full((10, 10), 4.0)]).double().requires_grad_()
    find("loss", "ghm")(logits, torch.zeros(100, 10).double()).sum().backward()
    assert logits.grad is not None
    easy, hard = (float(logits.grad[rows].sum()) for rows in (slice(90), slice(90, 100)))
    assert easy == pytest.approx(500 * expit(-4))
    assert hard == pytest.approx(500 * expit(4))


def test_one_part_is_one_vs_rest(drawn) -> None:
    logits, targets = drawn(soft=True)
    assert torch.equal(find("loss", "ghm(bins=1)")(logits, targets), find("loss", "binary")(logits, targets))


def test_certainty_lies_in_the_last_part_or_the_first() -> None:
    got = find("loss", "ghm")(torch.tensor([[200.0, -200.0]] * 2), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert got.tolist() == [0.0, 400.0]


def test_looks_at_the_whole_batch() -> None:
    assert declared("loss", "ghm", "scope") == "batch"


@pytest.mark.parametrize("bins", [0, 2.5])
def test_refuses(drawn, bins: float) -> None:
    with pytest.raises(OptionError, match="ghm: bins"):
        find("loss", f"ghm(bins={bins})")(*drawn())

"""poly against the series that cross-entropy is, with its first factor changed."""

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("epsilon", [-1, 0.5, 2])
def test_is_the_series_with_another_first_term(epsilon: float) -> None:
    chances = torch.tensor([[0.5, 0.3, 0.2], [0.9, 0.05, 0.05], [0.34, 0.33, 0.33]], dtype=torch.float64)
    got = find("loss", f"poly(epsilon={epsilon})")(chances.log(), torch.eye(3).double()[[0, 0, 1]])
    for row, p in enumerate((0.5, 0.9, 0.33)):
        series = sum(((1 + epsilon) if j == 1 else 1) * (1 - p) ** j / j for j in range(1, 200))
        assert float(got[row]) == pytest.approx(series, rel=1e-9)


def test_epsilon_0_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    assert torch.equal(find("loss", "poly(epsilon=0)")(logits, targets), find("loss", "cross_entropy")(logits, targets))


def test_refuses(drawn) -> None:
    with pytest.raises(OptionError, match="poly: epsilon is at least -1"):
        find("loss", "poly(epsilon=-1.5)")(*drawn())

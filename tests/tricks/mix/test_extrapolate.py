"""extrapolate: every row moves away from another of its own class, by equation 3 and nothing else."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = torch.tensor([0, 0, 0, 1, 1, 2])
TARGETS = torch.eye(3)[LABELS]
X = torch.tensor([[0.0, 1], [2, 0], [5, 5], [1, 0], [1, 4], [9, 9]])


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_each_row_is_equation_3_of_one_of_its_class(share: float) -> None:
    met: set[tuple[int, int]] = set()
    for seed in range(60):
        mixed, targets = find("mix", f"extrapolate(share={share})")(X, TARGETS, rng(seed))
        assert torch.equal(targets, TARGETS)
        for row in range(5):
            others = [k for k in range(6) if LABELS[k] == LABELS[row] and k != row]
            hit = [k for k in others if torch.allclose(mixed[row], (1 + share) * X[row] - share * X[k])]
            assert len(hit) == 1
            met.add((row, hit[0]))
        assert torch.equal(mixed[5], X[5]), "alone with its class"
    assert len(met) == 3 * 2 + 2, "every fellow is met"


def test_two_clouds_grow_about_their_own_middles() -> None:
    """x + s (x - y) keeps a class's mean and multiplies its variance by (1 + s)^2 + s^2."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 2, generator=draws) + 7
    targets = torch.ones(4000, 1)
    mixed, _ = find("mix", "extrapolate(share=.5)")(x, targets, rng(0))
    np.testing.assert_allclose(mixed.mean(0), x.mean(0), atol=0.08)
    np.testing.assert_allclose(mixed.var(0) / x.var(0), [1.5**2 + 0.5**2] * 2, rtol=0.08)


def test_rows_without_a_label_stay() -> None:
    mixed, _ = find("mix", "extrapolate")(X, torch.zeros(6, 3), rng(0))
    assert torch.equal(mixed, X)


@pytest.mark.parametrize("options", ["share=0", "share=-.5", "p=0"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="extrapolate"):
        find("mix", f"extrapolate({options})")(X, TARGETS, rng(0))

"""disagree: mutual information and vote entropy by scipy, and what no disagreement is."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import entropy

from linne.core.errors import OptionError
from linne.tricks.query.disagree import disagree


def drawn(heads: int) -> np.ndarray:
    return np.random.default_rng(3).dirichlet([0.5] * 4, (heads, 30))


def fixed(*p: list[list[float]]) -> Callable[[int], np.ndarray]:
    return lambda heads: np.array(p)[:heads]


def test_bald_is_the_mutual_information() -> None:
    """I(y; w) = mean over heads of KL(p of the head || mean p), a form that the trick does not use."""
    rows, scores = disagree(drawn, 30, heads=5)
    p = drawn(5)
    each = np.array([[entropy(p[b, k], p[:, k].mean(0)) for b in range(5)] for k in range(30)]).mean(1)
    assert scores == pytest.approx(np.sort(each)[::-1])
    assert rows.tolist() == np.argsort(-each).tolist()


def test_votes_are_counted() -> None:
    yes, no = [0.9, 0.1], [0.2, 0.8]
    committee = fixed([yes, yes, yes], [yes, no, yes], [yes, no, no], [yes, yes, yes])
    rows, scores = disagree(committee, 3, heads=4, measure="votes")
    assert rows.tolist() == [1, 2, 0]
    assert scores == pytest.approx([np.log(2), entropy([0.75, 0.25]), 0])


def test_heads_that_doubt_alike_do_not_disagree() -> None:
    doubt = [[0.5, 0.5], [0.9, 0.1]]
    assert disagree(fixed(doubt, doubt), 2, heads=2)[1] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(("options", "said"), [({"heads": 1}, "cannot disagree"), ({"measure": "vote"}, "'votes'")])
def test_what_cannot_be(options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        disagree(drawn, 1, **options)  # type: ignore[arg-type]

"""uncertain: each measure by hand, and scipy's entropy."""

import numpy as np
import pytest
from scipy.stats import entropy

from linne.core.errors import OptionError
from linne.core.predictions import Predictions
from linne.tricks.query.uncertain import uncertain


def said(p: np.ndarray, temperature: float = 1.0) -> Predictions:
    blank = np.full(len(p), "", object)
    classes = tuple("abcdef"[: p.shape[1]])
    return Predictions(np.log(p), np.full(len(p), -1), np.arange(len(p)), classes, blank, blank, temperature)


P = np.array([[0.5, 0.49, 0.01], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05], [0.34, 0.33, 0.33]])


@pytest.mark.parametrize(
    ("measure", "rows", "scores"),
    [
        ("margin", [0, 3, 1, 2], [0.99, 0.99, 0.9, 0.15]),
        ("confidence", [3, 1, 0, 2], [0.66 * 1.5, 0.6 * 1.5, 0.5 * 1.5, 0.1 * 1.5]),
        ("entropy", [3, 1, 0, 2], [entropy(P[k]) / np.log(3) for k in (3, 1, 0, 2)]),
    ],
)
def test_each_measure_by_hand(measure: str, rows: list[int], scores: list[float]) -> None:
    found, worth = uncertain(said(P), 4, measure=measure)
    assert sorted(found[:2]) == sorted(rows[:2])
    assert found[2:].tolist() == rows[2:]
    assert worth == pytest.approx(scores)


@pytest.mark.parametrize("measure", ["margin", "entropy", "confidence"])
def test_scores_go_from_sure_to_no_idea(measure: str) -> None:
    p = np.array([[1.0, 1e-300, 1e-300], [1 / 3, 1 / 3, 1 / 3]])
    assert uncertain(said(p), 2, measure=measure)[1] == pytest.approx([1, 0], abs=1e-12)


def test_doubt_is_of_calibrated_probabilities() -> None:
    assert uncertain(said(P[:1], 1000.0), 1, measure="entropy")[1][0] > 0.99


def test_two_classes_agree_on_the_order() -> None:
    p = np.random.default_rng(0).dirichlet([1, 1], 40)
    orders = [uncertain(said(p), 40, measure=one)[0].tolist() for one in ("margin", "entropy", "confidence")]
    assert orders[0] == orders[1] == orders[2]
    assert len(uncertain(said(p), 7)[0]) == 7


def test_an_unknown_measure_is_an_error_with_the_nearest() -> None:
    with pytest.raises(OptionError, match="Did you mean 'margin'"):
        uncertain(said(P), 1, measure="margins")

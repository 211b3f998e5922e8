"""logit_adjustment: Bayes' rule with another prior, exactly."""

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.predictions import Predictions, softmax
from linne.core.rng import rng
from linne.tricks.calibrate.logit_adjustment import logit_adjustment


def predictions(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Predictions:
    n, k = logits.shape
    names = np.full(n, "", dtype=object)
    return Predictions(logits, labels, np.arange(n), tuple(map(str, range(k))), names, names, temperature)


COUNTS = np.array([900, 90, 10])
LABELS = np.repeat([0, 1, 2], COUNTS)


def test_bayes_rule_turns_one_prior_into_the_other() -> None:
    """Of likelihoods over five values, the posterior under equal classes from that under the planted ones."""
    likely = rng(0).dirichlet(np.ones(5), size=3).T
    prior = COUNTS / COUNTS.sum()
    known = likely * prior / (likely * prior).sum(1, keepdims=True)
    even = likely / likely.sum(1, keepdims=True)
    given = predictions(np.zeros((len(LABELS), 3)), LABELS)
    np.testing.assert_allclose(logit_adjustment(given)(np.log(known)), even, rtol=1e-12)
    half = likely * prior**0.5
    np.testing.assert_allclose(logit_adjustment(given, tau=0.5)(np.log(known)), half / half.sum(1, keepdims=True))


def test_the_temperature_comes_first() -> None:
    logits = rng(1).normal(size=(7, 3)) * 4
    given = predictions(np.zeros((len(LABELS), 3)), LABELS, temperature=2.5)
    wanted = softmax(logits / 2.5) / COUNTS
    found = logit_adjustment(given)
    np.testing.assert_allclose(found(logits), wanted / wanted.sum(1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(softmax((logits + found.shift) / 2.5), found(logits))


def test_tau_0_and_equal_classes_change_nothing() -> None:
    logits = rng(2).normal(size=(7, 3))
    assert (logit_adjustment(predictions(np.zeros((2, 3)), np.array([0, -1])), tau=0)(logits) == softmax(logits)).all()
    even = predictions(np.zeros((6, 3)), np.array([0, 1, 2, 2, 1, 0]))
    np.testing.assert_allclose(logit_adjustment(even)(logits), softmax(logits), rtol=1e-12)


def test_pictures_without_a_label_do_not_count() -> None:
    labels = np.append(LABELS, np.full(500, -1))
    one, two = (logit_adjustment(predictions(np.zeros((len(each), 3)), each)).shift for each in (LABELS, labels))
    assert (one == two).all()


def test_bad_asks() -> None:
    with pytest.raises(InputError, match="'1' has no labelled picture"):
        logit_adjustment(predictions(np.zeros((2, 3)), np.array([0, 2])))
    for tau in (-1, float("nan"), float("inf")):
        with pytest.raises(OptionError, match="number from 0"):
            logit_adjustment(predictions(np.zeros((2, 3)), np.array([0, 2])), tau=tau)

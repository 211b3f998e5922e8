"""1,000 random cases that every metric is held to: few rows, empty classes, a single class, ties, missing labels."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import sklearn
from sklearn.metrics import precision_recall_fscore_support

from linne.core.lookup import find
from linne.core.predictions import Predictions, softmax


@dataclass(frozen=True)
class Case:
    """Predictions, and what their labelled rows are in plain arrays: labels, guesses (n,), chances, one-hot (n, K)."""

    predictions: Predictions
    labels: np.ndarray
    guesses: np.ndarray
    chances: np.ndarray
    hot: np.ndarray
    every: np.ndarray

    @cached_property
    def per_class(self) -> tuple[np.ndarray, ...]:
        """scikit-learn's precision, recall, F1 (K,), NaN for a class that is no label and no guess."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = precision_recall_fscore_support(self.labels, self.guesses, labels=self.every, zero_division=0)
        occurs = np.isin(self.every, [*self.labels, *self.guesses])
        return tuple(np.where(occurs, each, np.nan) for each in found[:3])


def made(logits, labels, temperature=1.0) -> Predictions:
    logits, rows = np.asarray(logits, dtype=float), np.arange(len(logits))
    names = tuple(f"c{i}" for i in range(logits.shape[1]))
    return Predictions(logits, np.asarray(labels), rows, names, rows.astype(str), np.full(len(rows), ""), temperature)


def case(seed: int) -> Case:
    draw = np.random.default_rng(seed)
    classes, n = int(draw.integers(2, 6)), int(draw.integers(1, 60))
    logits = draw.normal(0, 2, (n, classes))
    logits = np.round(logits) if seed % 3 == 0 else logits
    labels = draw.choice(draw.permutation(classes)[: int(draw.integers(1, classes + 1))], n)
    if seed % 5 == 0:
        labels[1:][draw.random(n - 1) < 0.2] = -1
    predictions = made(logits, labels, float(draw.uniform(0.5, 2)))
    keep = labels >= 0
    chances = softmax(logits[keep] / predictions.temperature)
    every = np.arange(classes)
    return Case(predictions, labels[keep], logits[keep].argmax(axis=1), chances, np.eye(classes)[labels[keep]], every)


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    return [case(seed) for seed in range(1000)]


@pytest.fixture(scope="session")
def build() -> Callable[..., Predictions]:
    return made


def always(_: Case) -> bool:
    return True


@pytest.fixture(scope="session")
def agrees(cases) -> Callable[..., None]:
    """Holds a metric to an independent figure on every case, to 1e-9."""

    def check(
        metric: str, truth: Callable[[Case], "float | np.ndarray"], only: Callable[[Case], bool] = always
    ) -> None:
        trick, held = find("metric", metric), 0
        for number, one in enumerate(cases):
            if not only(one):
                continue
            with warnings.catch_warnings(), sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
                warnings.simplefilter("ignore")
                expected = truth(one)
            got, held = trick(one.predictions), held + 1
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9, err_msg=f"case {number}")
        assert held >= 200

    return check

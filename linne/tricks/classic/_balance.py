"""What the classical learners for rare classes share: imbalanced-learn, learners by name, probabilities as scores."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ...core.errors import InputError, MissingExtra, OptionError
from ...core.lookup import find, offer
from ...core.predictions import softmax
from ...core.rng import rng as draws

Scores = Callable[[np.ndarray], np.ndarray]
NEVER = -30.0
"""The score of a class that no target names: a probability of about 1e-13."""


def library(name: str, module: str) -> Any:
    """A module of imbalanced-learn. Raises MissingExtra with the command that installs it."""
    try:
        return import_module(f"imblearn.{module}")
    except ImportError as error:
        raise MissingExtra(f"The learner {name!r}", "imbalanced") from error


def seed(rng: np.random.Generator) -> int:
    """For what draws by numpy's old generator."""
    return int(rng.integers(2**31))


def least(name: str, targets: np.ndarray, need: int = 1) -> int:
    """Rows of the rarest class that has any. Raises InputError for one class, or where it has fewer than `need`."""
    found, counts = np.unique(targets, return_counts=True)
    if len(found) < 2:
        raise InputError(f"{name} needs targets of at least two classes.")
    if counts.min() < need:
        raise InputError(f"{name} needs {need} rows of each class; class number {found[counts.argmin()]} has fewer.")
    return int(counts.min())


def positive(name: str, **options: float) -> None:
    """Raises OptionError unless these are whole numbers from 1."""
    for word, value in options.items():
        if not isinstance(value, int) or value < 1:
            raise OptionError(f"{name}: {word} is a whole number from 1, got {value!r}.")


def learned(learner: Any, features: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> Scores:
    """What a learner of this kind, by name or itself, makes of the rows."""
    return offer(find("classic", learner), features=features, targets=targets, rng=rng)


def resampled(name: str, sampler: Any, learner: Any, features: np.ndarray, targets: np.ndarray, rng: Any) -> Scores:
    """The learner on the rows that a sampler of imbalanced-learn gives; where it cannot, InputError with its reason."""
    try:
        rows, labels = sampler.fit_resample(features, targets)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"{name} cannot resample these rows: {error}") from error
    return learned(learner, rows, labels, rng)


def fitted(model: Any, features: np.ndarray, targets: np.ndarray) -> Scores:
    """The log of an estimator's probabilities, with a column for every class up to the largest target."""
    model.fit(features, targets)
    classes = int(targets.max()) + 1

    def scores(features: np.ndarray) -> np.ndarray:
        out = np.full((len(features), classes), NEVER)
        out[:, model.classes_] = np.log(np.maximum(model.predict_proba(features), np.exp(NEVER)))
        return out

    return scores


def estimator(learner: Any) -> Any:
    """A learner of this kind as scikit-learn wants one, for ensembles."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Learner(ClassifierMixin, BaseEstimator):
        def __init__(self, learner: Any = "logistic", random_state: Any = None) -> None:
            self.learner, self.random_state = learner, random_state

        def fit(self, features: np.ndarray, targets: np.ndarray) -> Any:
            self.classes_ = np.unique(targets)
            self.scores_ = learned(self.learner, features, targets, draws(int(self.random_state or 0), "learner"))
            return self

        def predict_proba(self, features: np.ndarray) -> np.ndarray:
            return softmax(self.scores_(features)[:, self.classes_])

        def predict(self, features: np.ndarray) -> np.ndarray:
            return self.classes_[self.predict_proba(features).argmax(1)]

    return Learner(learner)

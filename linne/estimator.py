"""ImageClassifier: the first classifier as a scikit-learn estimator, for paths, arrays or PIL pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, column_or_1d

from .core.errors import InputError
from .core.facts import Facts
from .core.groups import merge
from .core.images import Images
from .core.load import memory
from .core.lookup import find, offer
from .core.predictions import softmax
from .core.recipe import Recipe
from .core.rng import rng
from .core.twins import groups_of
from .engine.log import Log


class Refused(InputError, ValueError):
    """An InputError that is a ValueError too, as scikit-learn's machinery expects of what cannot be learned from."""


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """A linear head on the frozen features of a pretrained network, calibrated, as scikit-learn expects a classifier.

    Parameters are those of a Recipe of the same name: the network, its weights, the side and how pictures become
    squares, the runtime, the metric that chooses the head's strength, folds, and the seed of every draw.
    Fitted attributes: `classes_` (labels as given, sorted), `head_` (the fitted linear head), `temperature_`,
    `strength_`, `oof_` (out-of-fold Predictions). `n_features_in_` is not set: pictures have no columns.
    """

    def __init__(
        self, *, model: str = "tf_efficientnet_lite0", weights: str = "auto", size: int = 0, resize: str = "crop",
        runtime: str = "auto", metric: str = "accuracy", folds: int = 5, seed: int = 0,
    ) -> None:  # fmt: skip
        self.model = model
        self.weights = weights
        self.size = size
        self.resize = resize
        self.runtime = runtime
        self.metric = metric
        self.folds = folds
        self.seed = seed

    def fit(self, X: Any, y: Any, groups: Any = None) -> "ImageClassifier":
        """Learn from n pictures X (paths, PIL, or arrays (H, W) or (H, W, C)) and their labels y (n,).

        groups: (n,) pictures of one group stay in one fold, as verified duplicates always do. At least two classes need
        two pictures each; a class of a single picture is learned, but no fold can judge it. Raises Refused, which
        is an InputError and a ValueError, for pictures that cannot be read or learned from, ValueError for no labels.
        """
        from .engine.probe import probe

        classes, codes = _classes(y)
        check_consistent_length(X, codes, groups)
        settings = self.get_params()
        with _refusing():
            images, features, facts = self._see(X, settings)
            images = replace(images, labels=codes, classes=tuple(map(str, classes)))
            images = replace(images, group=_together(images, features, facts, groups, self.seed))
            self.head_ = probe(features, images, metric=self.metric, folds=self.folds, seed=self.seed)
        self.classes_, self._settings = classes, settings
        self.temperature_, self.strength_, self.oof_ = self.head_.temperature, self.head_.strength, self.head_.oof
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """(n, K) float64 logits divided by the temperature; of two classes (n,), the second's less the first's.

        Raises Refused for a picture that cannot be read.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, K) calibrated probabilities, columns in the order of `classes_`."""
        return softmax(self._logits(X))

    def predict(self, X: Any) -> np.ndarray:
        """(n,) the most probable class of each picture, as in `classes_`."""
        best = self._logits(X).argmax(axis=1)
        return self.classes_[best]

    def _logits(self, X: Any) -> np.ndarray:
        """(n, K) float64, calibrated; in float64 so that a picture's do not depend on its company."""
        check_is_fitted(self)
        with _refusing():
            features = self._see(X, self._settings)[1].astype(np.float64)
        return (features @ self.head_.weight.T.astype(np.float64) + self.head_.bias) / self.temperature_

    def _see(self, X: Any, settings: dict[str, Any]) -> tuple[Images, np.ndarray, Facts]:
        """The pictures without labels, their features (n, d) and facts. settings: the parameters of the fit."""
        from .engine.data import geometry_of
        from .engine.look import Looker, look
        from .engine.network import of

        recipe, pictures = Recipe.of(settings), memory(X)
        network = of(recipe)
        looker = Looker(network, geometry_of(network, recipe), Log(quiet=True), runtime=recipe.runtime)
        facts, features = look(pictures, looker)
        bad = np.flatnonzero(~facts.readable)
        if len(bad):
            raise InputError(
                f"{len(bad)} of {len(pictures)} pictures cannot be read: "
                f"{pictures.names[bad[0]]}: {facts.reason(int(bad[0]))}."
            )
        return pictures, features, facts

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags


@contextmanager
def _refusing() -> Iterator[None]:
    """Inside, an InputError leaves as Refused."""
    try:
        yield
    except InputError as error:
        raise Refused(*error.args) from error


def _classes(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """(sorted distinct labels (K,), the place of each label among them (n,)). Raises ValueError for no classes."""
    if y is None:
        raise ValueError("This ImageClassifier requires y to be passed, but the target y is None.")
    labels = check_array(y, ensure_2d=False, dtype=None, input_name="y")  # type: ignore[arg-type]
    labels = column_or_1d(labels, warn=True)
    check_classification_targets(labels)
    classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise Refused(f"y holds one class, {classes[0]!r}: a classifier needs pictures of at least two.")
    if (counts > 1).sum() < 2:
        raise Refused(
            f"y names {int((counts == 1).sum())} of its {len(classes)} classes once: nothing would be left to judge "
            "by. Add pictures: at least two a class, better thirty."
        )
    return classes, codes


def _together(images: Images, features: np.ndarray, facts: Facts, groups: Any, seed: int) -> np.ndarray:
    """(n,) str: the given groups, joined where pictures are verified duplicates of each other."""
    from .engine.data import as_text

    check, words = find("check", "duplicates"), rng(seed, "check", "duplicates")
    found = offer(check, images=images, facts=facts, features=features, rng=words, seed=seed)
    given = [] if groups is None else [np.array([str(group) for group in groups], dtype=object)]
    return as_text(merge(as_text(groups_of(found, len(images))), *given))

"""ImageClassifier: the first classifier as a scikit-learn estimator, for paths, arrays or PIL pictures."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .core.errors import InputError
from .core.images import Images
from .core.load import memory
from .core.predictions import softmax
from .core.recipe import Recipe
from .engine.log import Log


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """A linear head on the frozen features of a pretrained network, calibrated, as scikit-learn expects a classifier.

    Parameters are those of a Recipe of the same name: the network, its weights, the side and how pictures become
    squares, the runtime, augmentation, the metric that chooses the head's strength, folds, and the seed of every draw.
    Fitted attributes: `classes_` (labels as given, sorted), `n_features_in_` is not set (pictures have no columns),
    `head_` (the fitted linear head), `temperature_`, `strength_`, `oof_` (out-of-fold Predictions).
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

        groups: pictures of one group stay in one fold. Raises InputError for pictures that cannot be read, and
        ValueError for labels that are no classes, as scikit-learn does.
        """
        from .engine.data import examine
        from .engine.first import usable
        from .engine.probe import probe

        if y is None:
            raise ValueError("This ImageClassifier requires y to be passed, but the target y is None.")
        labels = np.asarray(y)
        check_classification_targets(labels)
        pictures = memory(X)
        if len(pictures) != len(labels):
            raise ValueError(f"X holds {len(pictures)} pictures and y {len(labels)} labels.")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        given = {} if groups is None else {"group": np.array([str(group) for group in groups], dtype=object)}
        names = [str(name) for name in self.classes_]
        images = Images.of(pictures.items, [names[code] for code in codes], classes=names, **given)
        settings = {**self.get_params(), "check": "none", "max_unreadable": 0.0}
        data = examine(images, Recipe.of(settings), Log(quiet=True))
        usable(data)
        self._data = {"network": data.network, "geometry": data.geometry}
        self.head_ = probe(data.features, data.images, metric=self.metric, folds=self.folds, seed=self.seed)
        self.temperature_, self.strength_, self.oof_ = self.head_.temperature, self.head_.strength, self.head_.oof
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """(n, K) float64 logits divided by the temperature. Raises InputError for a picture that cannot be read."""
        from .engine.look import Looker, look

        check_is_fitted(self)
        pictures = memory(X)
        looker = Looker(
            self._data["network"], self._data["geometry"], Log(quiet=True), runtime=self.runtime, facts=True
        )
        facts, features = look(pictures, looker)
        bad = np.flatnonzero(~facts.readable)
        if len(bad):
            raise InputError(
                f"{len(bad)} of {len(pictures)} pictures cannot be read: "
                f"{pictures.names[bad[0]]}: {facts.reason(int(bad[0]))}."
            )
        return self.head_.logits(features) / self.temperature_

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, K) calibrated probabilities, columns in the order of `classes_`."""
        return softmax(self.decision_function(X))

    def predict(self, X: Any) -> np.ndarray:
        """(n,) the most probable class of each picture, as in `classes_`."""
        return self.classes_[self.decision_function(X).argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

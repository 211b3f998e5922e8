"""boosting: gradient boosting on binned features by scikit-learn (Friedman 2001; bins as in Ke et al. 2017)."""

from typing import Any

import numpy as np

from linne.core.errors import LinneError, OptionError

from ._fitted import Fitted, known, parts, positive, whole
from ._trees import joined, leaves

CHECKED = 64
"""Rows on which the arrays must say what scikit-learn says: it does not publish where it keeps its trees."""


class boosting(Fitted):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores' softmax is scikit-learn's predict_proba. rounds: trees a class (one for two classes). rate: what each
    adds. leaves: of a tree at most. least: pictures that a leaf holds at least. share: of the features, drawn anew for
    each node, among which it looks for its question. No picture is put aside to stop early.
    Raises InputError for targets of a single class, OptionError for options out of range, LinneError where this
    scikit-learn keeps its trees in a way that is not known.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, rounds: int = 50,
        rate: float = 0.1, leaves: int = 31, least: int = 20, share: float = 1.0,
    ) -> None:  # fmt: skip
        from sklearn.ensemble import HistGradientBoostingClassifier

        whole("boosting", rounds=rounds, leaves=leaves, least=least)
        positive("boosting", rate=rate, share=share)
        if leaves < 2 or share > 1:
            raise OptionError(f"boosting: leaves={leaves} must be 2 or more and share={share} at most 1.")
        _, places, counts = known("boosting", targets)
        rows = np.asarray(features, np.float64)
        model = HistGradientBoostingClassifier(
            max_iter=rounds, learning_rate=rate, max_leaf_nodes=leaves, min_samples_leaf=least, max_features=share,
            early_stopping=False, random_state=int(rng.integers(2**31)),  # type: ignore[arg-type]
        ).fit(rows, places)  # fmt: skip
        self.kept = {**counts, **_read(model)}
        ours, theirs = self._raw(rows[:CHECKED]), model.decision_function(rows[:CHECKED])
        if np.abs(ours - theirs.reshape(ours.shape)).max() > 1e-6:
            raise LinneError("boosting: this scikit-learn keeps its trees in an unknown way. Take forest.")

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 log probabilities."""
        raw = self._raw(features)
        return self.spread(np.concatenate([-raw, raw], axis=1) / 2 if raw.shape[1] == 1 else raw)

    def _raw(self, features: np.ndarray) -> np.ndarray:
        """(m, k) sums of leaves; one column for two classes. Rounds follow each other, a tree a class in each."""
        kept, columns = self.kept, self.kept["base"].shape[1]
        out = np.empty((len(features), columns))
        for part in parts(len(features), len(kept["roots"])):
            found = kept["value"][leaves(features[part], kept)]
            out[part] = found.reshape(len(found), -1, columns).sum(1) + kept["base"]
        return out


def _read(model: Any) -> dict[str, np.ndarray]:
    """Nodes, leaves' values and the first guess of a fitted HistGradientBoostingClassifier."""
    trees = [tree.nodes for round_ in model._predictors for tree in round_]
    nodes = [(np.where(each["is_leaf"] > 0, -1, each["feature_idx"]), each["num_threshold"], each["left"],
              each["right"]) for each in trees]  # fmt: skip
    value = np.concatenate([each["value"][each["is_leaf"] > 0] for each in trees])
    return {**joined(nodes), "value": value, "base": np.asarray(model._baseline_prediction, np.float64).reshape(1, -1)}

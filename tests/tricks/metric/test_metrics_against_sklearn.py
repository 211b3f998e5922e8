"""Every metric equals scikit-learn's on 1,000 random cases: few rows, empty classes, a single class, ties, T != 1."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.lookup import find, names
from linne.core.predictions import Predictions, softmax

CASES = 1000


def case(seed: int) -> Predictions:
    draw = np.random.default_rng(seed)
    classes, n = int(draw.integers(2, 8)), int(draw.integers(1, 60))
    logits = draw.normal(0, 2, (n, classes))
    if seed % 3 == 0:
        logits = np.round(logits)
    used = draw.permutation(classes)[: int(draw.integers(1, classes + 1))]
    labels = draw.choice(used, n)
    if seed % 5 == 0:
        labels[draw.random(n) < 0.2] = -1
        labels[0] = used[0]
    rows = np.arange(n)
    names = tuple(f"c{i}" for i in range(classes))
    return Predictions(logits, labels, rows, names, rows.astype(str), np.full(n, ""), float(draw.uniform(0.5, 2)))


@pytest.fixture(scope="module")
def cases() -> list[Predictions]:
    return [case(seed) for seed in range(CASES)]


def truth(p: Predictions) -> dict[str, float]:
    """Each figure by scikit-learn, or by the definition where scikit-learn has none for this many classes."""
    keep = p.labels >= 0
    y, chances, k = p.labels[keep], softmax(p.logits[keep] / p.temperature), len(p.classes)
    guess, every = p.logits[keep].argmax(axis=1), np.arange(k)
    hot = np.eye(k)[y]
    out = {
        "accuracy": sk.accuracy_score(y, guess),
        "balanced_accuracy": np.mean([np.mean(guess[y == c] == c) for c in np.unique(y)]),
        "macro_f1": sk.f1_score(y, guess, average="macro", zero_division=0),
        "micro_f1": sk.f1_score(y, guess, average="micro", zero_division=0),
        "log_loss": sk.log_loss(y, chances, labels=every),
        "brier": np.mean(((chances - hot) ** 2).sum(axis=1)),
        "mcc": sk.matthews_corrcoef(y, guess),
    }
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("macro", "micro"):
            out[f"{name}({average})"] = score(y, guess, average=average, zero_division=0)
    both = [c for c in np.unique(y) if not hot[:, c].all()]
    out["auc"] = np.mean([sk.roc_auc_score(hot[:, c], chances[:, c]) for c in both]) if both else np.nan
    out["average_precision"] = np.mean([sk.average_precision_score(hot[:, c], chances[:, c]) for c in np.unique(y)])
    out["kappa"] = sk.cohen_kappa_score(y, guess) if len({*y, *guess}) > 1 else np.nan
    return out


def test_every_figure_on_every_case(cases):
    for number, p in enumerate(cases):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = truth(p)
        for name, value in expected.items():
            assert find("metric", name)(p) == pytest.approx(value, abs=1e-9, nan_ok=True), (number, name)


def test_confusion_and_per_class(cases):
    for p in cases:
        keep = p.labels >= 0
        y, guess, every = p.labels[keep], p.logits[keep].argmax(axis=1), np.arange(len(p.classes))
        cells = sk.confusion_matrix(y, guess, labels=every)
        assert (find("metric", "confusion")(p) == cells).all()
        occurs = (cells.sum(axis=0) + cells.sum(axis=1)) > 0
        for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            expected = np.where(occurs, score(y, guess, labels=every, average=None, zero_division=0), np.nan)
            np.testing.assert_allclose(find("metric", f"{name}(none)")(p), expected, atol=1e-9)


def test_topk_without_ties(cases):
    for p in cases[1::3]:
        keep = p.labels >= 0
        if len(p.classes) > 2:
            expected = sk.top_k_accuracy_score(p.labels[keep], p.logits[keep], k=2, labels=np.arange(len(p.classes)))
            assert find("metric", "topk(2)")(p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", [n for n in names("metric") if n not in ("confusion", "topk")] + ["topk(1)"])
def test_counts_as_weights_equal_repeated_rows(cases, name):
    """A weighting is what taking each row that often would be; a stack of weightings is each of them by itself."""
    metric = find("metric", name)
    for seed, p in enumerate(cases[:60]):
        draw = np.random.default_rng(seed)
        weights = draw.integers(0, 3, (3, len(p)))
        weights[:, np.flatnonzero(p.labels >= 0)[0]] = 1
        together = metric(p, weights)
        assert np.shape(together) == (3,)
        for row, value in zip(weights, together, strict=True):
            assert value == pytest.approx(metric(p, row), abs=1e-12, nan_ok=True)
            if name != "ece":
                repeated = p.take(np.repeat(np.arange(len(p)), row))
                assert value == pytest.approx(metric(repeated), abs=1e-9, nan_ok=True), seed

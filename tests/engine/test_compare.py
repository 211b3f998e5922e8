import json

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.intervals import mcnemar
from linne.core.predictions import Predictions
from linne.engine.compare import compare


def made(right: np.ndarray, labels: np.ndarray, group=None) -> Predictions:
    n = len(labels)
    logits = np.random.default_rng(0).normal(0, 1, (n, 3))
    logits[np.arange(n), np.where(right, labels, (labels + 1) % 3)] += 6
    group = np.full(n, "", dtype=object) if group is None else group
    return Predictions(logits, labels, np.arange(n), ("a", "b", "c"), np.arange(n).astype(str), group)


LABELS = np.random.default_rng(1).integers(0, 3, 400)
BAD = np.arange(400) < 100
WORSE, BETTER = made(~BAD, LABELS), made(~BAD | (np.arange(400) < 40), LABELS)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "log_loss", "brier", "topk(2)"])
def test_the_better_one_is_better_whichever_way_the_metric_goes(metric):
    found = compare(BETTER, WORSE, metric=metric)
    back = compare(WORSE, BETTER, metric=metric)
    assert found["better"]
    assert not back["better"]
    assert 0 < found["low"] <= found["value"] <= found["high"]
    assert back["value"] == pytest.approx(-found["value"])
    assert found["sentence"].startswith("better by ")
    assert back["sentence"].startswith("worse by ")
    json.dumps(found, allow_nan=False)


def test_accuracy_in_points_with_mcnemars_p():
    found = compare(BETTER, WORSE)
    assert found["value"] == pytest.approx(40 / 400)
    assert found["p"] == mcnemar(BETTER.right, WORSE.right)
    assert found["sentence"].startswith("better by 10.0 points [7.")


def test_a_classifier_is_not_told_apart_from_itself():
    found = compare(WORSE, WORSE, metric="accuracy")
    assert not found["better"]
    assert found["p"] == 1
    assert found["sentence"].startswith("not told apart: +0.0 points [")


def test_groups_widen_it_and_leave_mcnemar_out():
    group = (np.arange(400) // 40).astype(str).astype(object)
    found = compare(made(BETTER.right, LABELS, group), made(WORSE.right, LABELS, group))
    assert found["p"] is None
    assert found["low"] < 0
    assert found["warning"] == "only 10 groups"


def test_other_pictures_are_an_error():
    with pytest.raises(InputError, match="same pictures"):
        compare(BETTER, WORSE.take(np.arange(399, -1, -1)))

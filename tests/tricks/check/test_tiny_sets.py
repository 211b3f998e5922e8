"""Every check stands sets that are empty, tiny, unlabelled, unreadable or all alike."""

import json
from typing import Any

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.lookup import find, offer
from linne.core.predictions import Predictions
from linne.core.rng import rng

CHECKS = (
    "unreadable", "quality", "statistics", "imbalance", "classes", "mislabelled", "outliers", "shortcuts", "geometry",
    "groups",
)  # fmt: skip
SETS: dict[str, tuple[int, list[Any]]] = {
    "empty": (0, []),
    "one": (1, ["a"]),
    "two": (2, ["a", "b"]),
    "one each": (12, list("abcdefghijkl")),
    "one class": (60, ["a"] * 60),
    "no labels": (60, [None] * 60),
    "a rare class": (120, ["a"] * 60 + ["b"] * 59 + ["c"]),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("case", SETS)
@pytest.mark.parametrize("state", ["readable", "unreadable", "alike", "bare"])
def test_nothing_breaks_and_all_is_json(made, check: str, case: str, state: str) -> None:
    n, labels = SETS[case]
    images = Images.of([b""] * n, labels)
    facts = made(n, reason=b"broken" if state == "unreadable" else b"")
    features = None if state == "bare" else np.random.default_rng(0).normal(size=(n, 30)).astype(np.float32)
    logits = np.random.default_rng(1).normal(size=(n, len(images.classes)))
    if features is not None and state != "readable":
        features[:], logits[:] = (np.nan, np.nan) if state == "unreadable" else (1.0, 0.0)
    known = Predictions(logits, images.labels, np.arange(n), images.classes, images.names, images.group)
    found = offer(
        find("check", check),
        images=images,
        facts=facts,
        features=features,
        predictions=None if state == "bare" or not len(images.classes) else known,
        rng=rng(0),
        seed=0,
    )
    for one in found:
        assert set(one.rows) <= set(range(n))
        assert one.why[-1] == "."
        assert one.fix[-1] == "."
        json.dumps(one.as_dict(images.names), allow_nan=False)

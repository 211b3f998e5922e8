"""Accuracy without labels: each way by hand, exact where what it takes for granted is so."""

import numpy as np
import pytest

from linne.core.predictions import Predictions
from linne.engine.unlabelled import ASSUMES, estimates


def none(n: int) -> np.ndarray:
    return np.full(n, "", dtype=object)


def said(chances: list[float], labels: list[int]) -> Predictions:
    """Two classes; the chance of the first."""
    p = np.array(chances)
    logits = np.log(np.stack([p, 1 - p], axis=1))
    n = len(p)
    return Predictions(logits, np.array(labels), np.arange(n), ("x", "y"), none(n), none(n))


def test_by_hand() -> None:
    known = said([0.9, 0.8, 0.7, 0.6], [0, 0, 1, 0])  # three of four are right
    new = said([0.95, 0.75, 0.65, 0.55, 0.52], [0] * 5).logits
    ways = estimates(known, new, none(5), np.array([0.5, 0.5]))["ways"]
    assert estimates(known, new, none(5))["before"] == 0.75
    assert ways["atc"]["value"] == pytest.approx(2 / 5)  # surer than 0.7, the second least sure: 0.95 and 0.75
    assert ways["confidence"]["value"] == pytest.approx(np.mean([0.95, 0.75, 0.65, 0.55, 0.52]))
    assert ways["doc"]["value"] == pytest.approx(0.75 - (0.75 - 0.684))
    assert ways["mix"]["value"] == pytest.approx(0.5 * 1 + 0.5 * 0)  # recalls 1 and 0
    assert {name: one["assumes"] for name, one in ways.items()} == ASSUMES


def test_where_something_drifted_the_lower_one_is_read() -> None:
    known = said([0.9, 0.8, 0.7, 0.6], [0, 0, 1, 0])
    new = said([0.95, 0.75, 0.65, 0.55, 0.52], [0] * 5).logits
    assert estimates(known, new, none(5))["chosen"] == "confidence"
    assert estimates(known, new, none(5), drifted=True)["chosen"] == "atc"
    sure = said([0.95] * 5, [0] * 5).logits
    assert estimates(known, sure, none(5), drifted=True)["chosen"] == "confidence"


def drawn(n: int, sharp: float, seed: int) -> Predictions:
    draw = np.random.default_rng(seed)
    p = draw.beta(sharp, 1, n) / 2 + 0.5
    right = draw.random(n) < p  # calibrated
    return said(p.tolist(), np.where(right, 0, 1).tolist())


def test_where_confidence_means_what_it_says_the_estimates_hold() -> None:
    held = {"atc": 0, "doc": 0, "confidence": 0}
    for seed in range(12):
        known, new = drawn(600, 4.0, seed), drawn(300, 1.5, 100 + seed)
        found = estimates(known, new.logits, none(300), seed=seed)["ways"]
        truth = (1.5 / 2.5) / 2 + 0.5
        for name in held:
            held[name] += found[name]["low"] - 1e-9 <= truth <= found[name]["high"] + 1e-9
    assert held["confidence"] >= 10
    assert held["doc"] >= 10


def test_the_same_pictures_are_estimated_at_what_they_were() -> None:
    known = drawn(200, 3.0, 5)
    ways = estimates(known, known.logits, none(200))["ways"]
    for name in ("atc", "doc"):
        assert ways[name]["value"] == pytest.approx(known.right.mean(), abs=0.011)


def test_a_temperature_is_that_of_both() -> None:
    known = drawn(200, 3.0, 6)
    from dataclasses import replace

    hot = replace(known, logits=known.logits * 2, temperature=2.0)
    new = drawn(50, 3.0, 7).logits
    one, two = estimates(known, new, none(50)), estimates(hot, 2 * new, none(50))
    assert {"atc", "doc"} <= set(one["ways"]) == set(two["ways"])
    for name in one["ways"]:
        assert one["ways"][name]["value"] == pytest.approx(two["ways"][name]["value"])


def test_groups_widen_the_interval() -> None:
    known, part = drawn(300, 3.0, 8), drawn(20, 2.0, 9)
    new = np.repeat(part.logits, 6, axis=0)
    group = np.repeat(np.arange(20), 6).astype(str).astype(object)
    wide, thin = (estimates(known, new, one)["ways"]["confidence"] for one in (group, none(120)))
    assert wide["high"] - wide["low"] > 1.4 * (thin["high"] - thin["low"])

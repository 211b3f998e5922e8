"""A replay beside random choice: a query that knows what is missing wins, chance itself is not told apart."""

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.predictions import Predictions
from linne.engine.probe import Probe, probe
from linne.engine.query import Question
from linne.engine.replay import FEW, REPEATS, _interval, replay, sentence


def cloud(n: int) -> tuple[np.ndarray, Images]:
    """Two classes, side by side."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, n)
    features = draw.normal(size=(n, 5)).astype(np.float32)
    features[:, 0] += 2 * labels
    return features, Images.of([b""] * n, [f"c{label}" for label in labels])


def head_of(features: np.ndarray, images: Images) -> Probe:
    return probe(features, images)


def islands() -> tuple[np.ndarray, Images]:
    """80 clusters of 3, each in a direction of its own, its class by chance: unseen ones can only be guessed."""
    draw = np.random.default_rng(0)
    features = np.repeat(np.eye(80), 3, 0) + 0.01 * draw.normal(size=(240, 80))
    labels = np.repeat(draw.integers(0, 2, 80), 3)
    return features.astype(np.float32), Images.of([b""] * 240, [f"c{label}" for label in labels])


def test_covering_islands_wins_and_chance_is_not_told_apart() -> None:
    features, images = islands()
    head = head_of(features, images)
    helped = replay(features, images, head, "cover", 30, 0)
    chance = replay(features, images, head, "random", 30, 0)
    assert helped is not None
    assert chance is not None
    assert helped["low"] > 0
    assert helped["value"] == pytest.approx(helped["accuracy"][0] - helped["accuracy"][1], abs=1e-3)
    assert "so it helps" in sentence(helped)
    assert chance["low"] < 0 < chance["high"]
    assert "nobody can tell" in sentence(chance)
    assert chance["asked"] == 30
    assert replay(features, images, head, "random", 30, 0) == chance


def test_no_more_than_a_third_of_the_pool_is_asked_for() -> None:
    features, images = cloud(120)
    found = replay(features, images, head_of(features, images), "uncertain", 500, 0)
    assert found is not None
    assert found["asked"] <= (2 * 120 / 3 - found["known"]) / 3 + 1
    assert found["repeats"] == REPEATS


def test_too_few_labels_are_not_replayed() -> None:
    features, images = cloud(FEW - 1)
    assert replay(features, images, head_of(features, images), "uncertain", 5, 0) is None


def test_the_interval_covers_what_is_true() -> None:
    """Gains with spread over pictures and over divisions, true mean 0.02: 95 % intervals hold it at least as often."""
    draw, held = np.random.default_rng(0), 0
    for _ in range(200):
        judged = draw.random((12, 90)) < 1 / 3
        gains = 0.02 + 0.05 * draw.normal(size=(1, 90)) + 0.03 * draw.normal(size=(12, 1)) + np.zeros((12, 90))
        _, low, high = _interval(gains * judged, judged, np.arange(90))
        held += low <= 0.02 <= high
    assert held >= 185


def question(group: np.ndarray) -> Question:
    features, images = cloud(len(group))
    head = head_of(features, images)
    blank = np.full(len(images), "", object)
    said = Predictions(head.logits(features), images.labels, np.arange(len(images)), head.classes, blank, blank, 1.0)
    return Question(features, images.labels, group, features, said, head.strength)


def test_a_committees_heads_differ_around_the_head_itself() -> None:
    asked = question(np.full(150, "", object))
    p = asked.committee(30, np.random.default_rng(0))
    assert p.shape == (30, 150, 2)
    assert p.sum(2) == pytest.approx(np.ones((30, 150)))
    assert p.std(0).max() > 0.01
    assert np.abs(p.mean(0) - asked.said.probabilities).mean() < 0.05


def test_a_committee_of_one_group_is_of_one_mind() -> None:
    """Random weights are a group's: where all pictures are one, every head learns from the same."""
    p = question(np.full(150, "all", object)).committee(3, np.random.default_rng(0))
    assert np.abs(p - p[0]).max() < 1e-6


def test_features_are_offered_as_heads_see_them() -> None:
    pool, known = question(np.full(150, "", object)).scaled()
    both = np.concatenate([pool, known])
    assert np.abs(both.mean(0)).max() < 1e-5
    assert (both**2).sum(1).mean() == pytest.approx(1, rel=1e-4)

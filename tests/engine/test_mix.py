"""How often classes come, without labels: the greatest likelihood, true shares held, no change where there is none."""

import numpy as np

from linne.core.predictions import Predictions
from linne.engine import mix as module
from linne.engine.mix import changed, em, mix

K = 4


def none(n: int) -> np.ndarray:
    return np.full(n, "", dtype=object)


def drawn(n: int, shares: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(labels, logits of a classifier that is twice too sure and knows nothing of shares)."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(K, 6))
    labels = draw.choice(K, n, p=shares)
    x = centres[labels] + draw.normal(size=(n, 6))
    return labels, -((x[:, None] - centres) ** 2).sum(axis=2)


def known(n: int, shares: np.ndarray, seed: int) -> Predictions:
    labels, logits = drawn(n, shares, seed)
    return Predictions(logits, labels, np.arange(n), tuple("abcd"), none(n), none(n))


def test_em_ends_where_the_likelihood_is_greatest() -> None:
    draw = np.random.default_rng(1)
    chances = draw.dirichlet(np.ones(3), 80)
    before = np.array([0.5, 0.3, 0.2])
    found = em(chances, before, np.ones((1, 80)))[0]

    def likelihood(shares: np.ndarray) -> float:
        return float(np.log((chances / before) @ shares).sum())

    assert abs(found.sum() - 1) < 1e-9
    for _ in range(200):
        other = 0.98 * found + 0.02 * draw.dirichlet(np.ones(3))
        assert likelihood(other) <= likelihood(found) + 1e-4


def test_weights_are_repeated_rows() -> None:
    draw = np.random.default_rng(2)
    chances, counts = draw.dirichlet(np.ones(3), 20), draw.integers(0, 4, 20)
    before = np.full(3, 1 / 3)
    whole = em(np.repeat(chances, counts, axis=0), before, np.ones((1, counts.sum())))
    np.testing.assert_allclose(em(chances, before, counts[None].astype(float)), whole, atol=1e-6)


def test_the_true_shares_lie_in_their_intervals_and_changes_are_told() -> None:
    before, now = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    held = []
    for seed in range(4):
        found = mix(known(600, before, seed), drawn(250, now, 100 + seed)[1], none(250), seed=seed)
        held += [row["low"] <= share <= row["high"] for row, share in zip(found["classes"], now, strict=True)]
        assert found["shifted"]
        assert {row["class"] for row in found["classes"] if row["told"]} >= {"a", "d"}
    assert np.mean(held) >= 0.8


def test_the_same_mix_is_no_change() -> None:
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    told = [mix(known(600, shares, seed), drawn(250, shares, 200 + seed)[1], none(250), seed=seed)["shifted"]
            for seed in range(5)]  # fmt: skip
    assert sum(told) <= 1


def test_chance_differs_as_often_as_it_may() -> None:
    told = []
    for seed in range(100):
        chances = np.random.default_rng(seed).dirichlet(np.full(8, 0.2), 80)
        told.append(changed(chances[:50], chances[50:], np.arange(50), np.arange(30), seed).min() <= 0.05)
    assert sum(told) <= 11, "5 expected; more than 11 come once in two hundred times"


def test_copies_are_no_evidence() -> None:
    draw = np.random.default_rng(0)
    old, new = draw.dirichlet(np.ones(3), 40), draw.dirichlet(np.ones(3), 5)
    once = changed(old, new, np.arange(40), np.arange(5))
    again = changed(old, np.repeat(new, 20, axis=0), np.arange(40), np.repeat(np.arange(5), 20))
    alone = changed(old, np.repeat(new, 20, axis=0), np.arange(40), np.arange(100))
    assert alone.min() < 0.05 < again.min()
    assert once.min() > 0.05


def test_groups_widen_the_interval() -> None:
    shares = np.full(K, 0.25)
    labelled, logits = known(400, shares, 1), np.repeat(drawn(30, shares, 2)[1], 8, axis=0)
    group = np.repeat(np.arange(30), 8).astype(str).astype(object)
    wide, thin = (mix(labelled, logits, one)["classes"][0] for one in (group, none(240)))
    assert wide["high"] - wide["low"] > 1.5 * (thin["high"] - thin["low"])


def test_a_class_that_never_comes_has_an_end_above_nothing(monkeypatch) -> None:
    monkeypatch.setattr(module, "FITS", 4)
    found = mix(known(400, np.full(K, 0.25), 3), drawn(100, np.array([0.5, 0.5, 0, 0]), 4)[1], none(100))
    last = found["classes"][3]
    assert last["share"] < 0.05
    assert 0 <= last["low"] <= last["share"] < last["high"]

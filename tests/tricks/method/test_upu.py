"""upu: its numbers by hand, its expectation is the risk on labels, its gradient, and convexity of two of its losses."""

import numpy as np
import pytest
import torch
from positive import FREE, OWN, PRIOR, agree, batch, logits, made, sigmoid, value, world

from linne.core.errors import OptionError

LOSSES = {
    "logistic": lambda z: np.log1p(np.exp(-z)),
    "sigmoid": lambda z: sigmoid(-z),
    "double_hinge": lambda z: np.maximum(-z, np.maximum(0, 0.5 - z / 2)),
}


@pytest.mark.parametrize("base", LOSSES)
def test_numbers_by_hand(base: str) -> None:
    loss, own, free = LOSSES[base], np.array(OWN), np.array(FREE)
    wanted = PRIOR * np.mean(loss(own) - loss(-own)) + np.mean(loss(-free))
    assert float(value(made(f"upu(base={base})"))) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("base", LOSSES)
def test_its_expectation_is_the_risk_on_labels(base: str) -> None:
    """Drawn 300 times from a known world: the mean lies within 4 standard errors of the labelled risk's mean."""
    method, loss, gaps = made(f"upu(base={base})"), LOSSES[base], []
    for seed in range(300):
        own, pool, _ = world(40, 120, seed=seed)
        f, g = 2 * own[:, 0] - 0.3, 2 * pool[:, 0] - 0.3
        everybody, labels = world(1, 4000, seed=seed + 10_000)[1:]
        h = 2 * everybody[:, 0] - 0.3
        risk = PRIOR * loss(h[labels]).mean() + (1 - PRIOR) * loss(-h[~labels]).mean()
        gaps.append(float(value(method, f, g)) - risk)
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / len(gaps) ** 0.5
    assert np.std(gaps) / len(gaps) ** 0.5 < 0.02


@pytest.mark.parametrize("base", ["logistic", "sigmoid"])
def test_gradient(base: str) -> None:
    agree(made(f"upu(base={base})"))


@pytest.mark.parametrize(("base", "convex"), [("logistic", True), ("double_hinge", True), ("sigmoid", False)])
def test_convex_where_the_difference_is_linear(base: str, convex: bool) -> None:
    method, draws, bent = made(f"upu(base={base})"), np.random.default_rng(0), []
    for _ in range(60):
        ends = [(draws.normal(0, 3, 3), draws.normal(0, 3, 4)) for _ in "ab"]
        middle = [(a + b) / 2 for a, b in zip(*ends, strict=True)]
        bent.append(sum(float(value(method, *end)) for end in ends) / 2 - float(value(method, *middle)))
    assert (min(bent) > -1e-6) == convex


def test_several_classes_are_problems_of_their_own() -> None:
    """Each with its own positives, its own prior and the whole pool."""
    scores = np.array([[2.0, -1, 0], [0.5, 1, 0], [-1, 3, 0]])
    pool = np.array([[1.0, 0, 0], [-2, 1, 0]])
    own, free = (torch.tensor(one) for one in (scores, pool))
    said = made("upu", prior=(0.2, 0.4), classes=3)(batch(own, free, [0, 1, 1], 3))
    loss = LOSSES["logistic"]
    wanted = 0.0
    for k, (share, rows) in enumerate(((0.2, [0]), (0.4, [1, 2]))):
        f = scores[rows, k]
        wanted += share * np.mean(loss(f) - loss(-f)) + np.mean(loss(-pool[:, k]))
    assert float(sum(rows.mean() for rows in said.loss.values())) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, float("nan"), (0.2, 0.3)])
def test_refuses_priors_that_cannot_be(prior: object) -> None:
    with pytest.raises(OptionError, match="shares of the pool between 0 and 1"):
        made("upu", prior=prior)
    with pytest.raises(OptionError, match="upu: base is one of"):
        made("upu(base=hinge)")


def test_a_batch_without_a_positive_of_a_class_is_legal() -> None:
    said = made("upu", prior=(0.2, 0.4), classes=3)(batch(torch.zeros(2, 3), torch.zeros(3, 3), [0, 0], 3))
    assert all(bool(rows.isfinite().all()) for rows in said.loss.values())
    assert float(value(made("upu"), logits([0.0]), logits([0.0]))) == pytest.approx(np.log(2))

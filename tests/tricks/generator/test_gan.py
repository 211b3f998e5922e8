"""gan: what it draws has the data's mean and covariance, class by class; losses and slopes by hand."""

from math import exp, log
from typing import Any

import numpy as np
import pytest
import torch
from toys import CLASSES, SIDE, Points, learn, make, planes

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng


def apart(method: Any, known: Points) -> tuple[float, float]:
    """The worst class's distance of means, and of covariances as a share of the data's."""
    drawn = method.sample(known.labels, np.random.default_rng(5)).numpy().reshape(len(known.labels), -1)
    given = known.values.reshape(drawn.shape)
    means, spreads = [], []
    for k in range(CLASSES):
        one, two = drawn[known.labels == k], given[known.labels == k]
        means.append(np.linalg.norm(one.mean(0) - two.mean(0)))
        spreads.append(np.linalg.norm(np.cov(one.T) - np.cov(two.T)) / np.linalg.norm(np.cov(two.T)))
    return max(means), max(spreads)


@pytest.mark.parametrize("objective", ["logistic", "hinge"])
def test_comes_to_draw_what_the_data_are(objective: str) -> None:
    known = planes(1500, 7)
    method = make(f"gan(noise=4,width=16,penalty=.3,objective={objective})", None, known.labels)
    begun = apart(method, known)
    assert begun[0] > 3
    assert begun[1] > 0.9
    adam = find("optimizer", "adam(betas=(0,.99))")
    learn(method, {"train": planes(1000, 1)}, steps=400, rate=0.003, optimizer=adam)
    ended = apart(method, known)
    assert ended[0] < begun[0] / 6, ended
    assert ended[1] < 0.35, ended


def pictures(n: int = 6) -> Batch:
    draws = torch.Generator().manual_seed(0)
    targets = torch.eye(CLASSES)[torch.arange(n) % CLASSES]
    return Batch(torch.randn(n, 1, SIDE, SIDE, generator=draws), targets, torch.arange(n), seed=3, step=5)


@pytest.mark.parametrize(("objective", "penalty"), [("logistic", 0), ("logistic", 2), ("hinge", 0), ("hinge", 2)])
def test_losses_by_hand(objective: str, penalty: float) -> None:
    method = make(f"gan(noise=4,width=8,objective={objective},penalty={penalty})", None, np.arange(CLASSES))
    batch = pictures()
    one = float  # scores are numbers from here on

    def scores(x: torch.Tensor) -> list[float]:
        with torch.no_grad():
            return [one(v) for v in method.critic(x, batch.targets)]

    with torch.no_grad():
        drawn = {who: method.generator(batch.normal(4, what=who), batch.targets) for who in ("critic", "generator")}
    true, false, own = scores(batch.images), scores(drawn["critic"]), scores(drawn["generator"])
    h = 1e-2
    steps = torch.eye(16).reshape(16, 1, SIDE, SIDE) * h
    slopes = [
        (np.array(scores(batch.images + step)) - np.array(scores(batch.images - step))) / (2 * h) for step in steps
    ]
    steep = penalty / 2 * np.square(slopes).sum(0)
    if objective == "logistic":
        critic = [log(1 + exp(-t)) + log(1 + exp(f)) for t, f in zip(true, false, strict=True)]
        maker = [log(1 + exp(-f)) for f in own]
    else:
        critic = [max(0, 1 - t) + max(0, 1 + f) for t, f in zip(true, false, strict=True)]
        maker = [-f for f in own]
    np.testing.assert_allclose(method(batch, "critic").loss.detach(), critic + steep, rtol=0.02, atol=1e-4)
    np.testing.assert_allclose(method(batch, "generator").loss.detach(), maker, rtol=1e-5, atol=1e-6)


def test_players_step_when_they_are_due_and_touch_nobody_else() -> None:
    method = make("gan(noise=4,width=8,every=3)", None, np.arange(CLASSES))
    states: list[dict[str, torch.Tensor]] = []

    class Keep:
        def on_step(self, loop: Any, record: Any) -> None:
            parts = {name: torch.cat([p.flatten() for p in m.parameters()]) for name, m in loop.modules.items()}
            states.append({name: value.detach().clone() for name, value in parts.items()})

    learn(method, {"train": planes(200, 1)}, steps=7, rate=0.01, schedule=lambda progress: 1.0, hooks=(Keep(),))
    for name, due in (("generator", {3, 6}), ("critic", {1, 2, 3, 4, 5, 6})):
        moved = {at for at in range(1, 7) if not torch.equal(states[at][name], states[at - 1][name])}
        assert moved == due


@pytest.mark.parametrize("size", [4, 12, 28, 33])
def test_draws_pictures_of_any_size_by_class_and_draw(size: int) -> None:
    method = find("generator", "gan(noise=4,width=4)")(CLASSES, 3, size)
    one, two = (method.sample(np.array([0, 2, -1]), rng(seed)) for seed in (0, 1))
    assert one.shape == (3, 3, size, size)
    assert torch.equal(one, method.sample(np.array([0, 2, -1]), rng(0)))
    assert not torch.equal(one, two)
    assert not torch.equal(one, method.sample(np.array([1, 2, -1]), rng(0)))
    assert method.critic(one, torch.zeros(3, CLASSES)).shape == (3,)


@pytest.mark.parametrize("options", ["objective=least", "penalty=-1", "noise=0", "every=0"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="gan"):
        make(f"gan({options})", None, np.arange(CLASSES))

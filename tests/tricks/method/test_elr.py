"""elr: targets and gradient written out in float64; planted noise that it does not learn; resumption."""

from pathlib import Path

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net

from linne.core.errors import OptionError

LABELS = np.array([0, 1, 2, 2])
VALUES = np.random.default_rng(0).standard_normal((4, 10))


def softmax(net: Net) -> np.ndarray:
    with torch.no_grad():
        logits = net(torch.from_numpy(VALUES).float()).double().numpy()
    p = np.exp(logits - logits.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def test_targets_and_loss_are_the_papers() -> None:
    net = Net(10)
    method = made("elr(weight=3, beta=.7)", net, LABELS)
    p, t = softmax(net), np.zeros((4, 3))
    for step in range(3):
        t = 0.7 * t + 0.3 * p
        wanted = -np.log(p[np.arange(4), LABELS]) + 3 * np.log(1 - (t * p).sum(1))
        np.testing.assert_allclose(method(batch(LABELS, VALUES, step)).loss.detach(), wanted, rtol=1e-4)
    np.testing.assert_allclose(method.memory.values[AHEAD:], t, rtol=1e-4)
    assert not method.memory.values[:AHEAD].any()


def test_the_gradient_holds_the_target_fast() -> None:
    """By finite differences, and as p - y - w p (t - <p, t>) / (1 - <p, t>)."""
    net = Net(10)
    method = made("elr(weight=2, beta=.5)", net, LABELS)
    step = method(batch(LABELS, VALUES))
    (found,) = torch.autograd.grad(step.loss.sum(), step.logits)
    p, t = softmax(net), method.memory.values[AHEAD:].double().numpy()
    logits = step.logits.detach().double().numpy()

    def loss(z: np.ndarray) -> float:
        e = np.exp(z)
        q = e / e.sum(1, keepdims=True)
        return float((-np.log(q[np.arange(4), LABELS]) + 2 * np.log(1 - (t * q).sum(1))).sum())

    for row, k in np.ndindex(4, 3):
        bump = np.zeros((4, 3))
        bump[row, k] = 1e-5
        assert found[row, k] == pytest.approx((loss(logits + bump) - loss(logits - bump)) / 2e-5, abs=1e-4)
    inner = (t * p).sum(1, keepdims=True)
    onehot = np.eye(3)[LABELS]
    np.testing.assert_allclose(found, p - onehot - 2 * p * (t - inner) / (1 - inner), atol=1e-5)


def test_a_step_that_runs_twice_moves_targets_once() -> None:
    method = made("elr", Net(10), LABELS)
    first = method(batch(LABELS, VALUES, 5)).loss
    assert torch.equal(method(batch(LABELS, VALUES, 5)).loss, first)
    assert not torch.equal(method(batch(LABELS, VALUES, 6)).loss, first)


def test_planted_noise_is_not_learnt_and_suspects_are_told() -> None:
    known, wrong = planted()
    found, method = taught("elr", known)
    assert found > plain() + 0.05
    suspects = method.memory.values[AHEAD:].argmax(1).numpy() != known.labels
    assert (suspects & wrong).sum() / suspects.sum() > 0.9
    assert (suspects & wrong).sum() / wrong.sum() > 0.8


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("elr", tmp_path)


@pytest.mark.parametrize("options", ["weight=-1", "beta=1", "beta=-.1"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="elr"):
        made(f"elr({options})", Net(10), LABELS)

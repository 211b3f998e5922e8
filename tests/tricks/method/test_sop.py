"""sop: both losses by hand, who moves what by finite differences, noise that u finds; resumption."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net, clusters, even, learn

from linne.core.errors import OptionError

LABELS = np.array([0, 1, 2, 2])
VALUES = np.random.default_rng(0).standard_normal((4, 10))
Y = np.eye(3)[LABELS]


def ready(begin: float = 0.5) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    """(the method with its first step's network pass done, p, u, v) of the four rows."""
    method = made(f"sop(begin={begin})", Net(10), LABELS)
    step = method(batch(LABELS, VALUES), "model")
    p = torch.softmax(step.logits.detach().double(), 1).numpy()
    u, v = (getattr(method, name).value.detach()[AHEAD:].double().numpy() for name in "uv")
    return method, p, u, v


def explained(p: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """-log of the label's part of p + u^2 y - v^2 (1 - y), cut off and made to sum to 1."""
    s = np.minimum(u**2 * Y, 1 - 1e-4) - np.minimum(v**2 * (1 - Y), 1 - 1e-4)
    q = np.maximum(p + s, 1e-4)
    q /= q.sum(1, keepdims=True)
    return -np.log(q[np.arange(4), LABELS])


def distance(p: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    s = np.minimum(u**2 * Y, 1 - 1e-4) - np.minimum(v**2 * (1 - Y), 1 - 1e-4)
    return ((np.eye(3)[p.argmax(1)] + s - Y) ** 2).sum(1)


def test_losses_by_hand() -> None:
    method, p, u, v = ready()
    np.testing.assert_allclose(method(batch(LABELS, VALUES), "model").loss.detach(), explained(p, u, v), rtol=1e-4)
    np.testing.assert_allclose(method(batch(LABELS, VALUES), "u").loss.detach(), explained(p, u, v), rtol=1e-4)
    np.testing.assert_allclose(method(batch(LABELS, VALUES), "v").loss.detach(), distance(p, u, v), rtol=1e-4)


@pytest.mark.parametrize("name", ["u", "v"])
def test_gradients_are_finite_differences_of_the_players_own_loss(name: str) -> None:
    method, p, u, v = ready()
    method(batch(LABELS, VALUES), name).loss.sum().backward()
    found = getattr(method, name).value.grad[AHEAD:].numpy()
    other = getattr(method, "v" if name == "u" else "u").value.grad
    assert other is None or not other.any()
    loss, held = (explained, u) if name == "u" else (distance, v)
    for where in np.ndindex(held.shape):
        bump = np.zeros_like(held)
        bump[where] = 1e-6
        ends = [loss(p, u + side * bump, v) if name == "u" else loss(p, u, v + side * bump) for side in (1, -1)]
        assert found[where] == pytest.approx((ends[0] - ends[1]).sum() / 2e-6, abs=1e-3)


def test_u_and_v_step_at_their_own_rates_without_decay() -> None:
    known = clusters(even(64), 0)
    known.rows = known.rows + AHEAD
    moved = []
    for rates in ("rate_u=1, rate_v=2", "rate_u=2, rate_v=2"):
        method = made(f"sop({rates}, begin=.1)", Net(10), known.labels)
        first = [getattr(method, name).value.detach().clone() for name in "uv"]
        learn(method, {"train": known}, steps=1, rate=1e-9, decay=0.1, schedule="constant")
        moved.append([getattr(method, name).value.detach() - at for name, at in zip("uv", first, strict=True)])
        assert not any(one[:AHEAD].any() for one in moved[-1])
    torch.testing.assert_close(moved[1][0], 2 * moved[0][0], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(moved[1][1], moved[0][1])


def test_planted_noise_goes_into_u_not_the_network() -> None:
    known, wrong = planted()
    found, method = taught("sop(begin=1e-3)", known)
    assert found > plain() + 0.05
    off = method.u.value.detach()[AHEAD:, 0].numpy() ** 2 > 0.25
    assert (off & wrong).sum() / off.sum() > 0.85
    assert (off & wrong).sum() / wrong.sum() > 0.7


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("sop(begin=.1)", tmp_path)


@pytest.mark.parametrize("options", ["rate_u=0", "rate_v=-1", "begin=0"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="sop"):
        made(f"sop({options})", Net(10), LABELS)

"""mlnt: inner step and gradient beside float64 by hand, the teacher, swapped labels; noise; resumption."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from noisy import batch, made, plain, planted, resumes, taught

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.tricks.method.mlnt import nearest, swapped

LABELS = np.array([0, 1, 2, 2, 0, 1, 1, 0])
VALUES = np.random.default_rng(0).standard_normal((8, 4))


class Linear(torch.nn.Module):
    """A network whose gradient can be written down."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.head = torch.nn.Linear(4, 3, bias=False)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def ready(spec: str = "mlnt(tries=2, inner=.5, weight=3, start=.1)") -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """(method, batch, weights of the network, of a teacher that is another)."""
    method = made(spec, Linear(), LABELS)
    method.moved = 7
    method.teacher.load_state_dict(Linear(1).state_dict())
    weights = [net.head.weight.detach().double().numpy() for net in (method.model, method.teacher)]
    return method, batch(LABELS, VALUES, 7), *weights


def test_the_inner_step_and_both_losses_by_hand() -> None:
    method, rows, w, other = ready()
    step = method(rows, 0.25)
    onehot = np.eye(3)[LABELS]
    steady = softmax(VALUES @ other.T)
    near = nearest(torch.from_numpy(VALUES), 10)
    apart, slope = np.zeros(8), np.zeros_like(w)
    for number in range(2):
        targets = swapped(torch.from_numpy(onehot), near, 0.5, rng(0, "mlnt", 7, number)).numpy()
        moved = w - 0.5 * (softmax(VALUES @ w.T) - targets).T @ VALUES / 8  # the step by the swapped labels
        p = softmax(VALUES @ moved.T)
        apart += (steady * np.log(steady / p)).sum(1)
        slope += (p - steady).T @ VALUES
    ramp = 3 * math.exp(-5 * (1 - 0.5) ** 2)
    named = -np.log(softmax(VALUES @ w.T)[np.arange(8), LABELS])
    np.testing.assert_allclose(step.loss.detach(), named + ramp / 2 * apart, rtol=1e-4)
    step.loss.sum().backward()
    wanted = (softmax(VALUES @ w.T) - onehot).T @ VALUES + ramp / 2 * slope  # first order: the step itself is held fast
    np.testing.assert_allclose(method.model.head.weight.grad, wanted, atol=1e-4)
    assert method.teacher.head.weight.grad is None


def test_the_mean_over_classes_is_k_times_less() -> None:
    whole, small = (ready(f"mlnt(tries=2, legacy_mean={kind})") for kind in ("false", "true"))
    plain = -np.log(softmax(VALUES @ whole[2].T)[np.arange(8), LABELS])
    gaps = [method(rows, 0.9).loss.detach().numpy() - plain for method, rows, *_ in (whole, small)]
    np.testing.assert_allclose(gaps[0], 3 * gaps[1], rtol=1e-3, atol=1e-6)


def test_before_the_start_it_is_plain_learning() -> None:
    method, rows, w, _ = ready()
    plain = -np.log(softmax(VALUES @ w.T)[np.arange(8), LABELS])
    np.testing.assert_allclose(method(rows, 0.05).loss.detach(), plain, rtol=1e-5)


def test_the_weight_rises_to_its_own() -> None:
    method = ready()[0]
    assert [method.ramp(at) for at in (0.1, 0.25, 0.4, 1.0)] == pytest.approx(
        [3 * math.exp(-5), 3 * math.exp(-1.25), 3, 3]
    )


def test_the_teacher_becomes_the_network_then_follows_once_a_step() -> None:
    method = made("mlnt(start=.1)", Linear(), LABELS)
    method.model = Linear(3)
    first = method.model.head.weight.detach().clone()
    method(batch(LABELS, VALUES, 4), 0.2)
    assert torch.equal(method.teacher.head.weight, first)
    method.model = Linear(5)
    second = method.model.head.weight.detach()
    for _ in range(2):
        method(batch(LABELS, VALUES, 5), 0.3)
    torch.testing.assert_close(method.teacher.head.weight, 0.99 * first + 0.01 * second)
    held = method.teacher.head.weight.clone()
    method(batch(LABELS, VALUES, 6), 0.5)
    torch.testing.assert_close(method.teacher.head.weight, 0.999 * held + 0.001 * second)


def test_swapped_labels_are_those_of_neighbours() -> None:
    points = torch.tensor([[0.0], [0.1], [5.0], [5.2], [5.1], [9.0]])
    near = nearest(points, 2)
    assert near[2].tolist() == [4, 3]
    assert set(near[0].tolist()) == {1, 2}
    targets = torch.eye(6)
    found = swapped(targets, near, 0.5, np.random.default_rng(0))
    changed = [row for row in range(6) if not torch.equal(found[row], targets[row])]
    assert len(changed) == 3
    assert all(int(found[row].argmax()) in near[row].tolist() for row in changed)


def test_planted_noise_is_learnt_less() -> None:
    known, _ = planted()
    found, _ = taught("mlnt(tries=4, inner=.2, weight=4)", known)
    assert found > plain() + 0.05


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("mlnt(tries=2)", tmp_path)


@pytest.mark.parametrize("options", ["tries=0", "share=0", "inner=0", "weight=0", "start=.5"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="mlnt"):
        made(f"mlnt({options})", Linear(), LABELS)

"""freematch: thresholds and the fairness term by hand over two steps, state in checkpoints, fewer errors."""

import numpy as np
import pytest
import torch
from free import STRONG, WEAK, errors, prepared, softmax
from torch import nn
from toys import make

from linne.core.errors import OptionError


def test_thresholds_follow_the_means_by_hand() -> None:
    """Equations 5 to 8 over two steps from 1 / K, with a decay of one half."""
    method = make("freematch(decay=.5,fairness=0)", nn.Identity(), np.array([0, 1, 2]))
    weak, strong = torch.cat([WEAK, torch.tensor([[1.0, 0, 0]])]), torch.cat([STRONG, torch.tensor([[0.0, 0, 2]])])
    q = softmax(weak)
    tau, share = 1 / 3, np.full(3, 1 / 3)
    for at in range(2):
        found = method(prepared(at, weak, strong))
        tau, share = 0.5 * tau + 0.5 * q.max(1).mean(), 0.5 * share + 0.5 * q.mean(0)
        limits = share / share.max() * tau
        np.testing.assert_allclose(method.thresholds().numpy(), limits, rtol=1e-5)
        kept = q.max(1) > limits[q.argmax(1)]
        losses = -np.log(softmax(strong))[range(4), q.argmax(1)] * kept
        np.testing.assert_allclose(found.loss["unlabelled"], losses, rtol=1e-5)
        assert float(found.log["kept"]) == pytest.approx(kept.mean())
    assert kept.tolist() == [True, True, True, False], "of the first class a less sure one is left out"


def test_fairness_by_hand() -> None:
    """Equation 11 with every strong view kept, two classes of three guessed; the term is taken away from the loss."""
    weak = torch.tensor([[6.0, 0, 0], [0, 5, 0], [0, 0, 5], [6, 0, 0]])
    strong = torch.tensor([[1.0, 0, 0], [0, 2, 0], [0.5, 0, 0], [0, 1, 0]])
    methods = [make(f"freematch(decay=0,fairness={weight})", nn.Identity(), np.array([0, 1, 2])) for weight in (0, 0.3)]
    losses = [method(prepared(0, weak, strong)).loss["unlabelled"] for method in methods]
    q, p = softmax(weak), softmax(strong)
    share, guessed = q.mean(0), np.bincount(q.argmax(1), minlength=3) / 4
    there, often = [0, 1], np.array([0.5, 0.5])
    wanted = share[there] / guessed[there]
    found = p.mean(0)[there] / often
    entropy = -(wanted / wanted.sum() * np.log(found / found.sum())).sum()
    np.testing.assert_allclose(losses[1] - losses[0], -0.3 * entropy, rtol=1e-5)


def test_fairness_has_a_gradient_and_thresholds_move_once_a_step() -> None:
    method = make("freematch(decay=.9,fairness=.5)", nn.Identity(), np.array([0, 1, 2]))
    batch = prepared()
    strong = batch["unlabelled"].views["strong"].requires_grad_()
    (method(batch).loss["unlabelled"].sum() - 0).backward()
    assert strong.grad.abs().sum() > 0
    before = method.thresholds()
    method(prepared())
    assert torch.equal(before, method.thresholds())
    method(prepared(1))
    assert not torch.equal(before, method.thresholds())


@pytest.mark.parametrize("seed", [0, 1])
def test_errs_less_than_learning_from_the_same_few_labels_alone(seed: int) -> None:
    alone, both = errors("freematch(mu=8,decay=.9,strong='.7')", seed)
    assert both < alone / 3


@pytest.mark.parametrize("options", ["mu=0", "weight=-1", "decay=1", "fairness=1"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="freematch: "):
        make(f"freematch({options})", nn.Identity(), np.array([0, 1]))

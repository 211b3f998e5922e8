"""tau_norm: what supervised learning gives, its rows divided by a power of their length, and nothing else."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from toys import CLASSES, Net, clusters, even, learn, make, recall, tail

from linne.core.batch import Batch
from linne.core.errors import OptionError


def state(name: str, **options: Any) -> dict[str, np.ndarray]:
    known = clusters(tail(), 0)
    found = learn(make(name, Net(10, **options), known.labels), {"train": known}, steps=30, decay=0.1).module
    return {key: value.double().numpy() for key, value in found.state_dict().items()}


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_rows_of_the_head_are_divided_and_nothing_else_differs(tau: float) -> None:
    plain, found = state("supervised", bn=True, drop=0.3), state(f"tau_norm(tau={tau})", bn=True, drop=0.3)
    assert list(plain) == list(found)
    length = np.sqrt((plain["head.weight"] ** 2).sum(1))
    assert np.ptp(length) > 0.05
    np.testing.assert_allclose(found["head.weight"], plain["head.weight"] / length[:, None] ** tau, rtol=1e-6)
    np.testing.assert_allclose(found["head.bias"], plain["head.bias"] / length**tau, rtol=1e-5, atol=1e-7)
    assert all(np.array_equal(found[name], plain[name]) for name in plain if "head" not in name)
    if tau == 1:
        np.testing.assert_allclose((found["head.weight"] ** 2).sum(1), 1, rtol=1e-6)


def test_tau_0_is_supervised_learning_to_the_byte() -> None:
    plain, found = state("supervised"), state("tau_norm(tau=0)")
    assert all(np.array_equal(found[name], plain[name]) for name in plain)


def test_a_dropped_bias_is_gone() -> None:
    assert not state("tau_norm(bias=false)")["head.bias"].any()


@pytest.mark.parametrize("bias", ["true", "false"])
def test_evaluation_on_the_way_sees_what_would_be_kept(bias: str) -> None:
    method = make(f"tau_norm(tau=.7,bias={bias})", Net(10), tail())
    x = torch.randn(6, 10, generator=torch.Generator().manual_seed(1))
    learning = method.model.train()(x)
    before = method.model.eval()(x)
    assert not torch.allclose(learning, before)
    method.settle()
    torch.testing.assert_close(method.model(x), before)
    torch.testing.assert_close(method.model.train()(x), before)
    kept = method.model.head.weight.clone()
    method.settle()  # a second time does nothing
    assert torch.equal(kept, method.model.head.weight)


def test_the_loss_is_of_the_plain_logits() -> None:
    net = Net(10)
    method = make("tau_norm(tau=3)", net, tail())
    x, targets = torch.randn(8, 10), torch.eye(CLASSES)[torch.arange(8) % CLASSES]
    wanted = nn.functional.cross_entropy(nn.functional.linear(net.features(x), net.head.weight, net.head.bias), targets,
                                         reduction="none")  # fmt: skip
    torch.testing.assert_close(method(Batch(x, targets, torch.arange(8))).loss, wanted)


def test_evens_out_what_plain_learning_leans_to() -> None:
    known, judged = clusters(tail(), 0), clusters(even(3000), 99)
    plain, found = (
        recall(learn(make(name, Net(10), known.labels), {"train": known}, steps=300, rate=0.2).module, judged)
        for name in ("supervised", "tau_norm(tau=2)")
    )
    assert (found[1:] > plain[1:] + 0.02).all()
    assert found.mean() > plain.mean() + 0.02


def test_refuses_what_has_no_such_rows() -> None:
    for spec in ("tau_norm(tau=-1)", "tau_norm(tau=0,bias=false)"):
        with pytest.raises(OptionError, match="at least 0"):
            make(spec, Net(10), even(9))
    net = Net(10)
    net.head = nn.Sequential(nn.Linear(64, CLASSES), nn.Softmax(1))
    with pytest.raises(OptionError, match="no such rows"):
        make("tau_norm", net, even(9))

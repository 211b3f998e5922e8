"""meta_weight_net: the weigher's gradient beside finite differences, the step by hand; noise; resumption."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net, Points, clusters, even

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import declared

LABELS = np.array([0, 1, 2, 2, 0, 1])
VALUES = np.random.default_rng(0).standard_normal((6, 10))


def sure(n: int = 60) -> Points:
    """Pictures whose labels are right."""
    known = clusters(even(n, 5), 7, gap=5.0)
    known.rows = known.rows + AHEAD
    return known


def rows(step: int = 0) -> Batch:
    known = sure(8)
    clean = batch(known.labels, known.values, step)
    return batch(LABELS, VALUES, step, others={"clean": clean})


def ready() -> Any:
    """In float64, so that differences can be told from rounding."""
    method = made("meta_weight_net(hidden=5, inner=.3)", Net(10, hidden=8).double(), LABELS)
    method.weigher.double()
    method.loss = lambda logits, targets, rows: -(targets * torch.log_softmax(logits, 1)).sum(1)
    method.weights = lambda losses: method.weigher(losses.detach()[:, None])[:, 0]
    return method


def doubled(one: Batch) -> Batch:
    others = {name: doubled(other) for name, other in one.others.items()}
    return Batch(one.images.double(), one.targets.double(), one.rows, {}, others)


def test_it_declares_what_it_needs() -> None:
    assert declared("method", "meta_weight_net", "clean")
    assert declared("method", "meta_weight_net", "twice")
    assert list(ready().players) == ["weigher", "model"]


def test_the_weighers_gradient_is_that_of_finite_differences() -> None:
    method, whole = ready(), doubled(rows())
    method(whole, "weigher").loss["clean"].mean().backward()
    for parameter in method.weigher.parameters():
        for where in np.ndindex(*parameter.shape):
            ends = []
            for side in (1, -1):
                with torch.no_grad():
                    parameter[where] += side * 1e-5
                ends.append(float(method.foreseen(whole).detach().mean()))
                with torch.no_grad():
                    parameter[where] -= side * 1e-5
            assert float(parameter.grad[where]) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-9)


def test_the_foreseen_step_is_one_of_plain_descent() -> None:
    method, whole = ready(), doubled(rows())
    found = method.foreseen(whole).detach()
    other = Net(10, hidden=8).double()
    loss = method.loss(other(whole.images), whole.targets, None)
    (method.weights(loss).detach() * loss).mean().backward()
    with torch.no_grad():
        for p in other.parameters():
            p -= 0.3 * p.grad
        clean = whole["clean"]
        torch.testing.assert_close(found, method.loss(other(clean.images), clean.targets, None))
    assert all(p.grad is None for p in method.model.parameters())


def test_the_network_learns_by_weights_that_are_held_fast() -> None:
    method, whole = ready(), doubled(rows())
    step = method(whole, "model")
    loss = method.loss(step.logits, whole.targets, None)
    torch.testing.assert_close(step.loss["train"], method.weights(loss) * loss)
    step.loss["train"].sum().backward()
    assert all(p.grad is None for p in method.weigher.parameters())
    assert not method(whole, "weigher").loss["train"].any()


def test_confirmed_labels_make_planted_noise_count_less() -> None:
    known, wrong = planted()
    settings = {"feeds": {"clean": sure()}}
    found, method = taught("meta_weight_net(rate=.05, inner=.5, share=.5)", known, **settings)
    assert found > plain() + 0.03
    with torch.no_grad():
        logits = method.model(torch.from_numpy(known.values).float())
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(known.labels), reduction="none")
        weight = method.weights(loss).numpy()
    assert weight[wrong].mean() < weight[~wrong].mean() / 1.5


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("meta_weight_net(share=.5)", tmp_path, {"clean": sure()})


@pytest.mark.parametrize("options", ["hidden=0", "inner=0", "rate=0", "share=0"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="meta_weight_net"):
        made(f"meta_weight_net({options})", Net(10), LABELS)

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import declared, find


def averaging(scaled, seen=None):
    """z, x and y kept one by one as in the paper; the slope is taken at y, which the parameters hold."""

    def formula(t, w, g, rate, s):
        z, x = s.get("z", w), s.get("x", w)
        if scaled:
            s["v"] = 0.99 * s.get("v", 0) + 0.01 * g**2
            g = g / (np.sqrt(s["v"]) + 1e-8)
            rate = rate * np.sqrt(1 - 0.99**t)
        s["z"] = z - rate * (g + 0.1 * w)
        s["sum"] = s.get("sum", 0) + rate**2
        c = rate**2 / s["sum"]
        s["x"] = (1 - c) * x + c * s["z"]
        if seen is not None:
            seen.append(s["x"])
        return 0.2 * s["z"] + 0.8 * s["x"]

    return formula


@pytest.mark.parametrize(("spec", "scaled"), [("base=sgd", False), ("beta2=.99", True)])
def test_formula(walk, spec, scaled) -> None:
    walk.check(f"schedulefree({spec}, momentum=.8)", averaging(scaled))


def test_evaluating_shows_the_average_and_goes_back(walk) -> None:
    averages = []
    walk.formula(averaging(True, averages))
    held = []
    spec = "schedulefree(beta2=.99, momentum=.8)"
    walk.torch(lambda groups: held.append(find("optimizer", spec)(groups)) or held[0])
    (optimizer,) = held
    params = [p for group in optimizer.param_groups for p in group["params"]]
    training = [p.detach().clone() for p in params]
    optimizer.evaluating(True)
    for p, x, y in zip(params, averages[-3:], training, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-10)
        assert not torch.equal(p, y)
    optimizer.evaluating(False)
    assert all(torch.equal(p, y) for p, y in zip(params, training, strict=True))


def test_rate_of_nothing_moves_nothing() -> None:
    start = torch.randn(200, generator=torch.Generator().manual_seed(0))
    p = torch.nn.Parameter(start.clone())
    optimizer = find("optimizer", "schedulefree")([{"params": [p], "lr": 0.0}])
    p.grad = torch.ones(200)
    optimizer.step()
    assert torch.equal(p, start)
    assert torch.allclose(optimizer.weights()[p], start)


def test_takes_the_schedules_place() -> None:
    assert declared("optimizer", "schedulefree", "schedules") == ("constant",)


@pytest.mark.parametrize("spec", [
    "schedulefree(base=lion)", "schedulefree(momentum=0)", "schedulefree(base=sgd, eps=1e-8)", "schedulefree(beta2=1)",
])  # fmt: skip
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="schedulefree"):
        find("optimizer", spec)(walk.groups(0))

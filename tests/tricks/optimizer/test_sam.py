from contextlib import contextmanager

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def climbed(walk, t, weights, rho):
    """Slopes at w + rho g / |g|, one norm over every tensor of every group."""
    slopes = [walk.slope(t, place, w) for place, w in enumerate(weights)]
    norm = np.sqrt(sum((g**2).sum() for g in slopes))
    return [
        walk.slope(t, p, w + rho * g / (norm + 1e-12)) for p, (w, g) in enumerate(zip(weights, slopes, strict=True))
    ]


def test_formula_over_groups(walk, agree) -> None:
    weights, velocity, seen = list(walk.starts), [0.0] * 3, []
    for t, rate in enumerate(walk.rates, 1):
        slopes = climbed(walk, t, weights, 0.3)
        for place, g in enumerate(slopes):
            velocity[place] = 0.9 * velocity[place] + g + 0.1 * weights[place]
        weights = [w - rate * v for w, v in zip(weights, velocity, strict=True)]
        seen.append(weights)
    agree(walk.torch("sam(base=sgd(nesterov=false), rho=.3)"), seen, 1e-11)
    agree(walk.torch("sam(base=sgd(nesterov=false), rho=.3)", dtype=torch.float32), seen, 1e-4)


def test_rho_of_nothing_is_the_base(walk, agree) -> None:
    agree(walk.torch("sam(base=adamw, rho=0)"), walk.torch("adamw"), 1e-15)


def test_no_slope_is_no_danger() -> None:
    """moskomule's variant divides by the norm alone: 0 / 0."""
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = find("optimizer", "sam")([{"params": [p], "lr": 0.1}])

    def closure():
        p.grad = torch.zeros(2)
        return torch.tensor(1.0)

    optimizer.step(closure)
    assert p.tolist() == [1, 1]


class Net(torch.nn.Sequential):
    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.LazyLinear(2))
        self(torch.zeros(2, 3, 6, 6))


def closure_of(net, fails_at=0, values=None):
    calls = []
    x = torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(1))

    def closure():
        calls.append(1)
        net.zero_grad()
        loss = net(x).square().mean()
        loss.backward()
        if len(calls) == fails_at:
            net[0].weight.grad.fill_(torch.inf)
            raise FloatingPointError("overflow")
        if values is not None:
            values.append(float(loss.detach()))
        return loss.detach()

    return closure


@pytest.mark.parametrize("outer", ["sam", "centralise(base=sam)", "lookahead(base=sam)"])
def test_second_pass_runs_inside_the_loops_context(outer) -> None:
    """Batch norms estimate in the first pass alone; the loss told is the first pass's."""
    net, values, entered = Net(), [], []
    optimizer = find("optimizer", outer)([{"params": list(net.parameters()), "lr": 0.1}])
    assert optimizer.passes == 2

    @contextmanager
    def frozen():
        entered.append(len(values))
        net[1].momentum, kept = 0.0, net[1].momentum
        yield
        net[1].momentum = kept

    optimizer.frozen_statistics = frozen
    plain = Net()
    closure_of(plain)()
    loss = optimizer.step(closure_of(net, values=values))
    assert entered == [1]
    assert len(values) == 2
    assert values[1] > values[0] == float(loss)
    assert torch.equal(net[1].running_mean, plain[1].running_mean)
    assert net[1].momentum == 0.1


@pytest.mark.parametrize("call", [1, 2])
def test_overflow_in_either_pass_leaves_no_trace(call) -> None:
    net = Net()
    optimizer = find("optimizer", "sam(rho=.5)")([{"params": list(net.parameters()), "lr": 0.1}])
    optimizer.step(closure_of(net))
    before = [p.detach().clone() for p in net.parameters()]
    state = [value["momentum_buffer"].clone() for value in optimizer.state.values()]
    with pytest.raises(FloatingPointError):
        optimizer.step(closure_of(net, fails_at=call))
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))
    assert all(torch.equal(v["momentum_buffer"], s) for v, s in zip(optimizer.state.values(), state, strict=True))


@pytest.mark.parametrize(("spec", "told"), [("sam(rho=-1)", "rho"), ("sam(base=sam)", "more than once")])
def test_refuses(walk, spec, told) -> None:
    with pytest.raises(OptionError, match=told):
        find("optimizer", spec)(walk.groups(0))


def test_a_step_without_closure_only_where_nothing_slopes() -> None:
    """As torch's distributed checkpoints call it to bring the state into being."""
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = find("optimizer", "sam(base=adam)")([{"params": [p], "lr": 0.1}])
    p.grad = torch.zeros(2)
    optimizer.step()
    assert set(optimizer.state[p]) == {"step", "exp_avg", "exp_avg_sq"}
    p.grad = torch.ones(2)
    with pytest.raises(OptionError, match="closure"):
        optimizer.step()
    assert p.tolist() == [1, 1]

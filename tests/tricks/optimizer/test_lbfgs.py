import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_finds_the_minimum_of_a_quadratic_with_decay() -> None:
    """w* = (A + decay)^-1 b over two groups, of which only one decays."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(6, 6))
    a = a @ a.T + np.eye(6)
    b, decay = rng.normal(size=6), np.array([0.5] * 3 + [0] * 3)
    first, second = (torch.nn.Parameter(torch.zeros(3, dtype=torch.float64)) for _ in range(2))
    groups = [{"params": [first], "lr": 1.0, "weight_decay": 0.5}, {"params": [second], "lr": 1.0, "weight_decay": 0.0}]
    optimizer = find("optimizer", "lbfgs")(groups)
    matrix, vector = torch.from_numpy(a), torch.from_numpy(b)

    def closure():
        first.grad = second.grad = None
        w = torch.cat([first, second])
        loss = 0.5 * w @ matrix @ w - vector @ w
        loss.backward()
        return loss.detach()

    told = [float(optimizer.step(closure)) for _ in range(3)]
    right = np.linalg.solve(a + np.diag(decay), b)
    got = torch.cat([first, second]).detach().numpy()
    np.testing.assert_allclose(got, right, atol=5e-5)  # it stops where the loss falls by less than 1e-9
    assert np.abs(np.linalg.solve(a, b) - right).max() > 0.01
    assert told[0] == 0.0, "the first pass's loss is told"
    assert told[2] < told[0]


def test_agrees_with_torch_over_one_group(walk) -> None:
    start = torch.from_numpy(walk.starts[0])

    def run(build):
        p = torch.nn.Parameter(start.clone())
        optimizer = build(p)

        def closure():
            p.grad = None
            loss = (p**4).sum() + ((p - 1) ** 2).sum()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)
        return p.detach()

    mine = run(lambda p: find("optimizer", "lbfgs(iterations=4, history=3)")([{"params": [p], "lr": 0.7}]))
    theirs = run(lambda p: torch.optim.LBFGS([p], 0.7, 4, history_size=3, line_search_fn="strong_wolfe"))
    assert torch.equal(mine, theirs)


@pytest.mark.parametrize("call", [1, 2, 5, 9])
def test_overflow_in_any_pass_leaves_no_trace(call) -> None:
    p = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    optimizer = find("optimizer", "lbfgs(iterations=3)")([{"params": [p], "lr": 1.0}])
    calls = []

    def closure(fails=True):
        calls.append(1)
        p.grad = None
        loss = (p**4).sum() + (p[0] - p[1]) ** 2
        loss.backward()
        if fails and len(calls) == call:
            raise FloatingPointError
        return loss.detach()

    def snapshot():
        state = optimizer.state_dict()["state"]
        return p.detach().clone(), repr(state)

    while True:
        before = snapshot()
        try:
            optimizer.step(closure)
        except FloatingPointError:
            break
    after = snapshot()
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


@pytest.mark.parametrize("spec", ["lbfgs(iterations=0)", "lbfgs(history=0)", "lbfgs(tolerance=-1)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="lbfgs"):
        find("optimizer", spec)(walk.groups(0))


def test_refuses_rates_that_differ_and_late_groups(walk) -> None:
    groups = walk.groups(0)
    groups[1]["lr"] = 0.5
    optimizer = find("optimizer", "lbfgs")(groups)
    with pytest.raises(OptionError, match="one rate"):
        optimizer.step(lambda: torch.tensor(0.0))
    with pytest.raises(OptionError, match="closure"):
        optimizer.step()
    with pytest.raises(OptionError, match="at the start"):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})

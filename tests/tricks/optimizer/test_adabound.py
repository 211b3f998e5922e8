import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_formula(walk) -> None:
    """The 2019 code's arithmetic, with its bounds following the schedule by lr / base_lr."""
    b1, b2, gamma, base, touched = 0.9, 0.999, 0.1, walk.rates[0], []

    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        step_size = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
        final = 0.5 * rate / base
        lower, upper = final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))
        free = step_size / (np.sqrt(s["v"]) + 1e-8)
        touched.append(((free < lower).any(), (free > upper).any()))
        return w - np.clip(free, lower, upper) * s["m"]

    walk.check("adabound(final_rate=.5, gamma=.1)", formula)
    assert np.any(touched, axis=0).all(), "both bounds were met"


def test_late_group_has_a_peak_of_its_own_and_moves() -> None:
    """The public code zips base_lrs with the groups, so that a later one never moves."""
    first, second = (torch.nn.Parameter(torch.ones(2, dtype=torch.float64)) for _ in range(2))
    optimizer = find("optimizer", "adabound")([{"params": [first], "lr": 0.1}])
    optimizer.add_param_group({"params": [second], "lr": 0.01})
    first.grad, second.grad = torch.ones(2).double(), torch.ones(2).double()
    optimizer.step()
    assert (second < 1).all()
    fresh = find("optimizer", "adabound")([{"params": [first], "lr": 0.5}, {"params": [second], "lr": 0.5}])
    fresh.load_state_dict(optimizer.state_dict())
    assert [group["peak"] for group in fresh.param_groups] == [0.1, 0.01], "the peak is in the state"


def test_rate_of_nothing_moves_nothing_and_is_no_start(walk) -> None:
    p = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(OptionError, match="peak"):
        find("optimizer", "adabound")([{"params": [p], "lr": 0.0}])
    optimizer = find("optimizer", "adabound")([{"params": [p], "lr": 0.1}])
    optimizer.param_groups[0]["lr"], p.grad = 0.0, torch.ones(2)
    optimizer.step()
    assert p.tolist() == [1, 1]


@pytest.mark.parametrize("spec", ["adabound(gamma=0)", "adabound(final_rate=-1)", "adabound(eps=0)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="adabound"):
        find("optimizer", spec)(walk.groups(0))


def test_refuses_sparse_gradients() -> None:
    p = torch.nn.Parameter(torch.ones(3, 2))
    optimizer = find("optimizer", "adabound")([{"params": [p], "lr": 0.1}])
    p.grad = torch.sparse_coo_tensor([[0]], torch.ones(1, 2), (3, 2), check_invariants=True)
    with pytest.raises(OptionError, match="sparse"):
        optimizer.step()

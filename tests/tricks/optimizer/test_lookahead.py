import io

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def momentum(pullback):
    """Lookahead over SGD with momentum .8, k=5, alpha=.6, the authors' three ways with the momentum."""

    def formula(t, w, g, rate, s):
        slow = s.setdefault("slow", w)
        s["v"] = 0.8 * s.get("v", 0) + g + 0.1 * w
        w = w - rate * s["v"]
        if t % 5 == 0:
            w = s["slow"] = slow + 0.6 * (w - slow)
            if pullback == "reset":
                s["v"] = 0 * w
            if pullback == "pullback":
                s["v"] = s["kept"] = 0.6 * s["v"] + 0.4 * s.get("kept", 0)
        return w

    return formula


@pytest.mark.parametrize("pullback", ["none", "reset", "pullback"])
def test_formula(walk, pullback) -> None:
    spec = f"lookahead(base=sgd(momentum=.8, nesterov=false), k=5, alpha=.6, pullback={pullback})"
    walk.check(spec, momentum(pullback))


def test_the_first_sync_does_something(walk) -> None:
    """timm copies the slow weights at the first sync, which then changes nothing."""
    plain = walk.torch("sgd(nesterov=false)")
    ahead = walk.torch("lookahead(base=sgd(nesterov=false), k=3, alpha=.5)")
    for at, place in np.ndindex(2, 3):
        np.testing.assert_array_equal(plain[at][place], ahead[at][place])
    for start, fast, synced in zip(walk.starts, plain[2], ahead[2], strict=True):
        np.testing.assert_allclose(synced, (start + fast) / 2, rtol=1e-12)


@pytest.mark.parametrize("base", ["adam", "adabound", "sam", "muon", "lion"])
def test_any_base(walk, base) -> None:
    """Until the first sync it is its base; alpha=1 never changes the base's way."""
    plain = walk.torch(base)
    for whole, steps in ((f"lookahead(base={base}, k=7)", 6), (f"lookahead(base={base}, k=3, alpha=1)", 12)):
        for one, other in zip(walk.torch(whole)[:steps], plain[:steps], strict=True):
            for mine, theirs in zip(one, other, strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def steps(optimizer, p, count) -> None:
    for _ in range(count):
        p.grad = 2 * p.detach() + 1
        optimizer.step()


def made(value, **more):
    p = torch.nn.Parameter(torch.full((2,), value))
    return p, find("optimizer", "lookahead(k=4, alpha=.5)")([{"params": [p], "lr": 0.1, **more}])


def test_slow_weights_and_counter_are_in_the_state_dict() -> None:
    """The official state_dict drops both."""
    p, optimizer = made(3.0)
    steps(optimizer, p, 6)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    q, fresh = made(0.0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    with torch.no_grad():
        q.copy_(p)
    slow = fresh.state[q]["slow"].clone()
    assert torch.equal(slow, optimizer.state[p]["slow"])
    assert fresh.param_groups[0]["fast_steps"] == 6
    steps(fresh, q, 2)
    assert torch.equal(q, fresh.state[q]["slow"])
    assert not torch.equal(q, slow)


def test_evaluating_shows_the_slow_weights_and_goes_back() -> None:
    p, optimizer = made(3.0)
    steps(optimizer, p, 6)
    fast, slow = p.detach().clone(), optimizer.state[p]["slow"].clone()
    assert not torch.equal(fast, slow)
    optimizer.evaluating(True)
    optimizer.evaluating(True)
    assert torch.allclose(p, slow + 0.5 * (fast - slow)), "a sync at this moment is part of it"
    optimizer.evaluating(False)
    assert torch.equal(p, fast)
    assert torch.equal(optimizer.state[p]["slow"], slow)
    steps(optimizer, p, 2)
    assert torch.equal(optimizer.weights()[p], p), "after a sync, slow and fast are one"


def test_parameters_without_gradient_stay_out() -> None:
    p, idle = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = find("optimizer", "lookahead(base=adam, k=1)")([{"params": [p, idle], "lr": 0.1}])
    steps(optimizer, p, 2)
    assert idle not in optimizer.weights()
    idle.grad = torch.ones(2)
    steps(optimizer, p, 1)
    assert (idle < 1).all(), "a late one begins whole"


@pytest.mark.parametrize(("spec", "told"), [
    ("lookahead(k=0)", "k=0"), ("lookahead(alpha=1.1)", "alpha"), ("lookahead(pullback=half)", "pullback"),
    ("lookahead(base=lookahead)", "slow"), ("lookahead(base=schedulefree)", "averaged"),
    ("lookahead(base=sgdd)", "sgd"),
])  # fmt: skip
def test_refuses(walk, spec, told) -> None:
    with pytest.raises(OptionError, match=told):
        find("optimizer", spec)(walk.groups(0))


def test_pulling_back_no_momentum_is_an_error(walk) -> None:
    with pytest.raises(OptionError, match="no momentum"):
        walk.torch("lookahead(base=sgd(momentum=0, nesterov=false), pullback=reset)")

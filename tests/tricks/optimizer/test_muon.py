import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def turned(matrix, rounds=5):
    x = matrix / max(np.linalg.norm(matrix), 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


@pytest.mark.parametrize(("option", "nesterov", "rms"), [
    ("", True, True), (", nesterov=false, adjust=original", False, False),
])  # fmt: skip
def test_formula(walk, option, nesterov, rms) -> None:
    """Matrices and flattened filters by Muon, the bias by AdamW at half the rate."""

    def formula(t, w, g, rate, s):
        if w.ndim == 1:
            s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
            s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
            w = w - 0.5 * rate * 0.1 * w
            return w - 0.5 * rate * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)
        s["m"] = 0.95 * s.get("m", 0) + 0.05 * g
        way = 0.95 * s["m"] + 0.05 * g if nesterov else s["m"]
        flat = way.reshape(len(way), -1)
        rows, columns = flat.shape
        size = 0.2 * np.sqrt(max(rows, columns)) if rms else np.sqrt(max(1, rows / columns))
        tall = flat.T if rows > columns else flat
        step = turned(tall).T if rows > columns else turned(tall)
        return w - rate * 0.1 * w - rate * size * step.reshape(w.shape)

    walk.check(f"muon(ratio=.5{option})", formula, tolerance=1e-10)


@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
def test_agrees_with_torch(shape) -> None:
    """torch's own turns in bfloat16: about three digits."""
    torch.manual_seed(0)
    start, grads = torch.randn(shape), torch.randn(6, *shape)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    mine = find("optimizer", "muon")([{"params": [ours], "lr": 0.05, "weight_decay": 0.1}])
    other = torch.optim.Muon([theirs], lr=0.05, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for grad in grads:
        ours.grad, theirs.grad = grad.clone(), grad.clone()
        mine.step()
        other.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.02 * moved
    assert moved > 0.1


def test_who_is_a_matrix() -> None:
    """Heads, positions, tokens, depthwise filters and vectors are left to AdamW; equal shapes turn each alone."""
    shapes = {
        "body": [(4, 3), (4, 3), (4, 3, 3, 3), (4, 1, 3, 3), (4,), (1, 5, 4)],
        "head": [(2, 4)],
        "body plain": [(6, 4)],
    }
    groups = [{"params": [torch.nn.Parameter(torch.randn(s)) for s in each], "lr": 0.1, "name": name}
              for name, each in shapes.items()]  # fmt: skip
    optimizer = find("optimizer", "muon")(groups)
    params = [p for group in groups for p in group["params"]]
    for p in params:
        p.grad = torch.randn_like(p)
    optimizer.step()
    matrices = [tuple(p.shape) for p in params if "momentum_buffer" in optimizer.state[p]]
    assert matrices == [(4, 3), (4, 3), (4, 3, 3, 3)]
    assert not torch.equal(params[0], params[1])


@pytest.mark.parametrize("spec", ["muon(momentum=1)", "muon(rounds=0)", "muon(adjust=none)", "muon(ratio=0)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="muon"):
        find("optimizer", spec)(walk.groups(0))

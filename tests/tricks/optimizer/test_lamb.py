import numpy as np
import pytest
import timm.optim


@pytest.mark.parametrize(("decay", "always", "clip"), [(0.1, False, False), (0.0, False, False), (0.0, True, True)])
def test_formula(walk, decay, always, clip) -> None:
    b1, b2 = 0.9, 0.99
    ratios = []

    def formula(t, w, g, rate, s):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        r = (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + 1e-6) + decay * w
        ratio = np.linalg.norm(w) / np.linalg.norm(r) if decay or always else 1.0
        ratios.append(ratio)
        return w - rate * (min(ratio, 1) if clip else ratio) * r

    walk.check(f"lamb(betas=(.9,.99), always={always}, clip={clip})", formula, decay)
    assert not clip or max(ratios) > 1 > min(ratios)


def test_zero_weights_move(walk) -> None:
    """The ratio is 1 where a norm is 0: weights that begin at 0 leave it."""
    import torch

    from linne.core.lookup import find

    p = torch.nn.Parameter(torch.zeros(3))
    optimizer = find("optimizer", "lamb")([{"params": [p], "lr": 0.1, "weight_decay": 0.1}])
    p.grad = torch.ones(3)
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), -0.1, rtol=1e-5)


def test_agrees_with_timm(walk, agree) -> None:
    theirs = walk.torch(lambda groups: timm.optim.Lamb(groups, max_grad_norm=None))
    agree(walk.torch("lamb"), theirs, 1e-10)

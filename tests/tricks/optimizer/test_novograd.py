import numpy as np
import timm.optim


def test_formula(walk) -> None:
    def formula(t, w, g, rate, s):
        square = float((g**2).sum())
        s["v"] = square if t == 1 else 0.98 * s["v"] + 0.02 * square
        s["m"] = 0.95 * s.get("m", 0) + g / (np.sqrt(s["v"]) + 1e-8) + 0.1 * w
        return w - rate * s["m"]

    walk.check("novograd", formula)


def test_agrees_with_timm(walk, agree) -> None:
    """timm's follows NVIDIA's: without a bias correction it differs in nothing but where eps stands."""
    theirs = walk.torch(lambda groups: timm.optim.NvNovoGrad(groups, betas=(0.95, 0.98), eps=1e-8))
    agree(walk.torch("novograd"), theirs, 1e-6)

import numpy as np
import timm.optim


def test_formula(walk) -> None:
    def formula(t, w, g, rate, s):
        m = s.get("m", 0)
        way = np.sign(0.9 * m + 0.1 * g) + 0.1 * w
        s["m"] = 0.99 * m + 0.01 * g
        return w - rate * way

    walk.check("lion", formula)


def test_agrees_with_timm(walk, agree) -> None:
    agree(walk.torch("lion"), walk.torch(lambda groups: timm.optim.Lion(groups)), 1e-12)

import numpy as np
import pytest


@pytest.mark.parametrize(("momentum", "centred"), [(0.0, False), (0.9, False), (0.5, True)])
def test_formula(walk, momentum, centred) -> None:
    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["v"] = 0.9 * s.get("v", 0) + 0.1 * g**2
        s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
        scaled = g / (np.sqrt(s["v"] - s["m"] ** 2 * centred) + 1e-3)
        s["b"] = momentum * s.get("b", 0) + scaled
        return w - rate * s["b"]

    walk.check(f"rmsprop(alpha=.9, eps=1e-3, momentum={momentum}, centred={centred})", formula)

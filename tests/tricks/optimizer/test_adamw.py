import numpy as np


def test_formula(walk) -> None:
    b1, b2 = 0.9, 0.95

    def formula(t, w, g, rate, s):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        w = w - rate * 0.1 * w
        return w - rate * (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + 1e-6)

    walk.check("adamw(betas=(.9,.95), eps=1e-6)", formula)

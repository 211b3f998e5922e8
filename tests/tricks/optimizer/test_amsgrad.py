import numpy as np


def test_formula(walk) -> None:
    b1, b2 = 0.9, 0.6

    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        s["most"] = np.maximum(s.get("most", 0), s["v"])
        s["kept"] = s.get("kept", False) | (s["most"] > s["v"]).any()
        return w - rate * (s["m"] / (1 - b1**t)) / (np.sqrt(s["most"] / (1 - b2**t)) + 1e-8)

    walk.check("amsgrad(betas=(.9,.6))", formula)

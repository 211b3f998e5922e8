import numpy as np


def test_formula(walk) -> None:
    b1, b2, gamma, base, held = 0.9, 0.6, 0.01, walk.rates[0], []

    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        s["most"] = np.maximum(s.get("most", 0), s["v"])
        held.append((s["most"] > s["v"]).any())
        step_size = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
        final = 0.1 * rate / base
        lower, upper = final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))
        return w - np.clip(step_size / (np.sqrt(s["most"]) + 1e-8), lower, upper) * s["m"]

    walk.check("amsbound(betas=(.9,.6), gamma=.01)", formula)
    assert any(held)

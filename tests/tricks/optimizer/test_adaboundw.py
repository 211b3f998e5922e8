import numpy as np
import pytest


@pytest.mark.parametrize(("scaled", "ams"), [(True, False), (False, False), (True, True)])
def test_formula(walk, scaled, ams) -> None:
    b1, b2, gamma, base = 0.9, 0.6, 0.01, walk.rates[0]

    def formula(t, w, g, rate, s):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        s["most"] = np.maximum(s.get("most", 0), s["v"])
        step_size = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
        final = 0.1 * rate / base
        lower, upper = final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))
        eta = np.clip(step_size / (np.sqrt(s["most"] if ams else s["v"]) + 1e-8), lower, upper)
        return w - eta * s["m"] - 0.1 * w * (rate if scaled else 1)

    walk.check(f"adaboundw(betas=(.9,.6), gamma=.01, scaled={scaled}, ams={ams})", formula)

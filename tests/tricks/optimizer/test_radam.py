import numpy as np
import pytest


@pytest.mark.parametrize("decoupled", [True, False])
def test_formula(walk, decoupled) -> None:
    b1, b2 = 0.9, 0.9
    adapted = []

    def formula(t, w, g, rate, s):
        if decoupled:
            w = w - rate * 0.1 * w
        else:
            g = g + 0.1 * w
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        most = 2 / (1 - b2) - 1
        rho = most - 2 * t * b2**t / (1 - b2**t)
        mean = s["m"] / (1 - b1**t)
        adapted.append(rho > 5)
        if rho <= 5:
            return w - rate * mean
        r = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        return w - rate * r * mean * np.sqrt(1 - b2**t) / (np.sqrt(s["v"]) + 1e-8)

    walk.check(f"radam(betas=(.9,.9), decoupled={decoupled})", formula)
    assert len(set(adapted)) == 2, "both the plain and the rectified step are met"

import numpy as np
import pytest


@pytest.mark.parametrize("decoupled", [True, False])
def test_formula(walk, decoupled) -> None:
    b1, b2, psi = 0.9, 0.99, 0.01

    def mu(t):
        return b1 * (1 - 0.5 * 0.96 ** (t * psi))

    def formula(t, w, g, rate, s):
        if decoupled:
            w = w - rate * 0.1 * w
        else:
            g = g + 0.1 * w
        s["product"] = s.get("product", 1.0) * mu(t)
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        ahead = mu(t + 1) * s["m"] / (1 - s["product"] * mu(t + 1)) + (1 - mu(t)) * g / (1 - s["product"])
        return w - rate * ahead / (np.sqrt(s["v"] / (1 - b2**t)) + 1e-8)

    # torch keeps the product of all mu in float32
    walk.check(f"nadam(betas=(.9,.99), momentum_decay=.01, decoupled={decoupled})", formula, tolerance=1e-6)

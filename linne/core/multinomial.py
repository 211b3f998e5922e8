"""Softmax regression in float64: the convex fit that calibrators and stackers share."""

import numpy as np

from .predictions import log_softmax

STEPS = 2000


def multinomial(
    x: np.ndarray, labels: np.ndarray, start: np.ndarray, pull: np.ndarray, low: "np.ndarray | None" = None
) -> np.ndarray:
    """(K, d + 1) weights W, the bias last: the least mean log loss of softmax(W [x, 1]) + sum pull (W - start)^2.

    x: (n, d). labels: (n,) below K. start: where it begins and what it is pulled towards. pull: (K, d + 1), 0 for
    free, inf for entries that stay at their start. low: least values, -inf for none. L-BFGS to a gradient of 1e-9.
    """
    from scipy.optimize import minimize

    x1, n, free = np.column_stack([x, np.ones(len(x))]), len(x), np.isfinite(pull)
    hot = np.zeros((n, len(start)))
    hot[np.arange(n), labels] = 1
    begin, rate = start[free], pull[free]

    def cost(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights = start.copy()
        weights[free] = values
        logs = log_softmax(x1 @ weights.T)
        slope = (np.exp(logs) - hot).T @ x1 / n
        away = values - begin
        return -float((logs * hot).sum()) / n + float(rate @ away**2), slope[free] + 2 * rate * away

    bounds = None if low is None else [(float(one), None) for one in low[free]]
    limits = {"maxiter": STEPS, "maxfun": 2 * STEPS, "ftol": 1e-14, "gtol": 1e-9}
    found = minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
    out = start.copy()
    out[free] = found.x
    return out

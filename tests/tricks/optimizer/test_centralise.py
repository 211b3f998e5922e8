import numpy as np
import pytest


@pytest.mark.parametrize(("option", "least"), [("", 2), (", conv_only=true", 4)])
def test_formula(walk, option, least) -> None:
    def formula(t, w, g, rate, s):
        if g.ndim >= least:
            g = g - g.reshape(len(g), -1).mean(1).reshape(-1, *[1] * (g.ndim - 1))
        s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
        s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
        return w - rate * 0.1 * w - rate * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)

    walk.check(f"centralise(base=adamw{option})", formula)


def test_a_layers_mean_stays(walk) -> None:
    """Without decay, the mean of each output's weights cannot move."""
    last = walk.torch("centralise", decay=0.0)[-1]
    for start, end in zip(walk.starts, last, strict=True):
        if start.ndim > 1:
            np.testing.assert_allclose(end.reshape(len(end), -1).mean(1), start.reshape(len(start), -1).mean(1))
            assert np.abs(end - start).max() > 0.1

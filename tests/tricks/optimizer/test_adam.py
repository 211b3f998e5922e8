import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(
    ("spec", "b1", "b2", "eps"), [("adam", 0.9, 0.999, 1e-8), ("adam((.8,.9), .01)", 0.8, 0.9, 0.01)]
)
def test_formula(walk, spec, b1, b2, eps) -> None:
    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        return w - rate * (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)

    walk.check(spec, formula)


@pytest.mark.parametrize("spec", ["adam(eps=0)", "adam(betas=(1,.9))", "adam(betas=.9)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="adam"):
        find("optimizer", spec)(walk.groups(0))

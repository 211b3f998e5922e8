import numpy as np
import pytest
import timm.optim

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(("decay", "options"), [
    (0.1, {}), (0.0, {}), (0.0, {"always": True, "nesterov": True}), (0.1, {"clip": True, "coefficient": 0.02}),
])  # fmt: skip
def test_formula(walk, decay, options) -> None:
    coefficient, clipped = options.get("coefficient", 0.001), []

    def formula(t, w, g, rate, s):
        if decay or options.get("always"):
            long, slope = np.linalg.norm(w), np.linalg.norm(g)
            local = coefficient * long / (slope + decay * long)
            if options.get("clip"):
                clipped.append(local > rate)
                local = min(local / rate, 1)
            g = local * (g + decay * w)
        s["v"] = 0.9 * s.get("v", 0) + g
        return w - rate * (g + 0.9 * s["v"] if options.get("nesterov") else s["v"])

    text = ", ".join(f"{name}={value}" for name, value in options.items())
    walk.check(f"lars({text})", formula, decay)
    assert not clipped or len(set(clipped)) == 2


def test_agrees_with_timm(walk, agree) -> None:
    theirs = walk.torch(lambda groups: timm.optim.Lars(groups, momentum=0.9))
    agree(walk.torch("lars"), theirs, 1e-7)  # timm adds 1e-8 below


@pytest.mark.parametrize("spec", ["lars(momentum=0, nesterov=true)", "lars(coefficient=0)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="lars"):
        find("optimizer", spec)(walk.groups(0))

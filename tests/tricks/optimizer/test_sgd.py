import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(("spec", "momentum", "nesterov"), [
    ("sgd", 0.9, True), ("sgd(momentum=.7, nesterov=false)", 0.7, False), ("sgd(momentum=0, nesterov=false)", 0, False),
])  # fmt: skip
def test_formula(walk, spec, momentum, nesterov) -> None:
    def formula(t, w, g, rate, s):
        g = g + 0.1 * w
        s["v"] = momentum * s.get("v", 0) + g
        return w - rate * (g + momentum * s["v"] if nesterov else s["v"])

    walk.check(spec, formula)


@pytest.mark.parametrize("spec", ["sgd(momentum=0)", "sgd(momentum=1)", "sgd(-.1)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="sgd"):
        find("optimizer", spec)(walk.groups(0))

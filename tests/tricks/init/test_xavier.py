import math

import pytest
from torch import nn

from linne.core.lookup import find


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_variance(wide, distribution) -> None:
    find("init", f"xavier(distribution={distribution})")(wide)
    for name, fans in {"conv": 192 * 9, "grouped": 96 * 9, "depthwise": 18, "hidden": 500}.items():
        assert getattr(wide, name).weight.var().item() == pytest.approx(2 / fans, rel=0.03), name
        assert (getattr(wide, name).bias == 0).all()
    assert distribution == "normal" or wide.hidden.weight.abs().max() <= math.sqrt(6 / 500)


def test_gain_and_attention() -> None:
    """tanh' gain is 1 / E tanh(z)^2 = 1 / .3943; the three projections of an attention are square matrices."""
    layer = find("init", "xavier(activation=tanh)")(nn.Linear(500, 500))
    assert layer.weight.var().item() == pytest.approx(2 / 1000 / 0.3943, rel=0.02)
    attention = find("init", "xavier")(nn.MultiheadAttention(128, 4))
    assert attention.in_proj_weight.var().item() == pytest.approx(1 / 128, rel=0.03)
    assert (attention.in_proj_bias == 0).all()

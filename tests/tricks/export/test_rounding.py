"""Rounding that makes up for its own errors, beside rounding each weight by itself."""

import numpy as np
import pytest

from linne.tricks.export._rounding import Inputs, closest, rounded, span


def test_errors_are_made_up_for_where_inputs_go_together() -> None:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(4000, 1))
    given = shared + 0.1 * rng.normal(size=(4000, 24))
    weights = rng.normal(size=(1, 8, 24))
    inputs = Inputs(1, 24)
    for part in np.split(given, 4):
        inputs.add(part[None])
    spread = inputs.spread()
    assert spread is not None
    assert np.allclose(spread[0], np.cov(given.T, bias=True))
    lost = []
    for how in (None, spread):
        whole, scale = rounded(weights, how, np.zeros((1, 8)))
        assert np.abs(whole).max() <= 127
        assert np.allclose(scale, np.abs(weights).max(2) / 127)
        gap = weights[0] - whole[0] * scale[0][:, None]
        lost.append(float(((given @ gap.T) ** 2).mean()))
    assert lost[1] < lost[0] / 3


def test_without_a_spread_and_with_one_that_ties_nothing_each_weight_goes_to_the_nearest() -> None:
    weights = np.random.default_rng(1).normal(size=(2, 3, 5))
    alone, scale = rounded(weights, None, np.zeros((2, 3)))
    assert np.array_equal(alone, np.rint(weights / scale[..., None].astype(np.float64)))
    same, _ = rounded(weights, np.broadcast_to(np.eye(5), (2, 5, 5)), np.zeros((2, 3)))
    assert np.array_equal(alone, same)


def test_a_scale_is_never_smaller_than_asked() -> None:
    whole, scale = rounded(np.full((1, 1, 2), 1e-9), None, np.full((1, 1), 0.5))
    assert scale[0, 0] == 0.5
    assert not whole.any()


def test_a_range_leaves_out_what_costs_more_than_it_brings() -> None:
    values = np.append(np.random.default_rng(2).normal(size=100_000), 30.0)
    _, high = closest(values, -30.0, 30.0)
    assert high < 20
    assert closest(np.linspace(-1, 1, 1000), -1.0, 1.0)[1] == pytest.approx(1, abs=0.03)
    scale, zero = span(0.0, 6.0)
    assert (float(scale), int(zero)) == (pytest.approx(6 / 255), 0)
    assert span(1.0, 5.0)[1] == 0  # 0 is always held

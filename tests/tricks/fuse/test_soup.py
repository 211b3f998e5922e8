"""soup: greedy averaging on a bowl whose best mean is known."""

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.tricks.fuse.soup import soup


def net(*values: float) -> dict[str, np.ndarray]:
    return {"layer": np.array(values, np.float32), "count": np.array(7)}


def near_zero(weights: dict[str, np.ndarray]) -> float:
    """How near the weights are to 0: the best soup is the one whose mean is nearest."""
    return -float(np.abs(weights["layer"]).sum())


def test_who_helps_comes_in_and_who_harms_stays_out() -> None:
    best, far, other = net(1.0, 1.0), net(9.0, 9.0), net(-1.0, -2.0)
    found, inside = soup([far, best, other], near_zero)
    assert inside == (1, 2)
    np.testing.assert_array_equal(found["layer"], np.array([0.0, -0.5], np.float32))
    assert found["layer"].dtype == np.float32
    assert found["count"] == 7


def test_the_order_in_which_they_come_does_not_matter() -> None:
    nets = [net(1.0, 1.0), net(-1.5, -1.5), net(4.0, 4.0), net(-3.0, 2.0)]
    wanted = soup(nets, near_zero)[0]["layer"]
    for turn in range(1, 4):
        np.testing.assert_array_equal(soup(nets[turn:] + nets[:turn], near_zero)[0]["layer"], wanted)


def test_all_of_them_where_it_is_not_greedy() -> None:
    nets = [net(1.0, 2.0), net(3.0, 4.0), net(8.0, 0.0)]
    found, inside = soup(nets, near_zero, greedy=False)
    assert inside == (0, 1, 2)
    np.testing.assert_array_equal(found["layer"], np.array([4.0, 2.0], np.float32))


def test_the_score_of_what_comes_out_is_never_below_the_best_alone() -> None:
    draw = np.random.default_rng(0)
    for _ in range(20):
        nets = [net(*draw.normal(size=3)) for _ in range(5)]
        assert near_zero(soup(nets, near_zero)[0]) >= max(near_zero(one) for one in nets)


def test_other_networks_are_refused() -> None:
    with pytest.raises(InputError, match="one architecture"):
        soup([net(1.0, 2.0), net(1.0)], near_zero)
    with pytest.raises(InputError, match="nothing to average"):
        soup([], near_zero)

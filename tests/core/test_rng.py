import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linne.core.rng import key, rng

PARTS = st.lists(st.one_of(st.integers(), st.text(max_size=5), st.binary(max_size=5)), max_size=4)


@given(PARTS, PARTS)
def test_a_key_is_its_place(one: list, other: list) -> None:
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (key(*one) == key(*other)) == same


def test_draws_repeat_and_differ() -> None:
    np.testing.assert_array_equal(rng(0, "a").random(5), rng(0, "a").random(5))
    assert not np.array_equal(rng(0, "a").random(5), rng(1, "a").random(5))
    assert key(1) != key("1") != key(b"1")
    assert key("ab", "c") != key("a", "bc")


def test_streams_look_uniform() -> None:
    """The first draws of many neighbouring keys: mean and correlation as of independent uniform numbers."""
    first = np.array([rng(seed, "x").random(2) for seed in range(4000)])
    assert abs(first.mean() - 0.5) < 4 / np.sqrt(12 * first.size)
    assert abs(np.corrcoef(first[:-1, 0], first[1:, 0])[0, 1]) < 4 / np.sqrt(len(first))

import numpy as np
import pytest
from scipy import special

from linne.core.errors import InputError
from linne.core.predictions import Predictions, log_softmax, softmax

LOGITS = np.array([[2.0, 1, 0], [np.nan, 0, 1], [0, 3, 3], [1, 1, 1]])


def made(logits=LOGITS, labels=(0, 1, 2, -1), temperature=1.0) -> Predictions:
    n = len(logits)
    rows, names = np.arange(n) * 10, np.array([f"p{i}" for i in range(n)], dtype=object)
    return Predictions(logits, np.array(labels), rows, ("a", "b", "c"), names, np.full(n, ""), temperature)


def test_softmax_equals_scipy_and_does_not_overflow():
    logits = np.random.default_rng(0).normal(0, 500, (50, 7))
    np.testing.assert_allclose(softmax(logits), special.softmax(logits, axis=-1), atol=1e-12)
    np.testing.assert_allclose(log_softmax(logits), special.log_softmax(logits, axis=-1), atol=1e-9)


def test_temperature_divides_the_logits():
    warm = made(temperature=2.0)
    np.testing.assert_allclose(warm.probabilities[0], special.softmax(LOGITS[0] / 2))
    assert warm.guesses.tolist() == made().guesses.tolist()


def test_unreadable_pictures_have_no_guess_and_are_wrong():
    p = made()
    assert p.read.tolist() == [True, False, True, True]
    assert p.guesses.tolist() == [0, -1, 1, 0]
    assert np.isnan(p.probabilities[1]).all()
    assert p.top(2)[1] == []


def test_right_needs_a_label_and_a_guess():
    assert made().right.tolist() == [True, False, False, False]
    assert not made(labels=(-1, -1, -1, -1)).right.any()


def test_top_is_in_order_and_ties_go_to_the_earlier_class():
    p = made()
    names, chances = zip(*p.top(3)[0], strict=True)
    assert names == ("a", "b", "c")
    assert chances == pytest.approx(special.softmax(LOGITS[0]))
    assert [name for name, _ in p.top(2)[2]] == ["b", "c"]
    assert len(p.top(9)[0]) == 3


def test_take_keeps_rows_names_and_temperature():
    p = made(temperature=2.0).take([2, 0])
    assert p.rows.tolist() == [20, 0]
    assert p.names.tolist() == ["p2", "p0"]
    assert p.labels.tolist() == [2, 0]
    assert p.temperature == 2.0


def test_logits_of_another_width_are_an_error():
    with pytest.raises(InputError, match=r"\(4, 2\); expected \(n, 3\)"):
        made(logits=LOGITS[:, :2])

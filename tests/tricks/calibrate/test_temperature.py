import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from linne.core.errors import InputError, OptionError
from linne.core.predictions import Predictions, log_softmax, softmax
from linne.core.rng import rng
from linne.tricks.calibrate.temperature import temperature


def predictions(logits, labels):
    n, k = logits.shape
    names = np.full(n, "", dtype=object)
    return Predictions(logits, labels, np.arange(n), tuple(map(str, range(k))), names, names)


def drawn(n, k, scale, seed):
    """Logits and labels drawn from their softmax; the logits are then multiplied by `scale`."""
    draw = rng(seed)
    logits = draw.normal(size=(n, k)) * 2
    labels = (softmax(logits).cumsum(1) < draw.random((n, 1))).sum(1)
    return predictions(logits * scale, labels)


@pytest.mark.parametrize(("scale", "k"), [(0.2, 3), (1.0, 10), (4.0, 2), (15.0, 10)])
def test_the_minimum_agrees_with_scipy(scale, k):
    one = drawn(400, k, scale, 1)
    rows = np.arange(400)
    loss = lambda u: -log_softmax(one.logits / np.exp(u))[rows, one.labels].sum()  # noqa: E731
    plain = minimize_scalar(loss, bounds=np.log([0.05, 20]), method="bounded", options={"xatol": 1e-9}).x
    prior = minimize_scalar(
        lambda u: loss(u) + 2 * u**2, bounds=np.log([0.05, 20]), method="bounded", options={"xatol": 1e-9}
    ).x
    assert np.log(temperature(one, spread=np.inf)) == pytest.approx(plain, abs=1e-5)
    assert np.log(temperature(one)) == pytest.approx(prior, abs=1e-5)


def test_a_planted_temperature_is_found():
    assert temperature(drawn(20_000, 5, 3.0, 2)) == pytest.approx(3.0, rel=0.05)


def test_perfect_separation_stays_within_bounds_and_a_prior_keeps_it_modest():
    one = predictions(np.eye(3)[[0, 1, 2]] * 5, np.array([0, 1, 2]))
    assert temperature(one, spread=np.inf) == pytest.approx(0.05, rel=1e-4)
    assert 0.3 < temperature(one) < 1
    wrong = predictions(np.eye(3)[[0, 1, 2]] * 5, np.array([1, 2, 0]))
    assert temperature(wrong, spread=np.inf) == pytest.approx(20, rel=1e-4)


def test_it_can_be_called_on_logits():
    heat = temperature(drawn(300, 4, 2.0, 3))
    logits = rng(4).normal(size=(5, 4))
    assert np.allclose(heat(logits), softmax(logits / float(heat)))


def test_pictures_without_label_or_unread_are_left_out():
    one = drawn(300, 4, 2.0, 5)
    logits, labels = one.logits.copy(), one.labels.copy()
    logits[:50], labels[50:100] = np.nan, -1
    assert temperature(predictions(logits, labels)) == pytest.approx(temperature(one.take(np.arange(100, 300))))


def test_what_cannot_be_fitted_says_so():
    with pytest.raises(InputError, match="needs pictures with labels"):
        temperature(predictions(np.zeros((2, 2)), np.array([-1, -1])))
    for options in ({"least": 0.0}, {"least": 3.0, "most": 2.0}, {"spread": 0.0}):
        with pytest.raises(OptionError, match="spread > 0"):
            temperature(drawn(10, 2, 1.0, 6), **options)

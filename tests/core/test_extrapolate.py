import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.extrapolate import FORMS, carried, carry, noise

SIZES = np.array([300, 414, 571, 788, 1087, 1500])
FAR = np.array([1500.0, 3000.0, 6000.0])


@pytest.mark.parametrize(
    ("form", "curve"),
    [
        ("power", lambda n: 0.08 + 2.0 * n**-0.5),
        ("power", lambda n: 3.0 * n**-0.4),
        ("exponential", lambda n: 0.1 + 0.3 * np.exp(-n / 900)),
        ("logarithm", lambda n: 0.6 - 0.05 * np.log(n)),
    ],
)
def test_a_curve_of_a_form_is_found_again(form, curve):
    """Within a tenth of a point: exponents and scales are searched on a grid."""
    found = carried(SIZES, curve(SIZES)[None], FAR, SIZES)[FORMS.index(form), 0]
    assert found == pytest.approx(curve(FAR), abs=1e-3)


def test_least_squares_is_scipys():
    """The best power law of noisy points, against scipy's bounded search from the same start."""
    from scipy.optimize import curve_fit

    errors = 0.1 + 2.5 * SIZES**-0.5 + np.random.default_rng(0).normal(0, 0.002, 6)

    def law(n, a, b, c):
        return a + b * n**-c

    best, _ = curve_fit(law, SIZES, errors, (0.1, 2, 0.5), 1 / np.sqrt(SIZES), bounds=([0, 0, 0.05], [1, 50, 2]))
    assert carried(SIZES, errors[None], FAR, SIZES)[0, 0] == pytest.approx(law(FAR, *best), abs=1e-3)


def test_no_form_rises_or_leaves_0_to_1():
    rising = np.linspace(0.1, 0.3, 6)[None]
    found = carried(SIZES, rising, FAR, SIZES)
    assert (np.diff(found, axis=2) <= 1e-12).all()
    steep = carried(SIZES, np.linspace(0.4, 0.01, 6)[None], np.array([1e6]), SIZES)
    assert ((steep >= 0) & (steep <= 1)).all()


def draws(seed: int, n: int = 1500, repeats: int = 3) -> np.ndarray:
    """(R, S, n) who is wrong: each picture has a difficulty, and a power law says how many are too difficult."""
    draw = np.random.default_rng(seed)
    hard = draw.random(n)
    law = 0.08 + 2.0 * SIZES**-0.5
    return (hard < law[:, None] + draw.normal(0, 0.03, (repeats, len(SIZES), n))).astype(float)


def test_bands_hold_a_power_law():
    """Nine of ten at least, of 60 simulated curves, at twice the pictures; and a band says something."""
    truth = 1 - (0.08 + 2.0 * 3000**-0.5)
    found = [carry(SIZES, draws(k), np.arange(1500), FAR, np.random.default_rng(k), 300) for k in range(60)]
    held = np.mean([one.low[1] <= truth <= one.high[1] for one in found])
    gained = 2.0 * (1500**-0.5 - 3000**-0.5)
    earned = np.mean([one.gain_low[1] <= gained <= one.gain_high[1] for one in found])
    assert held >= 0.85
    assert earned >= 0.85
    assert np.mean([one.high[1] - one.low[1] for one in found]) < 0.07
    assert np.mean([one.gain_high[1] - one.gain_low[1] for one in found]) < 0.04


def test_farther_is_less_sure_and_groups_too():
    wrong = draws(0)
    alone = carry(SIZES, wrong, np.arange(1500), FAR, np.random.default_rng(0))
    copies = carry(
        SIZES, np.repeat(wrong[:, :, ::10], 10, axis=2), np.repeat(np.arange(150), 10), FAR, np.random.default_rng(0)
    )
    width = alone.gain_high - alone.gain_low
    assert width[0] == 0 < width[1] < width[2]
    assert alone.gain[0] == 0
    assert (copies.high - copies.low)[0] > 2 * (alone.high - alone.low)[0]
    assert alone.measured == pytest.approx(1 - wrong.mean((0, 2)))
    assert (alone.measured_low < alone.measured).all()
    assert alone.forms.sum() == pytest.approx(1)


def test_noise_falls_with_the_size_and_needs_repeats():
    wrong = np.random.default_rng(0).random((200, 6, 1)) < 0.5
    assert noise(SIZES, wrong[:1]) == pytest.approx(0)
    found = noise(SIZES, wrong.astype(float))
    assert found * np.sqrt(SIZES) == pytest.approx(found[0] * np.sqrt(SIZES[0]))


def test_too_few_sizes():
    with pytest.raises(InputError, match="3 sizes"):
        carry(SIZES[:3], np.zeros((2, 3, 5)), np.arange(5), FAR, np.random.default_rng(0))

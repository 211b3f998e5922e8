"""Thresholds and probabilities against order statistics, simulated strangers and a grid search."""

import numpy as np
import pytest

from linne.core.correlation import design_effect
from linne.core.errors import OptionError
from linne.core.intervals import quantile, score
from linne.engine import held, pairs
from linne.engine.attempts import Attempts, attempts
from linne.engine.held import Held, directions
from linne.engine.log import Log
from linne.engine.nearest import Nearest
from linne.engine.threshold import Sure, logistic, named, needed, percent, sure, threshold, within
from tests.engine.test_nearest import columns


def tried(other: np.ndarray, identity: "np.ndarray | None" = None, own: "np.ndarray | None" = None) -> Attempts:
    n = len(other)
    identity = np.arange(n) if identity is None else identity
    own = np.full(n, np.nan) if own is None else own
    return Attempts(np.arange(n), identity, own, other, np.zeros(n, np.int64))


def test_single_pictures_by_order_statistics() -> None:
    """1,000 identities of one picture, at 5 %: half as many independent strangers; (hits + 2) / n <= the rate."""
    other = np.random.default_rng(0).permutation(np.linspace(-1, 1, 1000))
    found = threshold(tried(other), 0.05)
    asked = 1 - 0.95 ** (999 / 1000)
    hits = int(1000 * asked - 2)
    assert hits == 47
    assert found.value == np.sort(other)[::-1][hits]
    assert found.worth == 500
    low, high = score(hits / 1000, 500, quantile(0.95))
    power = 1000 / 999
    expected = [1 - (1 - end) ** power for end in (hits / 1000, low, high)]
    np.testing.assert_allclose([found.far.value, found.far.low, found.far.high], expected, atol=1e-12)
    assert found.asked == 0.05
    assert "strangers are named 4.7 %" in found.text()


def test_a_rate_that_cannot_be_promised() -> None:
    other = np.linspace(0, 0.5, 60)
    found = threshold(tried(other))
    assert found.value == 0.5, "above all that were seen"
    assert np.isnan(found.asked)
    assert found.far.value == found.far.low == 0
    assert found.far.high == pytest.approx(1 - (1 - score(0, 30, quantile(0.95))[1]) ** (60 / 59))
    assert "too few for a false-accept rate of 1 %, which takes 100" in found.text()
    with pytest.raises(OptionError, match=r"worth 30 independent ones, and 100 are needed\. Give --far 0\.034 or more"):
        threshold(tried(other), 0.01)
    assert np.isfinite(threshold(tried(other), 0.04).asked)
    assert (needed(0.01), needed(0.001), needed(0.03)) == (100, 1000, 34)
    for rare in (5e-324, 1e-17):
        with pytest.raises(OptionError, match=r"rarer than any number of strangers can show\. Give 1e-12 or more"):
            within(rare)
    assert (percent(0.01), percent(0.0005), percent(0.25)) == ("1 %", "0.05 %", "25 %")


def test_pictures_of_one_identity_are_no_independent_strangers() -> None:
    """Identities that are accepted as a whole or not at all: the interval is that of identities."""
    draw = np.random.default_rng(1)
    level = np.repeat(draw.uniform(0, 1, 200), 10)
    identity = np.repeat(np.arange(200), 10)
    found = threshold(tried(level + 1e-6 * draw.uniform(size=2000), identity), 0.1)
    accepted = level > found.value
    effect = design_effect(np.bincount(identity, accepted), np.bincount(identity))
    assert effect > 5
    alone = threshold(tried(draw.uniform(0, 1, 2000), identity), 0.1)
    assert found.far.high - found.far.low > 1.8 * (alone.far.high - alone.far.low)
    low, high = score(found.far.value, 2000 / (2 * effect), quantile(0.95))
    assert found.far.low == pytest.approx(low, rel=0.02)
    assert found.far.high == pytest.approx(high, rel=0.02)
    assert found.worth < alone.worth / 3
    assert found.far.value < 0.1


def test_nobody_else_is_no_threshold() -> None:
    found = threshold(tried(np.full(3, -np.inf), np.zeros(3, np.int64)))
    assert np.isnan(found.value)
    assert "fewer than two identities" in found.text()
    assert np.isnan(pairs.threshold(pairs.Pairs(np.ones(2), np.zeros(2), np.zeros(2))).value)


def simulated(seed: int, identities: int, each: int, noise: float, width: int = 24) -> Held:
    draw = np.random.default_rng(seed)
    whose = np.repeat(np.arange(identities), each)
    features = draw.normal(size=(identities, width))[whose] + noise * draw.normal(size=(len(whose), width))
    return held.add(Held(), [str(k) for k in whose], features.astype(np.float32), columns(len(whose), draw))


@pytest.mark.parametrize(("identities", "each", "noise", "far"), [(80, 1, 0.5, 0.1), (60, 4, 0.7, 0.05)])
def test_the_promised_rate_is_that_of_strangers(identities: int, each: int, noise: float, far: float) -> None:
    """25 galleries: the true rate, of 800 strangers of the same kind, lies in the interval, and is not above it."""
    held_in, rates = 0, []
    for seed in range(25):
        gallery = simulated(seed, identities, each, noise)
        nearest = Nearest(gallery)
        found = threshold(attempts(gallery, nearest, Log(quiet=True)), far)
        draw = np.random.default_rng([seed, 1])
        strangers = draw.normal(size=(800, 24)) + noise * draw.normal(size=(800, 24))
        means = nearest.templates(np.arange(identities))
        true = float(((directions(strangers) @ means.T).max(1) > found.value).mean())
        rates.append(true)
        held_in += found.far.low <= true <= found.far.high
    assert held_in >= 21
    assert np.mean(rates) < 1.15 * far


def test_the_probability_is_the_share_that_is_right() -> None:
    """Known ones and strangers in equal parts: of those told 70 to 90 %, about so many are right."""
    gallery = simulated(3, 150, 5, 1.0)
    nearest = Nearest(gallery)
    likely = sure(attempts(gallery, nearest, Log(quiet=True)))
    draw = np.random.default_rng(9)
    centres = np.random.default_rng(3).normal(size=(150, 24))
    known = centres[np.arange(3000) % 150] + draw.normal(size=(3000, 24))
    strange = draw.normal(size=(3000, 24)) + draw.normal(size=(3000, 24))
    owner, similarity = nearest.search(directions(np.concatenate([known, strange])), 1)
    right = np.concatenate(
        [np.array(gallery.names)[owner[:3000, 0]] == (np.arange(3000) % 150).astype(str), [False] * 3000]
    )
    chance = likely(similarity[:, 0])
    assert (np.diff(likely(np.linspace(-1, 1, 50))) > 0).all()
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        some = (chance >= low) & (chance < high)
        assert some.sum() > 100
        assert abs(chance[some].mean() - right[some].mean()) < 0.08


def test_the_curve_has_the_least_log_loss() -> None:
    draw = np.random.default_rng(0)
    similarity = draw.normal(size=400)
    hit = draw.random(400) < 1 / (1 + np.exp(-(2 * similarity - 1)))
    side, group = np.zeros(400, int), np.arange(400)
    side[::2] = 1
    found = logistic(similarity, hit, side, group)
    target = np.where(hit, (hit.sum() + 1) / (hit.sum() + 2), 1 / ((~hit).sum() + 2))

    def loss(slope: float, shift: float) -> float:
        odds = slope * similarity + shift
        return float((np.logaddexp(0, odds) - target * odds).sum())

    best = loss(found.slope, found.shift)
    for slope in (-0.02, 0, 0.02):
        for shift in (-0.02, 0, 0.02):
            assert loss(found.slope + slope, found.shift + shift) >= best - 1e-9
    falling = logistic(-similarity, hit, side, group)
    assert falling.slope == 0
    assert float(falling(np.array([0.3]))[0]) == pytest.approx(target.mean())
    assert np.isnan(Sure(1.0, 0.0, 0)(np.array([0.5]))).all()


def test_figures_of_known_ones() -> None:
    own = np.array([0.9, 0.8, 0.2, np.nan, 0.7])
    first, above = named(tried(np.full(5, 0.5), own=own), 0.75)
    assert (first.value, first.n) == (0.75, 4)
    assert above.value == 0.5


def test_pairs_by_all_pairs() -> None:
    gallery = simulated(5, 30, 3, 0.6)
    met = pairs.pairs(gallery)
    assert len(met.similarity) == 90 * 89 // 2
    assert (~met.different).sum() == 30 * 3
    points = directions(gallery.rows.take(np.arange(90)))
    alike, apart = points @ points.T, gallery.identity[:, None] != gallery.identity
    every = np.sort(alike[apart])[::-1][::2]
    np.testing.assert_allclose(np.sort(met.similarity[met.different])[::-1], every, atol=1e-12)
    found = pairs.threshold(met, 0.05)
    assert (every > found.value).mean() == pytest.approx(found.far.value)
    assert found.far.low < found.far.value <= 0.05 < found.far.high
    assert found.worth <= 30 * 29 / 2
    assert pairs.sure(met)(np.array([0.9]))[0] > 0.9
    with pytest.raises(OptionError, match="cannot be promised"):
        pairs.threshold(met, 1e-5)


def test_pairs_of_large_galleries_are_of_whole_identities() -> None:
    gallery = simulated(6, 200, 10, 0.5)
    met = pairs.pairs(gallery)
    many = 1024 * 1023 // 2
    assert len(met.similarity) == many
    assert (~met.different).sum() >= 1024 // 8 * 28

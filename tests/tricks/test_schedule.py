"""Schedules against their closed forms and torch's own, and where they are defined to go wrong elsewhere."""

import math

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find, names, offer

PLACES = np.linspace(0, 1, 41)


def at(spec, progress):
    return offer(find("schedule", spec), progress=float(progress), history=[], step=0, steps=1, epochs=1)


def curve(spec):
    return np.array([at(spec, place) for place in PLACES])


def theirs(build, steps, metric=None):
    """torch's own multiple of the rate in each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = build(optimizer)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_constant() -> None:
    assert (curve("constant") == 1).all()


def test_linear() -> None:
    np.testing.assert_allclose(curve("linear"), 1 - PLACES)
    np.testing.assert_allclose(curve("linear(end=.2)"), 1 - 0.8 * PLACES)


def test_cosine() -> None:
    np.testing.assert_allclose(curve("cosine"), np.cos(np.pi * PLACES / 2) ** 2, atol=1e-15)
    right = theirs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.1), 20)
    np.testing.assert_allclose([at("cosine(end=.1)", step / 20) for step in range(20)], right, atol=1e-12)


def test_step() -> None:
    right = theirs(lambda o: torch.optim.lr_scheduler.StepLR(o, 30), 90)
    np.testing.assert_allclose([at("step", step / 90) for step in range(90)], right)
    fifths = [at("step(every=.2, factor=.5)", step / 5) for step in range(5)]
    assert fifths == [1, 0.5, 0.25, 0.125, 0.0625], "0.6 / 0.2 is 2.9999999999999996"


def test_multistep() -> None:
    right = theirs(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [60, 120, 160], 0.2), 200)
    mine = [at("multistep(at=(.3,.6,.8), factor=.2)", step / 200) for step in range(200)]
    np.testing.assert_allclose(mine, right)


def restarted(epoch, first, multiple, steps_an_epoch=1, epochs=400, end=0.0):
    options = f"restarts(first={first}, multiple={multiple}, end={end})"
    step = round(epoch * steps_an_epoch)
    return offer(find("schedule", options), step=step, steps=epochs * steps_an_epoch, epochs=epochs)


@pytest.mark.parametrize(("first", "multiple"), [(10, 1), (7, 2), (2, 3)])
def test_restarts(first, multiple) -> None:
    def build(o):
        return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, first, multiple, eta_min=0.05)

    mine = [restarted(epoch, first, multiple, end=0.05) for epoch in range(100)]
    np.testing.assert_allclose(mine, theirs(build, 100), atol=1e-12)


@pytest.mark.parametrize("multiple", [2, 3, 5, 10])
@pytest.mark.parametrize("steps_an_epoch", [1, 7, 391])
def test_restarts_are_exact(multiple, steps_an_epoch) -> None:
    """Every cycle begins at the peak: 121 = 1 + 3 + 9 + 27 + 81, where torch's logarithm gives the lowest rate."""
    assert math.log(243, 3) < 5
    begins = [(multiple**n - 1) // (multiple - 1) for n in range(9)]
    for begin in (b for b in begins if b < 400):
        assert restarted(begin, 1, multiple, steps_an_epoch) == 1.0
        if begin and steps_an_epoch > 1:
            assert restarted(begin - 1 / steps_an_epoch, 1, multiple, steps_an_epoch) <= 0.5


def test_one_cycle() -> None:
    steps, up = 101, 0.3

    def build(o):
        return torch.optim.lr_scheduler.OneCycleLR(o, 1.0, steps, pct_start=up, cycle_momentum=False)

    turn = (up * steps - 1) / (steps - 1)  # torch's peak stands one step before the share
    mine = [at(f"one_cycle(up={turn})", step / (steps - 1)) for step in range(steps)]
    np.testing.assert_allclose(mine, theirs(build, steps)[:steps], atol=1e-9)
    assert at("one_cycle", 0) == pytest.approx(1 / 25)
    assert at("one_cycle", 0.3) == 1
    assert at("one_cycle", 1) == pytest.approx(1 / 25e4)


def test_flat_cosine() -> None:
    got = curve("flat_cosine(flat=.75)")
    assert (got[PLACES <= 0.75] == 1).all()
    tail = PLACES[PLACES > 0.75]
    np.testing.assert_allclose(got[PLACES > 0.75], np.cos(np.pi * (tail - 0.75) / 0.5) ** 2, atol=1e-12)


@pytest.mark.parametrize(("patience", "cooldown", "end"), [(2, 0, 0.0), (1, 3, 0.0), (0, 0, 0.05), (3, 1, 0.02)])
def test_plateau(patience, cooldown, end) -> None:
    """The same rates as torch's scheduler that is told the same figures, one after another."""
    figures = np.random.default_rng(patience).normal(0.5, 0.05, 60).cumsum() ** 0.25
    figures[20:30] = figures[19]
    figures[40] = math.nan
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, "max", 0.3, patience, threshold=0.01, threshold_mode="abs", cooldown=cooldown, min_lr=end
    )
    text = f"plateau(factor=.3, patience={patience}, threshold=.01, cooldown={cooldown}, end={end})"
    schedule, seen = find("schedule", text), set()
    for count, figure in enumerate(figures, 1):
        scheduler.step(float(figure))
        got = offer(schedule, history=figures[:count].tolist(), progress=0.5)
        assert got == pytest.approx(optimizer.param_groups[0]["lr"])
        seen.add(round(got, 12))
    assert len(seen) > 2
    assert offer(schedule, history=[]) == 1


def test_polynomial() -> None:
    right = theirs(lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 20, 0.9), 20)
    np.testing.assert_allclose([at("polynomial(power=.9)", step / 20) for step in range(20)], right, atol=1e-12)
    np.testing.assert_allclose(curve("polynomial(end=.1)"), 0.1 + 0.9 * (1 - PLACES) ** 2)


def test_exponential() -> None:
    right = theirs(lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.01 ** (1 / 20)), 20)
    np.testing.assert_allclose([at("exponential", step / 20) for step in range(20)], right)


@pytest.mark.parametrize("name", [name for name in names("schedule") if name != "restarts"])
def test_every_one_lies_between_nothing_and_the_peak(name) -> None:
    got = curve(name)
    assert (got >= 0).all()
    assert (got <= 1).all()
    assert got.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("spec", [
    "linear(end=1)", "cosine(end=-1)", "step(every=30)", "step(factor=1)", "multistep(at=(.6,.3))", "multistep(at=())",
    "multistep(at=(60,120))", "restarts(first=0)", "restarts(multiple=1.5)", "one_cycle(up=1)", "flat_cosine(flat=0)",
    "plateau(patience=1.5)", "plateau(factor=2)", "polynomial(power=0)", "exponential(end=0)",
])  # fmt: skip
def test_refuses(spec) -> None:
    with pytest.raises(OptionError, match=spec.partition("(")[0]):
        offer(find("schedule", spec), progress=0.5, history=[], step=1, steps=2, epochs=1)

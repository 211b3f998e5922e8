"""shortcuts: planted ones are found and named, chance is not, and shuffled labels catch a procedure that leaks."""

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.predictions import Predictions
from linne.core.rng import rng
from linne.tricks.check import _linear
from linne.tricks.check._rows import some
from linne.tricks.check.shortcuts import shortcuts


def of(n: int, classes: int = 4, seed: int = 0, **rest) -> Images:
    labels = np.random.default_rng([seed, 5]).integers(0, classes, n)
    return Images.of([b""] * n, [f"c{label}" for label in labels], **rest)


def kinds(images, facts, predictions=None, **options):
    return {one.kind: one for one in shortcuts(images, facts, predictions, rng(0), **options)}


def test_ridge_against_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    draw = np.random.default_rng(0)
    x, labels = draw.normal(2, 3, (90, 7)), draw.integers(0, 3, 90)
    fold = _linear.folds(labels, np.arange(90), rng(0))
    found = _linear.scores(x, labels, fold, 3, 2.5)
    for one in range(_linear.FOLDS):
        model = Ridge(2.5).fit(x[fold != one], np.eye(3)[labels[fold != one]])
        assert found[fold == one] == pytest.approx(model.predict(x[fold == one]), abs=1e-4)


def test_bins_are_quantiles_and_not_a_number_has_its_own() -> None:
    values = np.append(np.random.default_rng(0).random(800), [np.nan] * 8)
    assert sorted(_linear.bins(values, 8).sum(0)) == [8] + [100] * 8
    assert _linear.bins(np.full(9, 3.0)).shape == (9, 0)
    assert _linear.one_hot(np.array(["b", "a", "b"])).tolist() == [[0, 1], [1, 0], [0, 1]]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_found_in_chance(made, seed: int) -> None:
    draw = np.random.default_rng(seed)
    facts = made(300, seed, width=draw.integers(200, 900, 300), quality=draw.choice([80, 90, 95], 300))
    found = kinds(of(300, seed=seed), facts)
    assert set(found) == {"shortcut baselines"}
    assert found["shortcut baselines"].severity == "low"


def test_one_class_saved_at_another_quality(made) -> None:
    images = of(300)
    quality = np.where(images.labels == 2, 70.0, 90.0)
    found = kinds(images, made(300, quality=quality))["metadata shortcut"]
    assert found.severity == "high"
    assert found.details["classes"] == ["c2"]
    assert next(iter(found.details["by"])) == "JPEG quality"
    assert set(found.rows) == set(np.flatnonzero(images.labels == 2))


def test_half_a_class_is_enough(made) -> None:
    images = of(400)
    half = (images.labels == 1) & (np.arange(400) % 5 > 1)
    found = kinds(images, made(400, camera=np.where(half, b"X", b"")))["metadata shortcut"]
    assert (found.severity, found.details["classes"]) == ("high", ["c1"])
    assert next(iter(found.details["by"])) == "camera"


def test_what_depends_on_content_is_never_severe(made) -> None:
    images = of(300)
    found = kinds(images, made(300, bytes=20_000 + 5_000 * images.labels))
    assert found["metadata shortcut"].severity == "medium"


def test_half_of_what_the_classifier_gains_is_severe(made) -> None:
    """Every class leans to a quality, none is told for certain, but together they rival a weak classifier."""
    images = of(1000)
    draw = np.random.default_rng(0)
    quality = np.where(draw.random(1000) < 0.6, images.labels, draw.integers(0, 4, 1000))
    facts = made(1000, quality=80.0 + quality)
    right = draw.random(1000) < 0.75
    guess = np.where(right, images.labels, (images.labels + 1) % 4)
    known = Predictions(np.eye(4)[guess], images.labels, np.arange(1000), images.classes, images.names, images.group)
    found = kinds(images, facts, known, medium=0.99)
    assert found["metadata shortcut"].severity == "high"
    table = {one["model"]: one["value"] for one in found["shortcut baselines"].details["table"]}
    assert table["classifier"] == pytest.approx(right.mean())
    assert table["metadata"] > table["largest class"] + (table["classifier"] - table["largest class"]) / 2


def test_time_and_border_and_thumbnail(made) -> None:
    images = of(400)
    taken = 1.6e9 + 3600 * images.labels + np.arange(400)
    border = np.full((400, 3), 0.5)
    border[images.labels == 3] = 0.9
    facts = made(400, taken=taken, border=border)
    facts.small[images.labels == 0] //= 4
    found = kinds(images, facts)
    assert {kind: found[kind].severity for kind in found} == {
        "time shortcut": "medium",
        "border shortcut": "medium",
        "thumbnail shortcut": "low",
        "shortcut baselines": "low",
    }
    assert found["border shortcut"].details["classes"] == ["c3"]
    assert found["thumbnail shortcut"].details["classes"] == ["c0"]


def test_a_procedure_that_sees_its_answers_is_caught(made, monkeypatch) -> None:
    def cheat(x, labels, fold, classes, strength):
        return np.eye(classes)[labels] + 0.1 * np.random.default_rng(0).normal(size=(len(labels), classes))

    monkeypatch.setattr("linne.tricks.check.shortcuts.scores", cheat)
    found = kinds(of(300), made(300))
    assert found["leak in the procedure"].severity == "high"


def test_test_pictures_are_not_looked_at(made) -> None:
    split = np.array(["train"] * 150 + ["test"] * 150, dtype=object)
    images = of(300, split=split)
    quality = np.where((images.labels == 2) & (split == "test"), 70.0, 90.0)
    found = kinds(images, made(300, quality=quality))
    assert set(found) == {"shortcut baselines"}
    assert found["shortcut baselines"].details["table"][0]["n"] == 150


def test_too_little_to_say(made) -> None:
    assert kinds(of(30), made(30)) == {}
    assert kinds(Images.of([b""] * 100, ["a"] * 100), made(100)) == {}


def test_large_sets_are_drawn_by_whole_groups(made) -> None:
    group = np.array([f"g{row // 3}" for row in range(900)], dtype=object)
    images = of(900, group=group)
    found = kinds(images, made(900), most=300)["shortcut baselines"]
    assert found.details["table"][0]["n"] == 300
    drawn = some(np.arange(900), np.arange(900) // 3, 300, rng(0))
    assert (np.bincount(drawn // 3, minlength=300) % 3 == 0).all()
    assert (np.diff(drawn) > 0).all()
    assert len(some(np.arange(900), np.zeros(900, int), 300, rng(0))) == 300

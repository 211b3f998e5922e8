"""leakage: copies planted across splits are counted, and what they are worth is what a plain count gives."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.facts import Facts
from linne.core.images import Images
from linne.core.intervals import wilson
from linne.core.measure import measure
from linne.core.predictions import Predictions
from linne.core.rng import rng
from linne.core.twins import groups_of
from linne.tricks.check.leakage import leakage, worth
from linne.tricks.plant.duplicates import duplicates as plant


def scenes(count: int) -> list[bytes]:
    draw = np.random.default_rng(0)
    out = []
    for _ in range(count):
        total = np.zeros((150, 150, 3))
        for cells in (3, 9, 30, 90):
            coarse = draw.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
            total += np.asarray(Image.fromarray(coarse).resize((150, 150), Image.Resampling.BICUBIC))
        file = BytesIO()
        Image.fromarray((total / 4).astype(np.uint8)).save(file, "PNG", compress_level=1)
        out.append(file.getvalue())
    return out


def looked(images: Images) -> Facts:
    looks = [measure(str(name), decode(item), item) for name, item in zip(images.names, images.items, strict=True)]
    return Facts(*(np.stack([look[k] for look in looks]) for k in range(3)))


@pytest.fixture(scope="module")
def leaky() -> tuple[Images, Facts]:
    """40 pictures, 20 to train, 8 to validate, 12 to test; 8 of train copied into test, 2 of them into validation."""
    split = ["train"] * 20 + ["validation"] * 8 + ["test"] * 12
    images = Images.of(scenes(40), [k % 2 for k in range(40)], split=split)
    images = plant(images, rng(0), edit="jpeg", share=0.4, across="train,test")
    images = plant(images, rng(0), edit="half", share=0.1, across="train,validation")
    return images, looked(images)


def test_planted_leaks_are_found_on_both_judging_sides(leaky: tuple[Images, Facts]) -> None:
    test, validation = leakage(*leaky)
    assert (test.kind, test.severity, sorted(test.rows)) == ("leak between splits", "high", list(range(40, 48)))
    assert (validation.kind, validation.severity, list(validation.rows)) == ("leak between splits", "medium", [48, 49])
    assert "8 of 20" in test.why
    assert "40.0 %" in test.why
    assert test.details["against"] == {"train": 8, "validation": 2}
    assert all(group[0] >= 40 for group in test.details["groups"])
    names = list(leaky[0].names)
    sources = {row: names.index(leaky[0].columns["copy_of"][row]) for row in range(40, 48)}
    assert {group[0]: group[1] for group in test.details["groups"]} == sources
    numbers = groups_of([test], 50)
    assert all(numbers[row] == numbers[source] for row, source in sources.items())


def predicted(images: Images, right: np.ndarray, rows: np.ndarray) -> Predictions:
    logits = np.zeros((len(rows), 2))
    logits[np.arange(len(rows)), np.where(right, images.labels[rows], 1 - images.labels[rows])] = 3
    return Predictions(logits, images.labels[rows], rows, images.classes, images.names[rows], images.group[rows])


def test_what_the_leak_was_worth_is_said_with_its_interval(leaky: tuple[Images, Facts]) -> None:
    rows = np.concatenate([np.arange(28, 48), np.arange(5)])
    right = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, *[1] * 8, *[0] * 5], dtype=bool)
    images, facts = leaky
    (found, _) = leakage(images, facts, predictions=predicted(images, right, rows))
    points = found.details["points"]
    assert points["value"] == pytest.approx(15 / 20 - 7 / 12)
    assert points["low"] < points["value"] < points["high"]
    assert found.details["accuracy_with"]["value"] == pytest.approx(15 / 20)
    assert found.details["accuracy_without"]["value"] == pytest.approx(7 / 12)
    assert "leakage was worth 16.7 points [" in found.why


def test_predictions_of_other_rows_say_nothing(leaky: tuple[Images, Facts]) -> None:
    images, facts = leaky
    found = leakage(images, facts, predictions=predicted(images, np.ones(28, bool), np.arange(28)))
    assert "points" not in found[0].details
    assert "Accuracy" not in found[0].why


def test_no_splits_and_clean_splits_raise_no_alarm(leaky: tuple[Images, Facts], made: Callable[..., Facts]) -> None:
    images, facts = leaky
    rows = np.arange(40)
    assert leakage(images.take(rows), facts.take(rows)) == []
    bare = Images.of(list(images.items), images.labels)
    assert leakage(bare, facts) == []
    assert leakage(Images.of([]), made(0)) == []


def test_the_gap_of_two_proportions_is_newcombes_example() -> None:
    """Newcombe (1998), table II, method 10: 56/70 against 48/80 gives 0.2 [0.0524, 0.3339]; here half of all leaked."""
    right = np.array([1] * 56 + [0] * 14 + [1] * 48 + [0] * 32, dtype=bool)
    leaked = np.arange(150) < 70
    found = worth(right, leaked)
    share = 70 / 150
    assert found.value == pytest.approx(right.mean() - right[70:].mean())
    assert found.low == pytest.approx(share * 0.0524, abs=5e-5)
    assert found.high == pytest.approx(share * 0.3339, abs=5e-5)


def test_groups_widen_it_and_one_side_alone_has_no_gap() -> None:
    draw = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    right = np.repeat(draw.random(40) < 0.7, 10)
    leaked = groups < 15
    plain, grouped = worth(right, leaked), worth(right, leaked, groups.astype(str))
    assert grouped.high - grouped.low > 1.5 * (plain.high - plain.low)
    assert plain.value == grouped.value
    assert np.isnan(worth(right, np.ones(400, bool)).value)
    assert np.isnan(worth(right, np.zeros(400, bool)).value)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """1,000 draws: 60 leaked pictures right with 0.95, 240 others with 0.85; the truth is 0.2 x 0.1."""
    draw = np.random.default_rng(1)
    leaked = np.arange(300) < 60
    held = []
    for _ in range(1000):
        found = worth(draw.random(300) < np.where(leaked, 0.95, 0.85), leaked, level=0.9)
        held.append(found.low <= 0.02 <= found.high)
    assert 0.87 <= np.mean(held) <= 0.94
    assert wilson(leaked).value == 0.2

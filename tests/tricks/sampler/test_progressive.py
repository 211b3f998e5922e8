"""progressive: a class's chance goes in a straight line from its share to an equal one, over the run's epochs."""

import numpy as np
import pytest
from scipy import stats

from linne.core.decode import Geometry
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng
from linne.engine.loader import Order, Pictures

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [800, 150, 50]))


@pytest.mark.parametrize(("progress", "wanted"), [(0, (0.8, 0.15, 0.05)), (0.6, (0.52, 0.26, 0.22)), (1, (1 / 3,) * 3)])
def test_chances_go_in_a_straight_line(progress: float, wanted: tuple[float, ...]) -> None:
    drawn = np.concatenate([find("sampler", "progressive")(LABELS, rng(seed), progress) for seed in range(12)])
    counts = np.bincount(LABELS[drawn], minlength=4)
    assert counts[2] == 0
    assert stats.chisquare(counts[[0, 1, 3]], 12_000 * np.array(wanted)).pvalue > 0.001
    assert stats.chisquare(np.bincount(drawn, minlength=1000)[LABELS == 1]).pvalue > 0.001


def test_the_order_of_a_run_comes_to_equal_classes_at_its_end() -> None:
    hashes = np.array([f"{at:04d}".encode() for at in range(1000)])
    feed = Pictures(np.zeros((1000, 8, 8, 3), np.uint8), LABELS, np.arange(1000), hashes, Geometry(8))
    order = Order(feed, "progressive", 0, "train", 21 * 1000)
    rare = [float((LABELS[order.epoch(number)[0]] == 3).mean()) for number in range(21)]
    wanted = [0.05 + (1 / 3 - 0.05) * number / 21 for number in range(21)]
    assert np.abs(np.subtract(rare, wanted)).max() < 4 * np.sqrt(0.25 / 1000)
    assert abs(np.subtract(rare, wanted).mean()) < 4 * np.sqrt(0.2 / 21_000)
    late = Order(feed, "progressive", 0, "train", 21 * 1000)
    assert np.array_equal(late.epoch(17)[0], order.epoch(17)[0]), "one that begins late draws the same"


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "progressive")(np.array([0, -1, 1, -1, -1]), rng(0), 0.5)

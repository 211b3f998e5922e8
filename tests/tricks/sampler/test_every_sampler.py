"""What every sampler keeps, in the order that the loop makes of it: on any number of workers and processes."""

from pathlib import Path

import numpy as np
import pytest
from tiny import Stopper, go, mark

from linne.core.batch import Stream
from linne.core.decode import Geometry
from linne.core.lookup import find, names, offer
from linne.core.rng import rng
from linne.engine.loader import Loader, Order, Pictures

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 4], [70, 20, 9, 3]))
LOSSES = np.where(LABELS == 1, np.nan, LABELS).astype(np.float32)
HASHES = np.array([f"{at:04d}".encode() for at in range(len(LABELS))])
OPTIONS = {"classes": "classes(3, 4)"}
EVERY = [OPTIONS.get(name, name) for name in names("sampler")]


def feed(chain: str = "") -> Pictures:
    """Pictures that say who they are."""
    items = np.random.default_rng(1).integers(0, 255, (len(LABELS), 8, 8, 3), np.uint8)
    return Pictures(items, LABELS, np.arange(len(LABELS)), HASHES, Geometry(8), chain)


@pytest.mark.parametrize("sampler", EVERY)
def test_an_epoch_is_places_as_many_each_time_and_the_same_for_the_same_seed(sampler: str) -> None:
    one, two, other = (Order(feed(), sampler, seed, "train") for seed in (0, 0, 1))
    epochs = [one.epoch(number)[0] for number in range(4)]
    for number, places in enumerate(epochs):
        assert len(places) == one.length
        assert places.min() >= 0
        assert places.max() < len(LABELS)
        assert np.array_equal(places, two.epoch(number)[0])
    assert not np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], other.epoch(0)[0])


@pytest.mark.parametrize("sampler", EVERY)
def test_a_picture_that_comes_again_in_an_epoch_has_draws_of_its_own(sampler: str) -> None:
    places, turns = Order(feed(), sampler, 0, "train").epoch(0)
    assert len(set(zip(places.tolist(), turns.tolist(), strict=True))) == len(places)


@pytest.mark.parametrize("sampler", EVERY)
def test_workers_and_processes_change_nothing(sampler: str) -> None:
    def made(workers: int, cut: slice) -> list[tuple[np.ndarray, np.ndarray]]:
        data = feed("noise")
        order = Order(data, sampler, 0, "train")
        loader = Loader(data, Stream(), 32, order, cut, workers)
        found = [(batch.views["images"], batch.rows) for batch in loader.steps(2, 8)]
        loader.close()
        return found

    whole, parts = made(0, slice(0, 32)), (made(3, slice(0, 16)), made(1, slice(16, 32)))
    for step, (images, rows) in enumerate(whole):
        assert np.array_equal(rows, np.concatenate([part[step][1] for part in parts]))
        assert np.array_equal(images, np.concatenate([part[step][0] for part in parts]))


@pytest.mark.parametrize("sampler", EVERY)
def test_draws_come_from_the_given_generator_alone(sampler: str) -> None:
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    first, again = (
        offer(find("sampler", sampler), labels=LABELS, rng=rng(5), progress=0.5, losses=LOSSES) for _ in range(2)
    )
    assert np.array_equal(first, again)
    assert np.array_equal(state, np.random.get_state()[1])  # type: ignore[index]


@pytest.mark.parametrize("sampler", [spec.replace("(3,", "(2,") for spec in EVERY])
def test_a_run_that_was_killed_goes_on_to_the_same_bytes(sampler: str, tmp_path: Path) -> None:
    order = {"sampler": sampler.replace("shuffle", ""), "mix": "mixup", "steps": 12}
    with pytest.raises(SystemExit):
        go(place=tmp_path, hooks=(Stopper(7),), **order)
    assert mark(go(place=tmp_path, hooks=(Stopper(-1),), **order)) == mark(go(**order))

"""Trunk activations against the network run whole, kept, streamed and damaged."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import write_folder

from linne.core.decode import Geometry, decode, encoded
from linne.core.errors import OptionError
from linne.core.load import load
from linne.core.measure import content_hash
from linne.engine import cache
from linne.engine.log import Log
from linne.engine.network import resolve
from linne.engine.trunk import Activations, Trunk, cuts, narrow, split, wide
from linne.engine.views import Views

EAGER = "eager(precision=f32, device=cpu)"


@pytest.fixture(scope="module")
def trunk() -> Trunk:
    network = resolve("lenet_improved", "none")
    found = cuts(network, network.size)
    return found[len(found) // 2]


def feed(folder: Path, trunk: Trunk, count: int = 3, seed: int = 0, **options: object) -> Activations:
    images = load(write_folder(folder, 4))
    hashes = np.array([content_hash(encoded(item)) for item in images.items], dtype="V16")
    views = Views(Geometry(size=trunk.network.size), seed)
    return Activations(trunk, images, hashes, views, count, Log(quiet=True), runtime=EAGER, **options)  # type: ignore[arg-type]


def whole(feed: Activations, places: np.ndarray, number: int) -> np.ndarray:
    """The same by torch, from the files, a picture at a time."""
    network = feed.trunk.network
    row, out = split(network.module(), feed.trunk.cut)[0], []
    for place in places:
        pixels = decode(feed.images.items[place]).pixels
        seen = feed.looker.views(pixels, number, feed.hashes[place].tobytes(), 0)
        x = (torch.from_numpy(seen).permute(2, 0, 1)[None] / 255 - torch.tensor(network.mean).view(1, 3, 1, 1)) / (
            torch.tensor(network.std).view(1, 3, 1, 1)
        )
        with torch.no_grad():
            for _, part in row:
                x = part(x)
        out.append(x[0].numpy())
    return np.stack(out)


def test_bfloat16_bits_are_torchs() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(0, 10, 5000), [0, -0.0, np.inf, np.nan, 1e-40]])
    values = values.astype(np.float32)
    ours, theirs = wide(narrow(values)), torch.from_numpy(values).bfloat16().float().numpy()
    assert np.array_equal(ours, theirs, equal_nan=True)


def test_cuts_say_how_much_comes_after() -> None:
    network = resolve("lenet_improved", "none")
    found = cuts(network, network.size)
    assert [one.after for one in found] == sorted((one.after for one in found), reverse=True)
    net, counted = network.module(), {}
    for layer in net.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)) and layer is not net.head:
            layer.register_forward_hook(
                lambda layer, _, y: counted.update({layer: layer.weight.numel() * y[0, 0].numel()})
            )
    with torch.no_grad():
        net.features(torch.zeros(1, 3, network.size, network.size))
    before, after = split(net, found[0].cut)
    kept = {id(layer) for _, part in after for layer in part.modules()}
    share = sum(cost for layer, cost in counted.items() if id(layer) in kept) / sum(counted.values())
    assert found[0].after == pytest.approx(share)
    assert len(before) == 1


def test_an_unknown_cut_names_the_nearest(trunk: Trunk) -> None:
    with pytest.raises(OptionError, match="has no part"):
        split(trunk.network.module(), trunk.cut + "x")


def test_kept_activations_are_the_networks_own(tmp_path: Path, trunk: Trunk) -> None:
    made = feed(tmp_path / "p", trunk)
    assert made.compute() == 3 * len(made.images)
    assert made.compute() == 0
    places = np.array([5, 0, 11])
    for number in range(3):
        ours, truth = made.take(places, np.full(3, number)), whole(made, places, number)
        assert ours.shape == (3, *trunk.shape)
        assert ours.dtype == np.float32
        assert np.array_equal(ours, wide(narrow(truth.astype(np.float32)))) or np.abs(ours - truth).max() < 0.01 * (
            np.abs(truth).max()
        )
    plain = made.batch(places, np.array([1, 2, 3]), np.zeros(3, np.int64), "plain", None, 0)
    assert np.array_equal(plain, made.take(places, np.zeros(3, np.int64)))
    some = made.part(np.array([5, 11]))
    assert np.array_equal(some.take(np.array([1]), np.array([2]))[0], made.take(np.array([11]), np.array([2]))[0])


def test_streamed_views_are_the_same_as_kept_ones(tmp_path: Path, trunk: Trunk) -> None:
    streamed = feed(tmp_path / "p", trunk, seed=11, kept=1)
    assert streamed.compute() <= len(streamed.images)
    places, which = np.arange(6), np.array([0, 1, 2, 2, 1, 0])
    before = streamed.take(places, which)
    kept = feed(tmp_path / "p", trunk, seed=11)
    kept.compute()
    assert np.array_equal(kept.take(places, which), before)


def test_a_damaged_row_is_computed_again(tmp_path: Path, trunk: Trunk) -> None:
    made = feed(tmp_path / "p", trunk, seed=12)
    made.compute()
    places, which = np.arange(12), np.full(12, 2)
    before = made.take(places, which)
    for shard in made.looker._store.store.folder.glob("*.rows"):  # type: ignore[union-attr]
        shard.write_bytes(shard.read_bytes()[: len(cache.MAGIC)] + bytes(100))
    made.reopen()
    assert np.array_equal(made.take(places, which), before)


def test_no_view_is_an_error(tmp_path: Path, trunk: Trunk) -> None:
    with pytest.raises(OptionError, match="at least one view"):
        feed(tmp_path / "p", trunk, count=0)
    with pytest.raises(OptionError, match="no more are kept"):
        feed(tmp_path / "p", trunk, count=2, kept=3)

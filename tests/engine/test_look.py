from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from linne.core.decode import Geometry, decode, prepare
from linne.core.images import Images
from linne.core.load import load
from linne.engine import cache, choose
from linne.engine import look as looking
from linne.engine.log import Log
from linne.engine.look import Looker, look
from linne.engine.network import Network

SIZE = 32


class Means:
    """A runtime whose features are a picture's mean colour and its first pixel: what it saw can be recomputed."""

    name, precision, batch = "means", "f32", 4
    seen = 0

    def __call__(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for picture in images:
            Means.seen += 1
            yield features_of(picture)


def features_of(prepared: np.ndarray) -> np.ndarray:
    return np.concatenate([prepared.mean(axis=(0, 1)), prepared[0, 0]]).astype(np.float32)


@pytest.fixture
def looker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looker:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(looking, "choose", lambda *args: (Means(), "means"))
    trial = choose.Trial("means", "means f32", 0.0, 1.0)
    monkeypatch.setattr(looking, "known", lambda *args: trial)
    Means.seen = 0
    net = Network("means", "0" * 24, "test", 6, 2, SIZE, 0.875, "bicubic", (0.5,) * 3, (0.5,) * 3)
    return Looker(net, Geometry(size=SIZE), Log(quiet=True))


def fresh(looker: Looker) -> Looker:
    return Looker(looker.network, looker.geometry, looker.log)


def expected(images: Images) -> np.ndarray:
    geometry = Geometry(size=SIZE)
    pictures = [decode(item, least=geometry.least).pixels for item in images.items]
    return np.stack([features_of(prepare(pixels, geometry)) for pixels in pictures])


def test_rows_are_in_order_and_kept(looker: Looker, photos: Path) -> None:
    images = load(photos)
    facts, features = look(images, looker)
    np.testing.assert_array_equal(features, expected(images))
    assert (facts["width"] == 96).all()
    assert facts.readable.all()
    assert Means.seen == len(images)
    again_facts, again = look(images, fresh(looker))
    assert Means.seen == len(images), "the second time nothing was computed"
    np.testing.assert_array_equal(again, features)
    np.testing.assert_array_equal(again_facts.thumbs, facts.thumbs)
    assert again_facts.table.tobytes() == facts.table.tobytes()


def test_a_changed_picture_is_never_taken_from_the_cache(looker: Looker, photos: Path, tmp_path: Path) -> None:
    from PIL import Image

    from tests.conftest import write_folder

    images = load(write_folder(tmp_path / "mine", 3))
    look(images, looker)
    before = Means.seen
    Image.new("RGB", (96, 96), "red").save(images.items[4], quality=90)
    _, features = look(images, fresh(looker))
    np.testing.assert_array_equal(features, expected(images))
    assert Means.seen == before + 1


def test_another_size_or_network_has_a_cache_of_its_own(looker: Looker, photos: Path) -> None:
    images = load(photos)
    look(images, looker)
    other = Looker(looker.network, replace(looker.geometry, size=16), looker.log)
    look(images, other)
    look(images, Looker(replace(looker.network, id="1" * 24), looker.geometry, looker.log))
    assert Means.seen == 3 * len(images)


def test_a_damaged_entry_is_computed_again(looker: Looker, photos: Path) -> None:
    images = load(photos)
    _, features = look(images, looker)
    for path in (cache.home() / "rows").rglob("*.rows"):
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 255
        path.write_bytes(damaged)
    _, again = look(images, fresh(looker))
    np.testing.assert_array_equal(again, features)
    assert len(images) < Means.seen <= 2 * len(images)


def test_what_cannot_be_read_is_named_and_nothing_is_swapped(looker: Looker, photos: Path, tmp_path: Path) -> None:
    images = load(photos)
    (tmp_path / "no.jpg").write_bytes(b"this is text")
    items = [*images.items[:2], tmp_path / "gone.jpg", images.items[2], tmp_path / "no.jpg", images.items[3]]
    mixed = Images.of(items, ["a"] * 6)
    facts, features = look(mixed, looker)
    assert facts.readable.tolist() == [True, True, False, True, False, True]
    assert "no such file" in facts.reason(2).lower()
    assert "not a picture" in facts.reason(4)
    assert np.isnan(features[[2, 4]]).all()
    np.testing.assert_array_equal(features[[0, 1, 3, 5]], expected(images.take([0, 1, 2, 3])))
    assert look(mixed, fresh(looker))[0].reason(4) == facts.reason(4)


def test_pictures_that_were_looked_at_stay_with_their_runtime(
    looker: Looker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another runtime was measured since and is faster: the same pictures have the same features all the same."""
    images = load(photos)
    first = look(images, looker)[1]
    seen, other = Means.seen, choose.Trial("other", "other f32", 0.0, 9.0)
    monkeypatch.setattr(looking, "known", lambda *args: other)
    monkeypatch.setattr(looking, "accepted", lambda *args: [other, choose.Trial("means", "means f32", 0.0, 1.0)])
    again = fresh(looker)
    np.testing.assert_array_equal(look(images, again)[1], first)
    assert (Means.seen, again.runtime, again.ran) == (seen, "means", "means f32")
    asked = Looker(looker.network, looker.geometry, looker.log, runtime="other")
    look(images, asked)
    assert asked.ran == "other f32", "who asks for a runtime gets it"


def test_a_runtime_may_be_chosen_for_more_pictures_than_there_are(
    looker: Looker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    known = looking.known
    monkeypatch.setattr(looking, "known", lambda *args: asked.append(args[3]) or known(*args))
    images = load(photos)
    look(images, looker)
    looker = fresh(looker)
    looker.many = 5000
    monkeypatch.setattr(looking, "accepted", lambda *args: [])
    look(images, looker)
    assert asked == [len(images), 5000]


def test_views_are_keyed_by_their_draws(looker: Looker, photos: Path) -> None:
    images = load(photos)
    plain = look(images, looker)[1]

    def mirrored(key: str) -> np.ndarray:
        view = Looker(looker.network, looker.geometry, looker.log, facts=False)
        view.view, view.view_key = (lambda pixels, content, turn: pixels[:, ::-1]), key
        return look(images, view)[1]

    flipped = mirrored("flip seed 0")
    assert not np.array_equal(flipped, plain)
    count = Means.seen
    np.testing.assert_array_equal(mirrored("flip seed 0"), flipped)
    assert Means.seen == count
    mirrored("flip seed 1")
    assert Means.seen == count + len(images)
    mirrored("")
    mirrored("")
    assert Means.seen == count + 3 * len(images), "a view without a name is never kept"


def test_arrays_are_pictures_too(looker: Looker) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (5, 40, 40, 3), dtype=np.uint8)
    _, features = look(Images.of(pixels, list("aabbb")), looker)
    np.testing.assert_array_equal(features, expected(Images.of(list(pixels))))

"""Views: which one is which, what they draw from, and that all are met."""

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import Geometry, prepare
from linne.core.lookup import find
from linne.core.rng import rng
from linne.engine.loader import Pictures, chained
from linne.engine.views import AREA, RATIO, Shown, Views, numbers, part, tint

GEOMETRY = Geometry(size=24)


def picture(seed: int = 0, high: int = 40, wide: int = 56) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((wide, high), Image.Resampling.BICUBIC))


def test_the_first_two_are_the_plain_picture_and_its_mirror_image() -> None:
    views, plain = Views(GEOMETRY, 3), prepare(picture(), GEOMETRY)
    assert np.array_equal(views(picture(), 0, b"x" * 16, 0), plain)
    assert np.array_equal(views(picture(), 1, b"x" * 16, 0), plain[:, ::-1])
    assert views.key(0) == ""
    assert views.key(1) == Views(GEOMETRY, 4).key(1)
    assert views.key(2) != Views(GEOMETRY, 4).key(2)


def test_draws_depend_on_seed_content_turn_and_number_alone() -> None:
    views = Views(GEOMETRY, 3)
    made = [
        (Views(GEOMETRY, seed), number, content, turn)
        for seed in (3, 4)
        for number in (2, 3, 4)
        for content in (b"x" * 16, b"y" * 16)
        for turn in (0, 1)
    ]
    seen = {one(picture(), number, content, turn).tobytes() for one, number, content, turn in made}
    assert len(seen) == len(made)
    first = views(picture(), 5, b"x" * 16, 1)
    views(picture(1), 9, b"z" * 16, 0)
    assert np.array_equal(views(picture(), 5, b"x" * 16, 1), first)
    assert first.shape == (24, 24, 3)
    assert first.dtype == np.uint8


def test_a_chain_takes_the_place_of_the_crops() -> None:
    views, content = Views(GEOMETRY, 7, "rotate(20),noise(std=.1)"), b"c" * 16
    by_hand = picture()
    for place, trick in enumerate(("rotate(20)", "noise(std=.1)")):
        by_hand = find("augment", trick)(image=by_hand, rng=rng(7, "view", content, 2, 3, place))
    assert np.array_equal(views(picture(), 3, content, 2), prepare(np.ascontiguousarray(by_hand), GEOMETRY))
    assert np.array_equal(views(picture(), 0, content, 2), prepare(picture(), GEOMETRY))
    assert "rotate" in views.key(1)
    assert views.key(1) != views.key(2)


def test_boxes_have_the_areas_and_shapes_that_were_asked_for() -> None:
    pixels, areas, shapes = picture(0, 300, 300), [], []
    for seed in range(400):
        box = part(pixels, np.random.default_rng(seed), AREA, RATIO)
        areas.append(box.shape[0] * box.shape[1] / 300**2)
        shapes.append(box.shape[1] / box.shape[0])
    assert AREA[0] - 0.02 < min(areas) < 0.4
    assert 0.9 < max(areas) <= 1
    assert RATIO[0] - 0.02 < min(shapes) < 0.8
    assert 1.25 < max(shapes) < RATIO[1] + 0.02
    assert abs(np.mean(np.log(shapes))) < 0.03
    tall = part(picture(0, 400, 10), np.random.default_rng(0), (1.0, 1.0), RATIO)  # no try fits: the centre
    assert tall.shape[:2] == (13, 10)


def test_a_tint_of_nothing_changes_nothing() -> None:
    assert np.array_equal(tint(picture(), np.random.default_rng(0), 0.0), picture())
    means = [float(tint(picture(), np.random.default_rng(seed), 0.25).mean()) for seed in range(50)]
    assert 0.7 * picture().mean() < min(means) < 0.85 * picture().mean()
    assert max(means) > 1.1 * picture().mean()


@pytest.mark.parametrize("views", [1, 3, 8])
def test_every_view_is_met_equally_often(views: int) -> None:
    hashes = np.frombuffer(np.random.default_rng(0).bytes(16 * 500), "V16")
    nothing = np.zeros(500, np.int64)
    met = np.stack([numbers(hashes, nothing + epoch, nothing, views, 5) for epoch in range(2 * views)])
    assert all((np.bincount(row, minlength=views) == 2).all() for row in met.T)
    assert (np.bincount(met[0], minlength=views) > 0.5 * 500 / views).all()  # not all begin with the same
    again = numbers(hashes, nothing, nothing + 1, views, 5)  # drawn twice in an epoch: the next view
    assert np.array_equal(again, met[1 % (2 * views)])


def test_pictures_go_on_to_new_views() -> None:
    hashes = np.array([bytes([k]) * 16 for k in range(3)], dtype="V16")
    shown = Shown([picture(k) for k in range(3)], np.arange(3), np.arange(3) + 7, hashes, np.zeros(3, np.int64),
                  Views(GEOMETRY, 0), ((0.5,) * 3, (0.5,) * 3))  # fmt: skip
    places, nothing = np.arange(3), np.zeros(3, np.int64)
    seen = {shown.batch(places, nothing + epoch, nothing, "images", None, 0)[1].tobytes() for epoch in range(6)}
    assert len(seen) == 6
    plain = shown.batch(places, nothing, nothing, "plain", None, 0)
    assert np.array_equal(plain[2], prepare(picture(2), GEOMETRY))
    some = shown.part(np.array([2, 0]))
    assert np.array_equal(some.batch(np.array([0]), nothing[:1], nothing[:1], "plain", None, 0)[0], plain[2])
    assert some.rows.tolist() == [9, 7]


def test_a_square_that_a_trick_cut_is_not_cut_again() -> None:
    """What resized_crop or letterbox gave is what the network sees; a picture that only was mirrored is prepared."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    geometry = Geometry(size=32)
    seen: list[np.ndarray] = []

    def spied(image: np.ndarray, size: int) -> np.ndarray:
        seen.append(find("augment", "letterbox")(image=image, size=size))
        return seen[-1]

    out = chained(pixels, [spied], geometry, rng)
    np.testing.assert_array_equal(out, seen[-1])
    flipped = lambda image: image[:, ::-1]  # noqa: E731
    np.testing.assert_array_equal(chained(pixels, [spied, flipped], geometry, rng), seen[-1][:, ::-1])
    np.testing.assert_array_equal(chained(pixels, [flipped], geometry, rng), prepare(pixels[:, ::-1].copy(), geometry))
    square = pixels[:32, :32].copy()
    np.testing.assert_array_equal(chained(square, [flipped], geometry, rng), prepare(square[:, ::-1].copy(), geometry))
    smaller = lambda image: image[:30, :30]  # noqa: E731
    np.testing.assert_array_equal(
        chained(pixels, [spied, smaller], geometry, rng), prepare(seen[-1][:30, :30].copy(), geometry)
    )


def test_views_of_other_names_and_with_chains_of_their_own() -> None:
    """Two views of the run's own kind differ; a chain is what the loader's own feed makes of it, by the view's name."""
    hashes = np.array([bytes([k]) * 16 for k in range(3)], dtype="V16")
    scale = ((0.5,) * 3, (0.5,) * 3)
    items = [picture(k) for k in range(3)]
    shown = Shown(items, np.arange(3), np.arange(3), hashes, np.zeros(3, np.int64), Views(GEOMETRY, 0), scale)
    places, nothing = np.arange(3), np.zeros(3, np.int64)
    one, two, same = (shown.batch(places, nothing, nothing, view, None, 4) for view in ("images", "two", "two"))
    assert not np.array_equal(one, two)
    assert np.array_equal(two, same)
    plain = Pictures(items, np.arange(3), np.arange(3), hashes, GEOMETRY, scale=scale)
    for view in ("one", "two"):
        made = shown.batch(places, nothing, nothing, view, "rotate(40)", 4)
        assert np.array_equal(made, plain.batch(places, nothing, nothing, view, "rotate(40)", 4))
        assert not np.array_equal(made, shown.batch(places, nothing, nothing, "other", "rotate(40)", 4))

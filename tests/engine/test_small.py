"""Small pictures in memory: draws that depend on nothing else, moves and mirrors that are exactly numpy's."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chi2, kstest

from linne.core.batch import Stream
from linne.core.errors import InputError, OptionError
from linne.engine.loader import Loader, Order
from linne.engine.small import GOLDEN, Pixels, able, mixed, stacked, uniforms

N, SIDE = 400, 9


def feed(chain: str = "flip,shift(2)", channels: int = 3, tensor: bool = False, same: bool = False) -> Pixels:
    draw = np.random.default_rng(0)
    pixels: Any = draw.integers(1, 256, (N, SIDE, SIDE, channels), np.uint8)
    if same:
        pixels[:] = pixels[0]
    content = np.zeros(2 * N, np.uint64) if same else draw.integers(0, 2**63, 2 * N, np.uint64)
    scale = ((0.5,) * channels, (0.25,) * channels)
    held = torch.from_numpy(pixels) if tensor else pixels
    return Pixels(held, draw.integers(0, 4, N), np.arange(N), content.view("V16"), scale, chain)


def asked(one: Pixels, places: Any, epoch: int = 0, turn: Any = 0, **given: Any) -> np.ndarray:
    places = np.asarray(places)
    epochs, turns = np.full(len(places), epoch), np.zeros(len(places), np.int64) + turn
    return np.asarray(one.batch(places, epochs, turns, given.get("view", "images"), given.get("spec"), 7))


def moves(picture: np.ndarray, mode: Any) -> dict[bytes, tuple[int, int, bool]]:
    """Every picture that flip and shift(2) can make of one, by numpy's own pad."""
    wide = np.pad(picture, ((2, 2), (2, 2), (0, 0)), mode=mode)
    cut = {(y, x): wide[y : y + SIDE, x : x + SIDE] for y in range(5) for x in range(5)}
    both = {(y, x, flip): one[:, ::-1] if flip else one for (y, x), one in cut.items() for flip in (False, True)}
    return {np.ascontiguousarray(one).tobytes(): where for where, one in both.items()}


@pytest.mark.parametrize(("fill", "mode"), [("reflect", "reflect"), ("zero", "constant")])
def test_every_move_is_numpy_s_and_all_are_as_likely(fill: str, mode: str) -> None:
    one = feed(f"flip,shift(2,fill={fill})", same=True)
    known = moves(one.pixels[0], mode)
    made = np.concatenate([asked(one, np.arange(N), epoch, np.arange(N)) for epoch in range(20)])
    found = [known[picture.tobytes()] for picture in made]
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 50
    expected = len(found) / 50
    assert ((counts - expected) ** 2 / expected).sum() < chi2.ppf(0.999, 49)


@pytest.mark.parametrize("tensor", [False, True])
def test_a_row_depends_on_itself_alone(tensor: bool) -> None:
    one = feed(tensor=tensor)
    whole = asked(one, np.arange(N))
    order = np.random.default_rng(1).permutation(N)
    np.testing.assert_array_equal(asked(one, order), whole[order])
    np.testing.assert_array_equal(np.concatenate([asked(one, [place]) for place in range(20)]), whole[:20])
    np.testing.assert_array_equal(whole, asked(feed(), np.arange(N)))
    for other in (asked(one, np.arange(N), 1), asked(one, np.arange(N), 0, 1), asked(one, np.arange(N), view="b")):
        assert (other != whole).any(axis=(1, 2, 3)).mean() > 0.9  # 49 of 50 draws give another picture


def test_alternating_flips_are_mirrors_of_each_other() -> None:
    one = feed("flip(alternate=true)")
    first, second, third = (asked(one, np.arange(N), epoch) for epoch in range(3))
    np.testing.assert_array_equal(first, second[:, :, ::-1])
    np.testing.assert_array_equal(first, third)
    mirrored = (first != one.pixels).any(axis=(1, 2, 3)).mean()
    assert 0.4 < mirrored < 0.6


def test_vertical_flips() -> None:
    one = feed("flip(vertical=true)")
    made = asked(one, np.arange(N))
    turned = (made == one.pixels[:, ::-1]).all(axis=(1, 2, 3))
    assert 0.4 < turned.mean() < 0.6
    np.testing.assert_array_equal(made[~turned], one.pixels[~turned])


def test_nothing_is_done_without_a_chain() -> None:
    np.testing.assert_array_equal(asked(feed(), np.arange(9), spec=""), feed().pixels[:9])


def test_splitmix64_as_published() -> None:
    """The first outputs for the state 0, as in the reference code and in java.util.SplittableRandom."""
    states = np.arange(1, 4, dtype=np.uint64) * GOLDEN
    assert [hex(int(value)) for value in mixed(states)] == [
        "0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f",
    ]  # fmt: skip


def test_uniform_and_unrelated() -> None:
    content, zero = np.arange(50_000, dtype=np.uint64), np.zeros(50_000, np.int64)
    base = uniforms(1, content, zero, zero, 3)
    others = (uniforms(1, content, zero + 1, zero, 1), uniforms(1, content, zero, zero + 1, 1),
              uniforms(2, content, zero, zero, 1), uniforms(1, content + np.uint64(1), zero, zero, 1))  # fmt: skip
    columns = np.column_stack([base, *others])
    assert min(kstest(column, "uniform").pvalue for column in columns.T) > 1e-4
    related = np.abs(np.corrcoef(columns.T) - np.eye(columns.shape[1]))
    assert related.max() < 5 / np.sqrt(len(content))


@pytest.mark.parametrize("tensor", [False, True])
def test_the_loader_asks_for_a_batch_at_once(tensor: bool) -> None:
    one, calls = feed(tensor=tensor), []
    plain = one.batch
    one.batch = lambda *job: (calls.append(len(job[0])), plain(*job))[1]  # type: ignore[method-assign]
    order = Order(one, "shuffle", 7, "train")
    made = list(Loader(one, Stream(), 50, order, slice(0, 50), workers=0).steps(3, 5))
    assert calls == [50, 50]
    places = order.at(150, 50)[0]
    np.testing.assert_array_equal(np.asarray(made[0].views["images"]), asked(one, places))


@pytest.mark.parametrize(
    ("chain", "word"),
    [("rotate(3)", "flip"), ("shift(0)", "1 to 8"), ("shift(9)", "1 to 8"), ("shift(fill=black)", "reflect or zero"),
     ("flip(p=2)", "probability"), ("flip(p=.3,alternate=true)", "no effect"), ("flip(q=1)", "no option 'q'"),
     ("flip,shift,flip(.1)", "twice")],
)  # fmt: skip
def test_what_cannot_be_done_is_said(chain: str, word: str) -> None:
    with pytest.raises(OptionError, match=word):
        feed(chain)
    assert not able(chain, SIDE)
    assert able("flip(.3),shift(1,zero)", SIDE)


def test_pictures_are_square() -> None:
    with pytest.raises(InputError, match=r"\(n, S, S, 1\)"):
        Pixels(np.zeros((2, 4, 5, 1), np.uint8), np.zeros(2), np.zeros(2), np.zeros(2, "V16"), ((0.5,), (0.5,)))


def test_stacked_pictures() -> None:
    draw = np.random.default_rng(0)
    grey, colour = draw.integers(0, 256, (3, 8, 8), np.uint8), draw.integers(0, 256, (3, 8, 8, 3), np.uint8)
    np.testing.assert_array_equal(stacked(list(grey)), grey[..., None])
    np.testing.assert_array_equal(stacked(list(colour)), colour)
    assert stacked([grey[0], colour[0]]).shape == (2, 8, 8, 3)
    wide = np.full((10, 20, 3), 9, np.uint8)
    np.testing.assert_array_equal(stacked([colour[0], wide])[1], np.full((8, 8, 3), 9))

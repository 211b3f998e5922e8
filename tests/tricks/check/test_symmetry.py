"""symmetry: arrows that a mirror turns round, 6 and 9, and shapes that nothing changes, all drawn here."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from linne.core.facts import FACT, Facts
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.check.symmetry import SYMMETRIES, edges, symmetry

SIDE = 64


def placed(shape: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(64, 64) uint8: a shape (24, 24) of 0 and 1 anywhere near the middle, on a noisy ground."""
    out = draw.normal(70, 12, (SIDE, SIDE))
    y, x = draw.integers(14, 27, 2)
    out[y : y + 24, x : x + 24] += shape * draw.uniform(90, 130)
    return np.clip(out, 0, 255).astype(np.uint8)


def arrow(turns: int) -> np.ndarray:
    """To the right, turned by so many quarters."""
    y, x = np.mgrid[:24, :24]
    shaft = (abs(y - 11.5) < 2.5) & (x < 14)
    tip = (x >= 12) & (abs(y - 11.5) < (24 - x))
    return np.rot90((shaft | tip).astype(float), turns)


def six() -> np.ndarray:
    """A ring below, and a stroke that bends up to the right."""
    y, x = np.mgrid[:24, :24]
    ring = np.hypot(y - 16, x - 12)
    stroke = (y < 16) & (abs(x - (6.5 + (16 - y) * 0.35)) < 2)
    return (((ring > 3.5) & (ring < 7.5)) | stroke).astype(float)


def ring(width: float) -> np.ndarray:
    y, x = np.mgrid[:24, :24] - 11.5
    return ((np.hypot(y, x) < 11) & (np.hypot(y, x) > 11 - width)).astype(float)


def drawn(shapes: list[np.ndarray], each: int, seed: int = 0, change: Any = None) -> tuple[Images, Facts]:
    """So many pictures of each shape; `change` is done to each picture, with the drawing's generator."""
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(shapes)), each)
    thumbs = np.stack([placed(shapes[label], draw) for label in labels])
    if change is not None:
        thumbs = np.stack([change(one, draw) for one in thumbs])
    small = [np.array(Image.fromarray(one).convert("RGB").resize((8, 8), Image.Resampling.BOX)) for one in thumbs]
    images = Images.of([b""] * len(labels), [f"c{label}" for label in labels])
    return images, Facts(np.zeros(len(labels), FACT), thumbs, np.stack(small))


def told(images: Images, facts: Facts, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(verdict of each symmetry, the findings of classes that change by symmetry)."""
    found = symmetry(images, facts, rng(0), **options)
    table = next(one for one in found if one.kind == "symmetry").details["table"]
    changing = {one.details["symmetry"]: one for one in found if one.kind == "symmetry changes classes"}
    return {row["symmetry"]: row for row in table}, changing


@pytest.mark.parametrize("name", SYMMETRIES)
def test_edges_change_as_the_table_says(name: str) -> None:
    thumbs = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE)).astype(np.uint8)
    change, order = SYMMETRIES[name]
    np.testing.assert_array_equal(edges(np.ascontiguousarray(change(thumbs))), change(edges(thumbs))[..., order])


def test_edges_by_hand() -> None:
    """A picture that is dark on the left and bright on the right rises to the right at the middle, and nowhere else."""
    thumbs = np.zeros((1, SIDE, SIDE), np.uint8)
    thumbs[:, :, 32:] = 100
    found = edges(thumbs)[0]
    assert found[..., 1:].max() == 0
    np.testing.assert_allclose(found[:, 3:5, 0], np.sqrt(8 * 100))
    assert np.delete(found[..., 0], [3, 4], 1).max() == 0


def test_arrows_are_turned_round_by_a_mirror() -> None:
    table, changing = told(*drawn([arrow(0), arrow(2)], 60))
    assert table["mirror"]["verdict"] == table["half turn"]["verdict"] == "changes classes"
    assert changing["mirror"].severity == "medium"
    pairs = {(one["class"], one["called"]) for one in changing["mirror"].details["pairs"]}
    assert pairs <= {("c0", "c1"), ("c1", "c0")}
    assert set(changing["mirror"].rows) == set(range(120))
    assert table["upside down"]["verdict"] == "natural", "an arrow to the right is symmetric in up and down"
    assert table["quarter turn"]["verdict"] == "foreign"
    assert changing["half turn"].severity == "low"


def test_only_the_two_that_are_exchanged_are_named() -> None:
    table, changing = told(*drawn([arrow(0), arrow(2), ring(3), ring(8)], 60))
    assert changing["mirror"].details["classes"] == ["c0", "c1"]
    assert set(changing["mirror"].rows) == set(range(120))
    assert set(changing) == {"mirror", "half turn"}
    assert table["quarter turn"]["pairs"] == []


def test_four_arrows_go_round() -> None:
    _, changing = told(*drawn([arrow(turns) for turns in range(4)], 50))
    assert set(changing) == set(SYMMETRIES)
    pairs = {(one["class"], one["called"]) for one in changing["quarter turn"].details["pairs"]}
    assert pairs <= {(f"c{(turns + 1) % 4}", f"c{turns}") for turns in range(4)}
    assert len(pairs) >= 2


def test_six_and_nine_under_half_a_turn() -> None:
    """A 6 on its head has the ring above, as a 9 has; a mirrored or a lying one is neither."""
    table, changing = told(*drawn([six(), np.rot90(six(), 2)], 60))
    assert set(changing) - {"upside down"} == {"half turn"}
    assert changing["half turn"].details["classes"] == ["c0", "c1"]
    assert table["quarter turn"]["verdict"] == "foreign"


@pytest.mark.parametrize("seed", range(3))
def test_nothing_changes_what_is_symmetric(seed: int) -> None:
    table, changing = told(*drawn([ring(3), ring(6)], 60, seed))
    assert changing == {}
    assert {row["verdict"] for row in table.values()} == {"natural"}
    assert all(abs(row["told"] - 0.5) < 0.15 and abs(row["gain"]) < 0.1 for row in table.values())


def test_pictures_that_occur_mirrored_are_natural() -> None:
    """A 6 and a ring, as often mirrored as not: mirrored ones occur, a 6 on its head does not."""

    def change(one: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        return one[:, ::-1] if draw.random() < 0.5 else one

    table, changing = told(*drawn([six(), ring(3)], 80, change=change))
    assert changing == {}
    assert table["mirror"]["verdict"] == "natural"
    assert table["half turn"]["verdict"] == table["upside down"]["verdict"] == "foreign"


@pytest.mark.parametrize("seed", range(4))
def test_labels_that_mean_nothing_raise_no_alarm(seed: int) -> None:
    images, facts = drawn([arrow(0), ring(4), six()], 50, seed)
    labels = np.random.default_rng([seed, 1]).permutation(images.labels)
    _, changing = told(Images.of([b""] * 150, [f"c{label}" for label in labels]), facts)
    assert changing == {}


def test_test_pictures_are_not_looked_at() -> None:
    images, facts = drawn([arrow(0), arrow(2)], 60)
    split = np.where(np.arange(120) % 2 == 0, "train", "test").astype(object)
    halved = Images.of([b""] * 120, [f"c{label}" for label in images.labels], split=split)
    facts.thumbs[1::2] = 0
    _, changing = told(halved, facts)
    assert set(changing["mirror"].rows) == set(range(0, 120, 2))


def test_twins_are_no_witnesses() -> None:
    """Every picture's mirrored copy is in its own group: what is only its twin proves nothing, here nor there."""
    images, facts = drawn([ring(3), ring(6)], 60)
    group = np.array([f"g{row // 60}" for row in range(120)], dtype=object)
    assert symmetry(Images.of([b""] * 120, list(images.labels), group=group), facts, rng(0)) == []


def test_too_little_to_say(made: Callable[..., Facts]) -> None:
    assert symmetry(Images.of([b""] * 30, [0, 1] * 15), made(30), rng(0)) == []
    assert symmetry(Images.of([b""] * 100, [0] * 100), made(100), rng(0)) == []

"""Exact search against all cosines in float64, however the rows lie; an index against exact search."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linne.core.errors import MissingExtra
from linne.engine import approximate, held, nearest, store
from linne.engine.attempts import attempts, chosen
from linne.engine.held import Held, Part, Rows, directions, scattered, twins, weights
from linne.engine.log import Log
from linne.engine.nearest import Nearest
from linne.engine.reasked import reasked

WIDTH = 24


def columns(n: int, draw: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "pictures": np.array([f"{k}.jpg" for k in range(n)], object), "hash": np.frombuffer(draw.bytes(16 * n), "V16"),
        "sight": draw.integers(0, 2**63, n).astype(np.uint64), "sharpness": draw.uniform(1, 900, n).astype(np.float32),
    }  # fmt: skip


def some(seed: int, identities: int, most: int, batches: int, noise: float = 1.0) -> Held:
    """A gallery that was enrolled in batches, pictures of one identity in any of them."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(1, most + 1, identities)
    whose = draw.permutation(np.repeat(np.arange(identities), sizes))
    means, every = draw.normal(size=(identities, WIDTH)), columns(len(whose), draw)
    features = (means[whose] + noise * draw.normal(size=(len(whose), WIDTH))).astype(np.float32)
    found = Held()
    for part in np.array_split(np.arange(len(whose)), batches):
        if len(part):
            own = {name: column[part] for name, column in every.items()}
            found = held.add(found, [f"who {k}" for k in whose[part]], features[part], own)
    return found


def means(gallery: Held) -> np.ndarray:
    """(identities, width) by the definition."""
    points = directions(gallery.rows.take(np.arange(len(gallery))))
    sums = [gallery.weight[own] @ points[own] for own in (gallery.identity == k for k in range(len(gallery.names)))]
    return directions(np.stack(sums))


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 6), st.integers(1, 9), st.integers(1, 5))
def test_search_is_exact(seed: int, identities: int, most: int, batches: int, k: int) -> None:
    gallery = some(seed, identities, most, batches)
    points = directions(np.random.default_rng(seed + 1).normal(size=(7, WIDTH)))
    true = points @ means(gallery).T
    owner, score = Nearest(gallery).search(points, k)
    count = min(k, len(gallery.names))
    best = np.argsort(-true, axis=1)[:, :count]
    np.testing.assert_array_equal(owner[:, :count], best)
    np.testing.assert_allclose(score[:, :count], np.take_along_axis(true, best, 1), atol=1e-12)
    assert (owner[:, count:] == -1).all()
    assert np.isneginf(score[:, count:]).all()


def test_blocks_cut_no_identity_and_leave_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "BLOCK", 5)
    monkeypatch.setattr(nearest, "PART", 3)
    monkeypatch.setattr(held, "SCATTERED", 2.0)
    gallery = some(3, 30, 12, 6)
    assert len(gallery.rows.parts) > 1
    assert len(scattered(gallery)) > 20
    points = directions(np.random.default_rng(0).normal(size=(300, WIDTH)))
    true = points @ means(gallery).T
    owner, score = Nearest(gallery).search(points, 4)
    np.testing.assert_array_equal(owner, np.argsort(-true, axis=1)[:, :4])
    np.testing.assert_allclose(score[:, 0], true.max(1), atol=1e-12)


def test_enrolling_at_once_and_one_by_one_is_the_same() -> None:
    one, many = some(5, 12, 4, 1), some(5, 12, 4, 40)
    assert sorted(one.names) == sorted(many.names)
    place = [many.names.index(name) for name in one.names]
    np.testing.assert_allclose(means(one), means(many)[place], atol=1e-12)
    assert len(many.rows.parts) < 8


def test_removing_and_merging() -> None:
    gallery = some(7, 9, 4, 3)
    left = held.remove(gallery, [2, 5])
    kept = [k for k in range(9) if k not in (2, 5)]
    assert left.names == tuple(gallery.names[k] for k in kept)
    np.testing.assert_allclose(means(left), means(gallery)[kept], atol=1e-12)
    merged = held.merge(gallery, 4, [0, 7])
    assert merged.names == tuple(name for k, name in enumerate(gallery.names) if k not in (0, 7))
    own = np.isin(gallery.identity, [0, 4, 7])
    points = directions(gallery.rows.take(np.flatnonzero(own)))
    mine = merged.names.index(gallery.names[4])
    weight = merged.weight[merged.identity == mine]
    assert len(weight) == own.sum()
    owner, _ = Nearest(merged).search(points, 1)
    assert (owner[:, 0] == mine).mean() > 0.5


def test_left_out_pictures_by_the_definition() -> None:
    gallery = some(11, 20, 5, 4)
    gallery = held.settled(gallery, np.arange(20))
    tried = attempts(gallery, Nearest(gallery), Log(quiet=True))
    assert tried.row.tolist() == list(range(len(gallery)))
    every = means(gallery)
    for place, row in enumerate(tried.row):
        point = directions(gallery.rows.take(np.array([row])))[0]
        mine = gallery.identity[row]
        rest = np.flatnonzero((gallery.identity == mine) & (gallery.twin != gallery.twin[row]))
        if len(rest):
            mean = gallery.weight[rest] @ directions(gallery.rows.take(rest))
            assert tried.own[place] == pytest.approx(point @ mean / np.linalg.norm(mean), abs=1e-9)
        else:
            assert np.isnan(tried.own[place])
        others = every @ point
        others[mine] = -np.inf
        assert tried.rival[place] == others.argmax()
        assert tried.other[place] == pytest.approx(others.max(), abs=1e-9)


@given(st.integers(0, 10**6), st.sampled_from([12, 40, 10_000]))
@settings(max_examples=25)
def test_what_a_change_did_not_touch_is_not_asked_and_the_same(seed: int, most: int) -> None:
    """After each of a dozen changes, drawn: every number as if all were asked, to the last bit."""
    draw = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("linne.engine.attempts.MOST", most)
        patch.setattr("linne.engine.attempts.LEAST", min(most, 1000))
        before = some(seed, 40, 4, 3, noise=0.5)
        tried = attempts(before, Nearest(before), Log(quiet=True))
        for turn in range(12):
            after = changed(before, draw, turn)
            found, whole = reasked(before, tried, after, Log(quiet=True)), attempts(after, Nearest(after), Log(True))
            for name, column in whole.columns().items():
                np.testing.assert_array_equal(getattr(found, name), column, name)
            before, tried = after, found


def changed(before: Held, draw: np.random.Generator, turn: int) -> Held:
    """With pictures of old and new identities, a few of them where others lie, or fewer identities."""
    places = draw.permutation(len(before.names))[:3].tolist()
    if turn % 4 == 2:
        return held.remove(before, places[:2])
    if turn % 4 == 3:
        return held.merge(before, places[0], places[1:2])
    near = before.rows.take(draw.integers(0, len(before), 3)) + draw.normal(0, 0.05, (3, WIDTH))
    return held.add(before, [before.names[places[0]], f"new {turn}", f"new {turn}"], near, columns(3, draw))


def test_one_picture_more_asks_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those whose nearest stranger changed, not all."""
    gallery = some(5, 300, 3, 2)
    tried = attempts(gallery, Nearest(gallery), Log(quiet=True))
    draw = np.random.default_rng(1)
    grown = held.add(gallery, ["who 7"], gallery.rows.take(np.array([3])), columns(1, draw))
    asked: list[int] = []
    plain = Nearest.search

    def search(self: Nearest, points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        asked.append(len(points))
        return plain(self, points, k)

    monkeypatch.setattr(Nearest, "search", search)
    reasked(gallery, tried, grown, Log(quiet=True))
    assert sum(asked) < len(tried) / 10


def test_every_identity_is_asked_before_any_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = some(13, 30, 9, 2)
    monkeypatch.setattr("linne.engine.attempts.MOST", 40)
    monkeypatch.setattr("linne.engine.attempts.LEAST", 40)
    rows = chosen(gallery)
    assert len(rows) == 40
    counts = np.bincount(gallery.identity[rows], minlength=30)
    assert counts.min() == 1
    assert counts.max() == 2


def test_twins_and_weights() -> None:
    draw = np.random.default_rng(0)
    points = directions(draw.normal(size=(5, WIDTH)))
    points[3] = directions((points[1] + 0.01 * draw.normal(size=WIDTH))[None])[0]
    sight = np.array([0, 1, 2**40 - 1, 3, 0], np.uint64)
    content = np.frombuffer(draw.bytes(80), "V16")
    assert twins(points, sight, content).tolist() == [0, 1, 2, 1, 4]
    far = sight.copy()
    far[3] = 2**63 - 1
    assert twins(points, far, content).tolist() == [0, 1, 2, 3, 4], "alike, and another picture"
    # a picture with a quarter of the least usual detail counts half, one of two twins half, others fully
    sharp = np.array([400.0, 400, 400, 5, 400, np.nan])
    np.testing.assert_allclose(weights(sharp, np.arange(6)), [1, 1, 1, 0.5, 1, 1])
    np.testing.assert_allclose(weights(sharp, np.array([0, 0, 2, 3, 4, 5])), [0.5, 0.5, 1, 0.5, 1, 1])
    np.testing.assert_allclose(weights(np.zeros(2), np.arange(2)), [1, 1])


def test_parts_are_few_and_in_order() -> None:
    draw, found = np.random.default_rng(0), Held()
    for number in range(70):
        found = held.add(found, [f"{number:03d}"], draw.normal(size=(1, WIDTH)).astype(np.float32), columns(1, draw))
    sizes = [len(part) for part in found.rows.parts]
    assert sum(sizes) == 70
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) <= 7
    assert found.names == tuple(f"{number:03d}" for number in range(70))


def blobs(n: int) -> Held:
    """n pictures around n / 10 centres."""
    draw = np.random.default_rng(4)
    features = np.repeat(draw.normal(size=(n // 10, WIDTH)), 10, axis=0) + 0.4 * draw.normal(size=(n, WIDTH))
    return held.add(Held(), [f"{k // 10}" for k in range(n)], features.astype(np.float32), columns(n, draw))


def test_an_index_finds_what_exact_search_finds(tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    gallery = blobs(2000)
    graph, told = approximate.build(gallery, Log(quiet=True))
    assert told.recall > 0.97
    assert f"recall@10 {told.recall:.4f}" in told.text()
    gallery = Held(**{**vars(gallery), "rows": Rows((Part(gallery.rows.parts[0].values, "rows-1"),))})
    approximate.save(graph, tmp_path / "index-1.usearch")
    index = approximate.kept(told, "index-1.usearch", gallery.rows)
    grown = held.add(
        gallery, ["new", "new"], gallery.rows.take(np.array([0, 1])) * -1, columns(2, np.random.default_rng(9))
    )
    searcher, exact = approximate.Approximate(grown, tmp_path, index), Nearest(grown)
    assert len(searcher.pieces) == 1, "what is not in the index is searched exactly"
    points = directions(grown.rows.take(np.arange(0, len(grown), 7)))
    owner, score = searcher.search(points, 3)
    true, best = exact.search(points, 3)
    assert (owner[:, 0] == true[:, 0]).mean() > 0.99
    np.testing.assert_allclose(score[owner == true], best[owner == true], atol=1e-12)
    new = directions(grown.rows.take(np.array([len(grown) - 1])))
    assert grown.names[searcher.search(new, 1)[0][0, 0]] == "new"


def test_an_index_without_its_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "usearch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[index\]'"):
        approximate.build(blobs(50), Log(quiet=True))


def test_what_is_stored_is_what_was_held(tmp_path: Path) -> None:
    gallery = some(17, 25, 4, 5)
    tried = attempts(gallery, Nearest(gallery), Log(quiet=True))
    with store.writing(tmp_path):
        store.save(tmp_path, store.State(4, {"width": WIDTH}, gallery, tried))
    found = store.read(tmp_path)
    assert found.number == 5
    assert found.held.names == gallery.names
    for name in held.COLUMNS:
        assert (getattr(found.held, name) == getattr(gallery, name)).all(), name
    np.testing.assert_array_equal(
        found.held.rows.take(np.arange(len(gallery))), gallery.rows.take(np.arange(len(gallery)))
    )
    for name, column in tried.columns().items():
        np.testing.assert_array_equal(getattr(found.tried, name), column)

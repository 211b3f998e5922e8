"""Taxonomy: a tree by hand, what files say, what cannot be."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.taxonomy import Taxonomy

CLASSES = ("owl", "cat", "duck", "car")
WAYS = "path\nanimal > bird > owl\nanimal > bird > duck\nanimal > cat\ncar\nplant > oak\n"


@pytest.fixture
def tree(tmp_path: Path) -> Taxonomy:
    (tmp_path / "tree.csv").write_text(WAYS)
    return Taxonomy.read(tmp_path / "tree.csv", CLASSES)


def place(tree: Taxonomy, *names: str) -> np.ndarray:
    return np.array([tree.nodes.index(name) for name in names])


def test_branches_are_sums_of_their_leaves(tree: Taxonomy) -> None:
    assert tree.nodes == ("owl", "cat", "duck", "car", "bird", "animal", ""), "plant leads to no class"
    found = tree.probabilities(np.array([[0.1, 0.2, 0.3, 0.4]]))
    assert found[0] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.6, 1.0])


def test_both_kinds_of_file_say_the_same(tree: Taxonomy, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(
        "Parent, Label\nbird,owl\nbird,duck\nanimal,bird\nanimal,cat\n,car\n,animal\n", encoding="utf-8-sig"
    )
    other = Taxonomy.read(tmp_path / "pairs.csv", CLASSES)
    assert other.nodes == tree.nodes
    assert (other.member == tree.member).all()


@pytest.mark.parametrize(
    ("leaves", "least", "said"),
    [
        ([0.8, 0.1, 0.05, 0.05], 0.7, "owl"), ([0.45, 0.05, 0.45, 0.05], 0.7, "bird"),
        ([0.4, 0.3, 0.1, 0.2], 0.7, "animal"), ([0.3, 0.1, 0.1, 0.5], 0.7, ""), ([0.0, 0.0, 0.0, 1.0], 1.0, "car"),
        ([0.5, 0.0, 0.5, 0.0], 1.0, "bird"),
    ],
)  # fmt: skip
def test_what_is_not_sure_goes_up(tree: Taxonomy, leaves: list[float], least: float, said: str) -> None:
    assert tree.nodes[tree.back_off(np.array([leaves]), least)[0]] == said


def test_a_branch_with_one_way_down_is_its_leaf() -> None:
    tree = Taxonomy(("a", "b"), {"a": "only", "only": "", "b": ""})
    assert tree.nodes[tree.back_off(np.array([[0.9, 0.1]]), 0.8)[0]] == "a"


def test_a_surer_answer_is_never_wider(tree: Taxonomy) -> None:
    leaves = np.random.default_rng(0).dirichlet(np.full(4, 0.4), 300)
    sizes = [tree.member.sum(0)[tree.back_off(leaves, least)] for least in (0.55, 0.7, 0.9, 1.0)]
    assert all((a <= b).all() for a, b in pairwise(sizes))
    for least in (0.55, 0.9):
        said = tree.back_off(leaves, least)
        assert (tree.probabilities(leaves)[np.arange(300), said] >= least - 1e-9).all()


def test_overlap_by_hand(tree: Taxonomy) -> None:
    said, true = place(tree, "owl", "duck", "bird", "car", ""), place(tree, "owl", "owl", "owl", "owl", "owl")
    precision, recall = tree.overlap(said, true)
    assert precision == pytest.approx([1, 2 / 3, 1, 0, 1])
    assert recall == pytest.approx([1, 2 / 3, 2 / 3, 0, 0])
    assert tree.missed(said, true).tolist() == [0, 2, 1, 4, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path\na > owl\na > cat\n", "2 of 4 classes are not in the taxonomy: 'duck', 'car'"),
        ("label,parent\nowl,a\nowl,b\ncat,\nduck,\ncar,\n", "'owl' has two parents, 'a' and 'b'"),
        ("label,parent\nowl,a\na,b\nb,a\ncat,\nduck,\ncar,\n", "circle: a > b > a > owl"),
        ("label,parent\nowl,cat\ncat,\nduck,\ncar,\n", "'cat' has others below it"),
        ("name,above\nowl,a\n", "needs the columns label and parent"), ("", "no row"),
    ],
)  # fmt: skip
def test_what_is_no_taxonomy_says_so(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tree.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        Taxonomy.read(tmp_path / "tree.csv", CLASSES)
    with pytest.raises(InputError, match="cannot be read"):
        Taxonomy.read(tmp_path / "none.csv", CLASSES)


@pytest.mark.parametrize("least", [0.5, 0.0, 1.1])
def test_a_half_or_less_is_refused(tree: Taxonomy, least: float) -> None:
    with pytest.raises(OptionError, match=r"above 0\.5"):
        tree.back_off(np.full((1, 4), 0.25), least)


def grown(classes: int, seed: int) -> Taxonomy:
    """A tree by chance: each class three steps deep or less, below one of a few names."""
    draw = np.random.default_rng(seed)
    parents = {f"a{k}": "" for k in range(3)} | {f"b{k}": f"a{draw.integers(3)}" for k in range(5)}
    above = [*parents, ""]
    return Taxonomy(
        tuple(f"c{k}" for k in range(classes)),
        parents | {f"c{k}": above[draw.integers(len(above))] for k in range(classes)},
    )


def up(tree: Taxonomy, name: str) -> list[str]:
    """The name and all above it, one after the other: the truth that arrays are compared with."""
    out = [name]
    while out[-1]:
        out.append(tree.parents[out[-1]])
    return out


@pytest.mark.parametrize("seed", range(8))
def test_arrays_are_what_walking_up_finds(seed: int) -> None:
    tree, draw = grown(17, seed), np.random.default_rng(seed)
    ways = [up(tree, name) for name in tree.nodes]
    assert tree.depth.tolist() == [len(way) - 1 for way in ways]
    assert [tree.nodes[at] for at in tree.above] == [way[min(1, len(way) - 1)] for way in ways]
    assert tree.sizes.tolist() == [sum(name in up(tree, leaf) for leaf in tree.classes) for name in tree.nodes]
    assert [tree.way(at) for at in range(len(ways))] == [tuple(reversed(way[:-1])) for way in ways]
    one, two = (draw.integers(0, len(ways), 300) for _ in range(2))
    first = [next(name for name in ways[a] if name in ways[b]) for a, b in zip(one, two, strict=True)]
    assert [tree.nodes[at] for at in tree.common(one, two)] == first
    assert tree.holds(one, two).tolist() == [tree.nodes[a] in ways[b] for a, b in zip(one, two, strict=True)]
    sets = draw.random((200, 17)) < 0.2
    sets[sets.sum(1) == 0, 3] = True
    for row, at in zip(sets, tree.smallest(sets), strict=True):
        held = [name for name in ways[np.flatnonzero(row)[0]] if all(name in ways[k] for k in np.flatnonzero(row))]
        assert tree.nodes[at] == held[0]
    order = [tree.nodes[at] for at in tree.order]
    assert order[0] == ""
    for name in order[1:]:
        below = [order.index(other) for other in order if name in up(tree, other)]
        assert below == list(range(order.index(name), order.index(name) + len(below))), "a branch is in one piece"


@pytest.mark.parametrize("seed", range(4))
def test_the_way_down_is_always_into_the_likeliest(seed: int) -> None:
    tree = grown(17, seed)
    leaves = np.random.default_rng(seed).dirichlet(np.full(17, 0.3), 100)
    known, (ways, chances) = tree.probabilities(leaves), tree.descent(leaves)
    for row in range(100):
        at, walked = len(tree.nodes) - 1, []
        while True:
            walked.append(at)
            below = [k for k in range(len(tree.nodes) - 1) if tree.above[k] == at]
            if not below:
                break
            at = max(below, key=lambda k, row=row: known[row, k])
        assert ways[row, : len(walked)].tolist() == walked
        assert (ways[row, len(walked) :] == at).all()
        assert chances[row] == pytest.approx(known[row, ways[row]])
    for least in (0.55, 0.8, 0.97):  # what is likelier than a half is on the way
        last = (chances >= least - 1e-12).sum(1) - 1
        assert (ways[np.arange(100), last] == tree.back_off(leaves, least)).all()


def test_names_that_are_ways(tmp_path: Path) -> None:
    tree = Taxonomy.of_names(("animal/bird/owl", "animal/cat", "car", "red/cat"))
    assert tree.way(tree.place["animal/bird/owl"]) == ("animal", "bird", "owl")
    assert tree.way(tree.place["animal/bird"]) == ("animal", "bird")
    assert tree.nodes == ("animal/bird/owl", "animal/cat", "car", "red/cat", "animal/bird", "red", "animal", "")
    (tmp_path / "tree.csv").write_text(tree.table())
    again = Taxonomy.read(tmp_path / "tree.csv", tree.classes)
    assert again.parents == tree.parents
    with pytest.raises(OptionError, match="No class's name holds a '/'"):
        Taxonomy.of_names(("owl", "cat"))
    with pytest.raises(InputError, match="'bird//owl' has an empty part"):
        Taxonomy.of_names(("bird//owl", "cat"))
    with pytest.raises(InputError, match="'bird' has others below it"):
        Taxonomy.of_names(("bird/owl", "bird"))


def test_thousands_of_classes_take_no_square_of_memory() -> None:
    names = [f"k{k % 3}/p{k % 20}/o{k % 300}/s{k}" for k in range(4000)]
    tree = Taxonomy.of_names(names)
    leaves = np.zeros((2, 4000))
    leaves[0, 7], leaves[1, [7, 67]] = 1, 0.5
    assert tree.nodes[tree.back_off(leaves, 0.9)[0]] == names[7]
    both = tree.back_off(leaves, 0.9)[1]
    assert tree.nodes[both] == next(one for one in up(tree, names[7]) if one in up(tree, names[67]))

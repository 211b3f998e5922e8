import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linne.core.errors import InputError, OptionError
from linne.core.facts import FACT, Facts
from linne.core.groups import group_of, merge, said, written
from linne.core.images import Images
from linne.core.rng import rng


def pictures(names, labels=None, classes=None, **columns):
    columns = {name: np.array(values, dtype=object) for name, values in columns.items()}
    return Images.of([b""] * len(names), labels, names=names, classes=classes, columns=columns, came_from="table.csv")


def facts(taken, cameras):
    table = np.zeros(len(taken), FACT)
    table["taken"], table["camera"] = taken, cameras
    return Facts(table, np.zeros((len(taken), 64, 64), np.uint8), np.zeros((len(taken), 8, 8, 3), np.uint8))


def test_a_column_and_its_empty_cells():
    images = pictures(["a", "b", "c", "d"], patient=["7", 7, None, float("nan")])
    assert group_of(images, "patient").tolist() == ["7", "7", "", ""]


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(OptionError, match="Did you mean 'patient'"):
        group_of(pictures(["a"], patient=["1"]), "pateint")
    with pytest.raises(OptionError, match="Did you mean 'exif'"):
        group_of(pictures(["a"]), "exfi")


def test_a_pattern_takes_its_first_bracket_or_all_of_itself():
    names = ["cat/vid3_0041.jpg", "cat/vid3_0042.jpg", "dog/vid4_0001.jpg", "dog/other.jpg"]
    assert group_of(pictures(names), r"(vid\d+)_").tolist() == ["vid3", "vid3", "vid4", ""]
    assert group_of(pictures(names), r"vid\d+").tolist() == ["vid3", "vid3", "vid4", ""]


def test_a_broken_pattern_says_where():
    with pytest.raises(OptionError, match=r"not a regular expression.*position 0"):
        group_of(pictures(["a"]), "(vid")


def test_parent_is_below_the_class_and_whole_where_no_folder_is_the_class():
    names = ["train/cat/rex/1.jpg", "train/cat/rex/2.jpg", "test/dog/rex/1.jpg", "dog/9.jpg", "shelf/5/1.jpg"]
    images = pictures(names, ["cat", "cat", "dog", "dog", "cat"])
    assert group_of(images, "parent").tolist() == ["rex", "rex", "rex", "", "shelf/5"]


def test_exif_bursts_of_one_camera():
    seen = facts([0, 500, 2000, 100, np.nan, 2601], [b"x", b"x", b"x", b"y", b"x", b"x"])
    images = pictures(list("abcdef"))
    groups = group_of(images, "exif", seen)
    assert groups[0] == groups[1] != ""
    assert len({groups[0], groups[2], groups[3], groups[5]}) == 4
    assert groups[4] == ""
    wide = group_of(images, "exif(30)", seen)
    assert wide[0] == wide[1] == wide[2] == wide[5] != wide[3]
    with pytest.raises(InputError, match="not looked at"):
        group_of(images, "exif")


def test_one_group_for_all_and_no_group_at_all_are_errors():
    with pytest.raises(InputError, match="all 3 pictures into one group"):
        group_of(pictures(["cat/1", "cat/2", "cat/3"]), "c.t")
    with pytest.raises(InputError, match="no group"):
        group_of(pictures(["cat/1", "cat/2"]), "(vid[0-9]+)")


def test_merge_agrees_with_scipy_on_random_groupings():
    draw = rng(0)
    for n, m in ((50, 60), (400, 700), (400, 300)):
        vectors = [draw.integers(0, m, n) for _ in range(3)]
        nodes = np.concatenate([vector + m * i for i, vector in enumerate(vectors)])
        edges = (np.ones(3 * n), (np.tile(np.arange(n), 3), n + nodes))
        theirs = connected_components(coo_array(edges, shape=(n + 3 * m,) * 2), directed=False)[1][:n]
        own = merge(*vectors)
        assert len(np.unique(own)) == len(np.unique(theirs)) == len(np.unique(own * n + theirs))


def test_merge_follows_a_long_chain_and_leaves_the_empty_alone():
    n = 10_001
    odd = (np.arange(n) + 1) // 2
    even = np.arange(n) // 2
    order = rng(1).permutation(n)
    assert (merge(odd[order], even[order]) == 0).all()
    names = np.array(["a", "", "b", ""], object)
    assert merge(names, np.array(["", "x", "x", ""], object)).tolist() == [0, 1, 1, 2]
    with pytest.raises(InputError, match="lengths: 4, 3"):
        merge(names, names[:3])


def test_written_names_only_groups_of_several_and_said_counts_them():
    groups = written(np.array([0, 1, 1, 2]))
    assert groups.tolist() == ["", "1", "1", ""]
    assert said(groups) == "1 groups of several pictures, the largest of 2 pictures; 2 pictures stand alone"

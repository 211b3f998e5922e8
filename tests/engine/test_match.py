import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.run import Run
from linne.engine.match import common
from tests.runs import write_run

YES = np.ones(60, bool)


def parts(test: int, n: int = 60) -> np.ndarray:
    """The first `test` pictures are for testing, the others learn."""
    return np.where(np.arange(n) < test, "test", "train").astype(object)


def test_the_same_pictures_in_another_order_are_matched_by_content(tmp_path):
    order, right = np.random.default_rng(0).permutation(60), np.arange(60) < 40
    one = write_run(tmp_path / "a", right)
    two = write_run(tmp_path / "b", right[order], contents=order, names=[f"renamed-{k}.jpg" for k in range(60)])
    found = common([Run(one), Run(two)])
    assert found.notes == ()
    assert (found.said[0].right == found.said[1].right).all()
    assert (found.said[0].labels == found.said[1].labels).all()
    assert len(found.said[0]) == 60


def test_only_common_pictures_are_compared_and_the_others_are_counted(tmp_path):
    one = write_run(tmp_path / "a", YES, split=parts(40))
    two = write_run(tmp_path / "b", YES, contents=np.arange(20, 80), split=parts(30))
    found = common([Run(one), Run(two)])
    assert {int(name.split("/")[1].split(".")[0]) for name in found.said[0].names} == set(range(20, 40))
    assert found.notes == (
        f"20 test pictures of {one} are left out: another run did not have or judge 20 of them",
        f"10 test pictures of {two} are left out: another run learned from 10 of them",
    )


def test_none_in_common_is_refused(tmp_path):
    one, two = write_run(tmp_path / "a", YES), write_run(tmp_path / "b", YES, contents=np.arange(100, 160))
    with pytest.raises(InputError, match="judged no test picture in common"):
        common([Run(one), Run(two)])


def test_names_second_where_the_bytes_differ(tmp_path):
    names = [f"{k}.jpg" for k in range(60)]
    one = write_run(tmp_path / "a", YES, names=names)
    two = write_run(tmp_path / "b", YES, contents=np.arange(60) + 3 * 100 * (np.arange(60) < 9), names=names)
    found = common([Run(one), Run(two)])
    assert len(found.said[0]) == 60
    assert found.notes == ("9 pictures are matched by name and size, their bytes differ",)


def test_a_name_over_other_pixels_with_another_label_is_left_out(tmp_path):
    names = [f"{k}.jpg" for k in range(60)]
    one = write_run(tmp_path / "a", YES, names=names)
    two = write_run(tmp_path / "b", YES, contents=np.arange(60) + 100 * (np.arange(60) < 9), names=names)
    found = common([Run(one), Run(two)])
    assert len(found.said[0]) == 51
    assert "9 pictures are left out: the runs have them in different classes" in found.notes


def test_the_same_bytes_twice_are_two_pictures(tmp_path):
    twice = np.repeat(np.arange(30), 2)
    runs = [Run(write_run(tmp_path / name, YES, contents=twice)) for name in "ab"]
    assert len(common(runs).said[0]) == 60


def test_a_group_that_a_run_learned_from_is_left_out(tmp_path):
    group = np.full(60, "", dtype=object)
    group[[0, 1, 59]] = "patient"
    one = write_run(tmp_path / "a", YES, split=parts(40), group=group)
    two = write_run(tmp_path / "b", YES, split=parts(40))
    found = common([Run(one), Run(two)])
    assert len(found.said[0]) == 38
    assert "2 pictures are left out: a run learned from their twin or group" in found.notes


def test_groups_of_both_runs_are_joined(tmp_path):
    first, second = (np.full(60, "", dtype=object) for _ in range(2))
    first[[0, 1]], second[[1, 2]] = "x", "y"
    runs = [Run(write_run(tmp_path / name, YES, group=own)) for name, own in (("a", first), ("b", second))]
    group = common(runs).said[1].group
    assert group[0] == group[1] == group[2] != ""
    assert (group[3:] == "").all()


def test_classes_go_by_name(tmp_path):
    right = np.arange(60) % 7 > 0
    one = write_run(tmp_path / "a", right)
    two = write_run(tmp_path / "b", right, classes=("eel", "fox", "cat", "dog"))
    found = common([Run(one), Run(two)])
    assert found.said[0].classes == found.said[1].classes == ("cat", "dog", "eel", "fox")
    assert found.said[0].right.tolist() == found.said[1].right.tolist() == right.tolist()
    assert found.said[0].probabilities[:, 3].max() < 1e-12
    assert "3 common ones count, not: fox" in found.notes[0]


def test_no_common_classes_are_refused(tmp_path):
    one, two = write_run(tmp_path / "a", YES), write_run(tmp_path / "b", YES)
    (two / "config.json").write_text('{"label_names": ["x", "y", "cat"]}')
    with pytest.raises(InputError, match="1 classes in common"):
        common([Run(one), Run(two)])


def test_a_part_that_is_not_there(tmp_path):
    runs = [Run(write_run(tmp_path / name, YES, split=np.full(60, "train", object))) for name in "ab"]
    with pytest.raises(InputError, match="Compare with: --split train"):
        common(runs)
    assert len(common(runs, "train").said[0]) == 60
    with pytest.raises(OptionError, match="Did you mean 'train'"):
        common(runs, "trian")

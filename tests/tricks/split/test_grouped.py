import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.split.grouped import grouped


def pictures(labels, group=None):
    rest = {} if group is None else {"group": group}
    return Images.of([b""] * len(labels), labels, **rest)


def counts(images):
    return {name: np.bincount(images.labels[images.split == name]).tolist() for name in np.unique(images.split)}


def test_shares_in_every_class_and_nothing_else_changed():
    images = pictures(["a"] * 100 + ["b"] * 50)
    out = grouped(images, rng(0), test=0.2, validation=0.1)
    assert counts(out) == {"test": [20, 10], "train": [70, 35], "validation": [10, 5]}
    assert (out.names == images.names).all()
    assert out.findings == ()


def test_a_group_is_on_one_side():
    group = [str(i // 4) for i in range(200)]
    out = grouped(pictures(["ab"[i // 4 % 2] for i in range(200)], group), rng(1))
    assert all(len(set(out.split[out.group == g])) == 1 for g in set(group))
    assert counts(out) == {"test": [20, 20], "train": [80, 80]}


def test_a_class_with_one_group_is_named():
    out = grouped(pictures(["a"] * 10 + ["b"] * 3, [""] * 10 + ["x"] * 3), rng(2))
    assert [(f.kind, f.rows, f.details["classes"]) for f in out.findings] == [
        ("class too small to split", (10, 11, 12), ["b"])
    ]


def test_fewer_groups_than_parts_and_shares_that_leave_nothing():
    with pytest.raises(InputError, match="4 pictures in 2 groups cannot be dealt to 3 parts"):
        grouped(pictures(list("abab"), list("xxyy")), rng(0), validation=0.2)
    for options in ({"test": 0.0}, {"test": 1.0}, {"test": 0.6, "validation": 0.4}, {"validation": -0.1}):
        with pytest.raises(OptionError, match="shares above 0"):
            grouped(pictures(list("abab")), rng(0), **options)

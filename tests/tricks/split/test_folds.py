import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.split.folds import folds


def test_folds_are_even_in_every_class_and_keep_groups_whole():
    group = [str(i // 2) for i in range(100)]
    images = Images.of(
        [b""] * 100, ["ab"[i // 2 % 2] for i in range(100)], group=group, columns={"age": np.arange(100)}
    )
    out = folds(images, rng(0), k=5)
    fold = out.columns["fold"]
    assert [np.bincount(out.labels[fold == f]).tolist() for f in range(5)] == [[10, 10]] * 5
    assert all(len(set(fold[out.group == g])) == 1 for g in set(group))
    assert (out.columns["age"] == np.arange(100)).all()
    assert (out.split == "").all()


def test_a_small_class_is_named_and_too_few_groups_or_folds_are_errors():
    images = Images.of([b""] * 13, ["a"] * 10 + ["b"] * 3)
    assert folds(images, rng(0)).findings[0].details == {"classes": ["b"], "groups": [3]}
    with pytest.raises(InputError, match="13 groups cannot be dealt to 14 folds"):
        folds(images, rng(0), k=14)
    with pytest.raises(OptionError, match="at least 2"):
        folds(images, rng(0), k=1)

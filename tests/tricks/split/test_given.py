import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.images import Images
from linne.tricks.split.given import given


def pictures(*split):
    return Images.of([b""] * len(split), ["a"] * len(split), split=list(split))


@pytest.mark.parametrize("split", [("train", "test"), ("train", "validation", "test"), ("train", "validation")])
def test_what_was_given_is_kept_without_a_word(split):
    out = given(pictures(*split))
    assert tuple(out.split) == split
    assert out.findings == ()


def test_rows_without_a_split_are_named():
    out = given(pictures("train", "", "test", ""))
    assert [(f.kind, f.rows) for f in out.findings] == [("rows without a split", (1, 3))]
    assert np.array_equal(out.split, np.array(["train", "", "test", ""], object))


def test_nothing_given_or_one_side_only_is_an_error():
    for split, message in ((("", ""), "grouped"), (("test", "validation"), "no 'train'"), (("train", ""), "judge by")):
        with pytest.raises(InputError, match=message):
            given(pictures(*split))

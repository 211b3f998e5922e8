from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images, Taken, encode, read


def some(n: int = 6) -> Images:
    return Images.of([bytes([i]) for i in range(n)], list("abcabc")[:n], group=["x", "", "x", "", "", ""][:n])


def test_classes_are_stored_in_order() -> None:
    assert encode(["b", "a", None, float("nan"), ""], None) == (pytest.approx([1, 0, -1, -1, -1]), ("a", "b"))
    assert encode([10, 9, 2.0], None)[1] == ("2", "9", "10")
    assert encode(["10", "9"], None)[1] == ("9", "10")
    assert encode(["b"], ["b", "a"])[0].tolist() == [0]
    with pytest.raises(InputError, match="Did you mean 'cat'"):
        encode(["cta"], ["cat", "dog"])
    with pytest.raises(InputError, match="repeat"):
        encode(["a"], ["a", "a"])


def test_take_keeps_rows_together() -> None:
    images = some()
    part = images.take([4, 0]).take([1, 0])
    assert [part.items[k] for k in range(2)] == [bytes([0]), bytes([4])]
    assert part.labels.tolist() == images.labels[[0, 4]].tolist()
    assert part.group.tolist() == ["x", ""]
    assert isinstance(part.items, Taken)
    assert not isinstance(part.items.items, Taken)
    assert list(images.take(images.labels == 1).items) == [bytes([1]), bytes([4])]
    assert images.counts().tolist() == [2, 2, 2]


def test_a_mismatch_is_an_error() -> None:
    with pytest.raises(InputError, match="6 pictures but 5"):
        Images.of([b""] * 6, list("abcabc"), group=["x"] * 5)
    with pytest.raises(InputError, match="split holds"):
        Images.of([b""] * 2, ["a", "b"], split=["train", "tset"])
    with pytest.raises(InputError, match="has no name"):
        Images([b""], np.array(["n"]), np.array([3]), ("a",), np.array([""]), np.array([""]))


def test_columns_are_found_by_name() -> None:
    images = Images.of([b""] * 2, ["a", "b"], columns={"patient": np.array(["p", "q"])})
    assert images.column("patient").tolist() == ["p", "q"]
    with pytest.raises(OptionError, match="Did you mean 'patient'"):
        images.column("pateint")


def test_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert read(tmp_path / "a") == b"abc"
    assert read(b"xyz") == b"xyz"
    with pytest.raises(OSError, match="No such file"):
        read(tmp_path / "b")

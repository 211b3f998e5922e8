"""several: COCO's JSON, lists line by line, arrays; the same answers as a table of the same pictures has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load
from tests.tricks.source._said import finding

Tree = Callable[..., Path]


@pytest.fixture
def abc(tree: Tree) -> Path:
    return tree("a.png", "b.png", "c d.png")


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def told(images: Images) -> dict[str, list[int]]:
    assert images.targets is not None
    assert (images.labels == -1).all()
    return {str(name): row.tolist() for name, row in zip(images.names, images.targets, strict=True)}


def coco() -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}, {"id": 9, "file_name": "c d.png"}],
        "categories": [
            {"id": 3, "name": "dog", "supercategory": "animal"}, {"id": 1, "name": "cat", "supercategory": "animal"},
            {"id": 5, "name": "chair", "supercategory": "furniture"}, {"id": 6, "name": "eel", "supercategory": "fish"},
        ],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [0, 0, 2, 2]}, {"image_id": 7, "category_id": 5},
            {"image_id": 7, "category_id": 1, "bbox": [5, 5, 1, 1]}, {"image_id": 8, "category_id": 3},
        ],
    }  # fmt: skip


def test_coco_with_several_categories(abc: Path) -> None:
    path = write(abc / "annotations" / "instances.json", coco())
    images = load(f"several({path})")
    assert images.classes == ("dog", "cat", "chair", "eel")
    assert told(images) == {"a.png": [0, 1, 1, 0], "b.png": [1, 0, 0, 0], "c d.png": [0, 0, 0, 0]}
    assert finding(images, "label never positive").details["classes"] == ["eel"]
    assert finding(images, "pictures without any label").rows == (2,)
    groups = load(f"several({path}, label=supercategory)")
    assert groups.classes == ("animal", "furniture", "fish")
    assert told(groups)["a.png"] == [1, 1, 0]
    assert told(load(f"several({path}, absent=unknown)"))["b.png"] == [1, -1, -1, -1]
    with pytest.raises(InputError, match=r"1 picture with several categories.*Keep them all: 'several\(instances.json"):
        load(path)
    with pytest.raises(OptionError, match="COCO's JSON has no sign"):
        load(f"several({path}, sign=';')")
    with pytest.raises(OptionError, match="no field 'genus'"):
        load(f"several({path}, label=genus)")


def test_other_json(abc: Path) -> None:
    expected = {"a.png": [1, 1], "b.png": [0, 1], "c d.png": [0, 0]}
    plain = write(abc / "m.json", {"a.png": ["cat", "dog"], "b.png": ["dog"], "c d.png": []})
    assert told(load(f"several({plain})")) == expected
    words = write(abc / "w.json", {"a.png": "cat;dog", "b.png": "dog", "c d.png": ""})
    assert told(load(f"several({words})")) == expected
    each = [{"image": "a.png", "labels": ["cat", "dog"]}, {"image": "b.png", "labels": ["dog"]}, {"image": "c d.png"}]
    assert told(load(f"several({write(abc / 'r.json', each)})")) == {**expected, "c d.png": [-1, -1]}
    with pytest.raises(InputError, match=r"x\.json is none of the known shapes"):
        load(f"several({write(abc / 'x.json', 3)})")
    with pytest.raises(InputError, match=r"y\.json is no JSON"):
        load(f"several({write(abc / 'y.json', '[')})")


@pytest.mark.parametrize("sign", [",", ";", "|"])
def test_lists_line_by_line(abc: Path, sign: str) -> None:
    path = write(abc / "t.txt", f"a.png cat{sign}dog\n\nb.png\tdog\nc d.png\n")
    images = load(f"several({path})")
    assert images.classes == ("cat", "dog")
    assert told(images) == {"a.png": [1, 1], "b.png": [0, 1], "c d.png": [0, 0]}
    write(abc / "names.txt", "cat")
    with pytest.raises(InputError, match=r"line [13] of t\.txt has the label 'dog', which is not one of the 1 that"):
        load(f"several({path}, classes=names.txt)")
    with pytest.raises(OptionError, match="has no label; leave label='x' away"):
        load(f"several({path}, label=x)")


def test_lists_of_0_and_1(abc: Path) -> None:
    path = write(abc / "t.txt", "a.png\t1,0,1\nb.png\t0,0,0\nc d.png\t1,1,0\n")
    assert load(f"several({path})").classes == ("0", "1", "2")
    images = load(f"several({path}, classes=cat+dog+eel)")
    assert images.classes == ("cat", "dog", "eel")
    assert told(images) == {"a.png": [1, 0, 1], "b.png": [0, 0, 0], "c d.png": [1, 1, 0]}
    with pytest.raises(InputError, match=r"has 3 labels a picture, and 2 names"):
        load(f"several({path}, classes=cat+dog)")
    numbers = write(abc / "n.txt", "a.png 1,0\nb.png 0\nc d.png 1\n")  # names of labels, as many as a picture has
    assert told(load(f"several({numbers})")) == {"a.png": [1, 1], "b.png": [1, 0], "c d.png": [0, 1]}


def test_lists_of_a_folder_keep_their_splits(abc: Path) -> None:
    write(abc / "train_list.txt", "a.png cat,dog\nb.png cat\n")
    write(abc / "val_list.txt", "c d.png dog\n")
    images = load(f"several({abc})")
    assert told(images) == {"a.png": [1, 1], "b.png": [1, 0], "c d.png": [0, 1]}
    assert dict(zip(images.names, images.split, strict=True))["c d.png"] == "validation"


def test_a_text_file_with_a_header_stays_a_table(abc: Path) -> None:
    path = write(abc / "t.txt", "image\tlabels\na.png\tcat;dog\nb.png\tdog\n")
    assert told(load(f"several({path})")) == {"a.png": [1, 1], "b.png": [0, 1]}


def test_arrays_with_a_row_of_answers(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    y = np.array([[1, 0, 1], [0, 0, 0], [1, 1, -1], [0, 1, 0]])
    np.savez(
        tmp_path / "a.npz", x_train=x[:3], y_train=y[:3], x_test=x[3:], y_test=y[3:], classes=["cat", "dog", "eel"]
    )
    images = load(f"several({tmp_path / 'a.npz'})")
    assert images.classes == ("cat", "dog", "eel")
    assert sorted(told(images).values()) == sorted(y.tolist())
    assert images.split.tolist().count("test") == 1
    place = images.split.tolist().index("test")
    assert images.targets is not None
    assert images.targets[place].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(images.items[place], x[3])
    assert finding(images, "labels not known").rows == ()
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.where(y < 0, np.nan, y))
    beside = load(f"several({tmp_path / 'x.npy'}, classes=cat+dog+eel)")
    assert list(told(beside).values()) == y.tolist()
    np.savez(tmp_path / "b.npz", x=x, y=y > 0)
    assert load(f"several({tmp_path / 'b.npz'})").classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 1, 2, 3], r"labels are \(4,\) of int64 for 4 pictures"),
        ([[0, 1], [1, 0], [0, 2], [0, 0]], "label 1 of row 2 is 2; allowed"),
        ([[0, 0.5]] * 4, "label 1 of row 0 is 0.5; allowed"),
        ([[0, 1]] * 3, r"labels are \(3, 2\) of int64 for 4 pictures"),
        ([["a", "b"]] * 4, "labels are"),
        (None, "has no labels beside its pictures"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, labels: Any, said: str) -> None:
    held = {} if labels is None else {"y": np.array(labels)}
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 8, 8), np.uint8), **held)
    with pytest.raises(InputError, match=said):
        load(f"several({tmp_path / 'a.npz'})")


def test_a_picture_of_several_labels_says_how_it_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 8, 8), np.uint8), y=np.array([[1, 1], [0, 1]]))
    with pytest.raises(InputError, match=r"row 0 of a\.npz has several labels.*'several\(a\.npz\)'"):
        load(tmp_path / "a.npz")

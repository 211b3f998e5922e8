"""annotations: COCO, iNaturalist and AI-Challenger files in their official shapes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load

Tree = Callable[..., Path]


def told(images: Images) -> dict[str, str]:
    return {str(n): [*images.classes, ""][k] for n, k in zip(images.names, images.labels, strict=True)}


def coco(*annotations: tuple[int, int, float]) -> dict[str, Any]:
    return {
        "info": {"year": 2017},
        "images": [{"id": k, "file_name": f"{k:012d}.jpg", "width": 4, "height": 4} for k in (1, 2, 3)],
        "annotations": [
            {"id": n, "image_id": image, "category_id": category, "bbox": [0, 0, area, 1], "area": area}
            for n, (image, category, area) in enumerate(annotations)
        ],
        "categories": [
            {"id": 17, "name": "cat", "supercategory": "animal"},
            {"id": 18, "name": "dog", "supercategory": "animal"},
            {"id": 62, "name": "chair", "supercategory": "furniture"},
        ],
    }


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("val2017/000000000001.jpg", "val2017/000000000002.jpg", "val2017/000000000003.jpg", "annotations/")


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_coco_with_one_category_each(root: Path) -> None:
    path = write(root / "annotations/instances_val2017.json", coco((1, 17, 3.0), (1, 17, 2.0), (2, 62, 1.0)))
    images = load(path)
    assert told(images) == {
        "val2017/000000000001.jpg": "cat",
        "val2017/000000000002.jpg": "chair",
        "val2017/000000000003.jpg": "",
    }
    assert [f.kind for f in images.findings] == ["missing labels"]
    assert set(told(load(path, label="supercategory")).values()) == {"animal", "furniture", ""}
    with pytest.raises(OptionError, match=r"has no field 'supercat'\. Did you mean 'supercategory'\?"):
        load(path, label="supercat")
    with pytest.raises(OptionError, match="names its categories itself"):
        load(path, classes="x.txt")


def test_several_categories_are_an_error_unless_it_is_said_what_to_do(root: Path) -> None:
    path = write(root / "i.json", coco((1, 17, 2.0), (1, 62, 3.0), (1, 17, 2.0), (2, 18, 1.0), (3, 18, 1.0)))
    with pytest.raises(
        InputError, match=r"1 picture with several categories, first '000000000001.jpg': cat \(4.0\), chair"
    ):
        load(path)
    largest = load(path, several="largest")
    assert told(largest)["val2017/000000000001.jpg"] == "cat"  # 2 + 2 beats 3
    assert [f.kind for f in largest.findings] == ["several categories"]
    assert told(load(path, several="skip"))["val2017/000000000001.jpg"] == ""
    with pytest.raises(OptionError, match=r"several='biggest' is not known.*error, largest, skip"):
        load(path, several="biggest")


def test_inaturalist(tree: Tree) -> None:
    root = tree("train_val2019/Plants/617/a.jpg", "train_val2019/Birds/9/b.jpg")
    content = {
        "images": [
            {"id": 1, "file_name": "train_val2019/Plants/617/a.jpg"},
            {"id": 2, "file_name": "train_val2019/Birds/9/b.jpg"},
        ],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 617}, {"id": 2, "image_id": 2, "category_id": 9}],
        "categories": [
            {"id": 617, "name": "Rosa canina", "genus": "Rosa"},
            {"id": 9, "name": "Pica pica", "genus": "Pica"},
        ],
    }
    path = write(root / "train2019.json", content)
    assert sorted(told(load(path)).values()) == ["Pica pica", "Rosa canina"]
    assert load(path, label="genus").classes == ("Pica", "Rosa")
    del content["annotations"]
    assert set(told(load(write(path, content))).values()) == {""}  # as iNaturalist's test files are


@pytest.mark.parametrize("field", ["disease_class", "label_id"])
def test_ai_challenger(tree: Tree, field: str) -> None:
    root = tree("images/a.jpg", "images/b.jpg")
    path = write(root / "x.json", [{"image_id": "a.jpg", field: 9}, {"image_id": "b.jpg", field: "10"}])
    images = load(path)
    assert told(images) == {"images/a.jpg": "9", "images/b.jpg": "10"}
    assert images.classes == ("9", "10")
    (root / "names.txt").write_text("\n".join(f"kind {k}" for k in range(11)))
    assert load(path, classes="names.txt").classes[9] == "kind 9"
    assert told(load(path, classes="names.txt"))["images/b.jpg"] == "kind 10"


def test_a_plain_mapping_and_other_shapes(tree: Tree) -> None:
    root = tree("a.jpg", "b.jpg")
    assert told(load(write(root / "x.json", {"a.jpg": "cat", "b.jpg": "dog"}))) == {"a.jpg": "cat", "b.jpg": "dog"}
    for content in ({"a": {"b": 1}}, [], 3, {}):
        with pytest.raises(InputError, match="none of the known shapes: COCO"):
            load(write(root / "x.json", content))
    (root / "x.json").write_text('{"images": [')
    with pytest.raises(InputError, match=r"x.json is no JSON"):
        load(root / "x.json")
    with pytest.raises(InputError, match="no complete COCO file"):
        load(write(root / "x.json", {"images": [{"id": 1}], "annotations": [{"image_id": 1}]}))
    with pytest.raises(OptionError, match="is no COCO file; leave several='skip' away"):
        load(write(root / "x.json", {"a.jpg": "cat"}), several="skip")

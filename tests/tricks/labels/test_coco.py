"""coco: read by what COCO's documentation says, without our reader."""

import json
from typing import Any

from linne.core.lookup import find

from ._images import NAMES, SIZES, one, several


def read(images: Any, ways: Any = None) -> tuple[dict[str, Any], list[list[str]]]:
    content = json.loads(find("labels", "coco")(images, SIZES, ways or {})[""])
    names = {category["id"]: category["name"] for category in content["categories"]}
    told = {image["id"]: [] for image in content["images"]}
    for annotation in content["annotations"]:
        told[annotation["image_id"]].append(names[annotation["category_id"]])
    return content, list(told.values())


def test_coco() -> None:
    content, told = read(one(), {"cat & co": ("animal", "cat & co"), "<dog>": ("<dog>",)})
    assert told == [["cat & co"], ["<dog>"], []]
    assert content["images"][1] == {"id": 2, "file_name": NAMES[1], "width": 6, "height": 7}
    assert {one["name"]: one["supercategory"] for one in content["categories"]} == {"cat & co": "animal", "<dog>": ""}
    assert len({one["id"] for one in content["annotations"]}) == 2


def test_several_labels() -> None:
    assert read(several([[1, 1], [0, 1], [-1, 0]]))[1] == [["cat & co", "<dog>"], ["<dog>"], []]

"""coco: images, categories and annotations as in COCO's JSON (Lin et al. 2014), an annotation a label, no boxes."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from linne.core.images import Images

from ._each import labels_of

ends = ".json"
keeps = ("parent",)


def coco(images: Images, sizes: np.ndarray, ways: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{"": the file}. sizes: (n, 2) width and height. A category's supercategory is the branch right above it."""
    names = enumerate(images.names.tolist())
    pictures = [{"id": row + 1, "file_name": name, "width": int(sizes[row, 0]), "height": int(sizes[row, 1])}
                for row, name in names]  # fmt: skip
    categories = [{"id": place + 1, "name": name, "supercategory": _above(ways.get(name, ()))}
                  for place, name in enumerate(images.classes)]  # fmt: skip
    number = {one["name"]: one["id"] for one in categories}
    pairs = [(row + 1, number[label]) for row in range(len(images)) for label in labels_of(images, row)]
    found = [{"id": place + 1, "image_id": image, "category_id": category}
             for place, (image, category) in enumerate(pairs)]  # fmt: skip
    content = {"info": {"description": "image classification"}, "images": pictures, "annotations": found,
               "categories": categories}  # fmt: skip
    return {"": json.dumps(content, ensure_ascii=False, indent=1) + "\n"}


def _above(way: Sequence[str]) -> str:
    return way[-2] if len(way) > 1 else ""

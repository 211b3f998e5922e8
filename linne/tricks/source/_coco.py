"""COCO's JSON (Lin et al. 2014): images, their annotations, and the categories of these."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError, nearest

from ._cells import text_of


def json_of(path: Path) -> Any:
    """The file's content. Raises InputError for what is no JSON."""
    try:
        return json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is no JSON: {error}.") from error


def home_of(path: Path) -> Path:
    """The folder that pictures are relative to: the file's own, or the one above `annotations/`."""
    return path.parent.parent if path.parent.name.lower() == "annotations" else path.parent


def is_coco(content: Any) -> bool:
    """Whether this is COCO's shape."""
    return isinstance(content, dict) and isinstance(content.get("images"), list)


def coco(content: Mapping[str, Any], name: str, field: str) -> tuple[dict[Any, str], dict[Any, dict[str, float]], list]:
    """(file of each picture by its id, for each id the area of each of its categories, names of all categories).

    field: of a category, that names it. A label without a box has area 0. Raises OptionError for a field that is not
    there, InputError for an incomplete file.
    """
    try:
        categories = {entry["id"]: str(entry[field]) for entry in content.get("categories", ())}
    except KeyError as error:
        fields = sorted({key for entry in content["categories"] for key in entry})
        raise OptionError(f"a category of {name} has no field {error.args[0]!r}. {nearest(field, fields)}") from error
    try:
        areas = _areas(content, categories)
        files = {entry["id"]: entry.get("file_name") or entry["id"] for entry in content["images"]}
    except (KeyError, TypeError) as error:
        raise InputError(f"{name} is no complete COCO file: {error!r} is missing or no category.") from error
    return files, areas, list(dict.fromkeys(categories.values()))


def _areas(content: Mapping[str, Any], categories: Mapping[Any, str]) -> dict[Any, dict[str, float]]:
    areas: dict[Any, dict[str, float]] = defaultdict(dict)
    for entry in content.get("annotations") or ():
        box = entry.get("bbox") or (0, 0, 0, 0)
        area = entry.get("area") or box[2] * box[3]
        of = areas[entry["image_id"]]
        label = categories[entry["category_id"]]
        of[label] = of.get(label, 0.0) + float(area)
    return areas

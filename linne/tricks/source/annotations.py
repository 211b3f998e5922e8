"""annotations: JSON as COCO (Lin et al. 2014), iNaturalist or AI-Challenger have it, or {"a.jpg": "cat"}."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError, nearest
from linne.core.finding import Finding
from linne.core.images import Images

from ._cells import Table, records_table
from ._classes import class_names, named
from ._coco import coco, home_of, is_coco, json_of
from ._columns import ROLES
from ._say import count, some
from ._table import images_of

suffixes = (".json",)
SEVERAL = ("error", "largest", "skip")


def annotations(
    path: "str | Path", *, label: str = "", several: str = "error", root: str = "", classes: str = ""
) -> Images:
    """Pictures with one category each.

    label: the field that names the class: of a COCO category ("name", "supercategory", "genus", ...), else of a record
    ("label", "label_id", "disease_class", ...). several: what to do with a COCO picture of several categories: "error",
    "largest" (the category with the largest area of it) or "skip" (no label). root: the folder of the pictures, the
    file's own (or the one above `annotations/`) where not given. classes: a file with a class name a line, for labels
    that are numbers. Raises InputError for another shape of JSON, and for a picture with several categories.
    """
    if several not in SEVERAL:
        raise OptionError(f"several={several!r} is not known. {nearest(several, SEVERAL)}")
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else home_of(path)
    content = json_of(path)
    if is_coco(content):
        if classes:
            raise OptionError(f"{path.name} names its categories itself; leave classes={classes!r} away.")
        return images_of(_coco(content, path.name, label or "name", several), base, {})
    if several != "error":
        raise OptionError(f"{path.name} is no COCO file; leave several={several!r} away.")
    names = class_names(classes, path.parent)
    table = _records(content, path.name)
    column = label or next((c for c in table.columns if c.lower() in ROLES["label"]), "")
    if column in table.columns:
        table.columns[column] = named(table.columns[column], names, path.name)
    return images_of(table, base, {"label": label}, names)


def _records(content: Any, name: str) -> Table:
    if isinstance(content, dict) and content and not any(isinstance(v, (list, dict)) for v in content.values()):
        return Table({"image": list(content), "label": list(content.values())}, name)
    if isinstance(content, list) and content:
        return records_table(content, name)
    raise InputError(
        f"{name} is none of the known shapes: COCO (images, annotations, categories), a list of records like "
        '{"image_id": "1.jpg", "label_id": 3}, or {"1.jpg": "cat"}.'
    )


def _coco(content: Mapping[str, Any], name: str, field: str, several: str) -> Table:
    files, areas, _ = coco(content, name, field)
    torn = [image for image in files if len(areas[image]) > 1]
    if torn and several == "error":
        most = ", ".join(f"{label} ({n})" for label, n in Counter(areas[torn[0]]).most_common(3))
        raise InputError(
            f"{name}: {count(len(torn), 'picture')} with several categories, first {files[torn[0]]!r}: {most}. Keep "
            f"them all: 'several({name})'; or one or none of each picture: several=largest, several=skip."
        )
    labels = [_one(areas[image], several) for image in files]
    table = Table({"file_name": list(files.values()), "label": labels}, name)
    if torn:
        how = "the category with the largest area" if several == "largest" else "no label"
        why = f"{count(len(torn), 'picture')} with several categories took {how}: {some([files[k] for k in torn])}."
        table.findings = (Finding((), "several categories", "medium", why, "Look at them; one label may be too few."),)
    return table


def _one(areas: Mapping[str, float], several: str) -> str | None:
    if not areas or (len(areas) > 1 and several == "skip"):
        return None
    return max(sorted(areas), key=lambda label: areas[label])

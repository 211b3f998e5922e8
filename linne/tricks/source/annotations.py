"""annotations: JSON of COCO (Lin et al. 2014), Label Studio, iNaturalist or AI-Challenger, or {"a.jpg": "cat"}."""

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
from ._foreign import apart, below
from ._say import count, some
from ._studio import is_records, is_tasks, studio
from ._table import images_of
from ._tables import refuse

suffixes = (".json",)
SEVERAL = ("error", "largest", "skip")


def annotations(
    path: "str | Path", *, label: str = "", several: str = "error", root: str = "", classes: str = "",
    leaf: bool = False,
) -> Images:  # fmt: skip
    """Pictures with one category each.

    label: the field that names the class: of a COCO category ("name", "supercategory", "genus", ...), else of a record
    ("label", "label_id", "disease_class", ...); of Label Studio's tasks the question. several: what to do with a
    picture of several categories: "error", "largest" (of COCO, the category with the largest area of it) or "skip" (no
    label). leaf: of Label Studio's ways in a taxonomy the end alone is the class, else "animal/bird/owl". root: the
    folder of the pictures, the file's own (or the one above `annotations/`) where not given. classes: a file with a
    class name a line, for labels that are numbers. Raises InputError for another shape of JSON, and for a picture with
    several categories.
    """
    if several not in SEVERAL:
        raise OptionError(f"several={several!r} is not known. {nearest(several, SEVERAL)}")
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else home_of(path)
    content = json_of(path)
    if is_tasks(content) or is_records(content):
        refuse({"classes": classes}, "Label Studio's JSON")
        if several == "largest":
            raise OptionError(f"{path.name} is no COCO file; several=largest needs areas. Give several=skip.")
        return images_of(below(apart(*studio(content, path.name, label, leaf), several), base), base, {})
    refuse({"leaf": "yes" if leaf else ""}, f"{path.name}, which is none of Label Studio's,")
    if is_coco(content):
        if classes:
            raise OptionError(f"{path.name} names its categories itself; leave classes={classes!r} away.")
        return images_of(below(_coco(content, path.name, label or "name", several), base, "file_name"), base, {})
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

"""Files that other annotation tools export, as a row a picture with the list of its labels."""

from dataclasses import dataclass
from pathlib import Path

from ._cells import Table
from ._coco import coco, home_of, is_coco, json_of
from ._cvat import read
from ._foreign import together
from ._studio import is_records, is_short, is_tasks, short, studio
from ._tables import read_table


@dataclass(frozen=True)
class Exported:
    """table: columns image, label, and split and group where told. known: all labels there are, [] where only pictures
    say them. home: the folder that holds the pictures where nothing else is said. what: a name for the file."""

    table: Table
    known: list[str]
    home: Path
    what: str


def exported(path: Path, label: str) -> "Exported | None":
    """COCO's JSON with any number of categories a picture, Label Studio's JSON, JSON_MIN and CSV, CVAT's XML; None for
    other files. label: the field of a category, the question, or the attribute that names the labels."""
    kind = path.suffix.lower() if path.is_file() else ""
    if kind == ".xml":
        table, told, known = read(path, label)
        return Exported(Table({**table.columns, "label": told}, table.name), known, path.parent, "CVAT's XML")
    if kind in (".csv", ".tsv"):
        table = read_table(path)
        if not is_short(table.columns):
            return None
        return Exported(together(*short(table, label, False)), [], path.parent, "Label Studio's CSV")
    if kind != ".json":
        return None
    content = json_of(path)
    if is_tasks(content) or is_records(content):
        return Exported(together(*studio(content, path.name, label)), [], home_of(path), "Label Studio's JSON")
    if not is_coco(content):
        return None
    files, areas, names = coco(content, path.name, label or "name")
    labels = [sorted(areas[image]) if image in areas else [] for image in files]
    return Exported(
        Table({"image": list(files.values()), "label": labels}, path.name), names, home_of(path), "COCO's JSON"
    )

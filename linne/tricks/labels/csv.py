"""csv: a table with a row a picture: image, label (or labels), and split, group and way in a taxonomy where given."""

import csv as table
import io
from collections.abc import Mapping, Sequence

import numpy as np

from linne.core.images import Images
from linne.core.taxonomy import SIGN

from ._each import further, labels_of

ends = ".csv"
keeps = ("taxonomy", "split", "group", "nothing known", "not known")
SURE, BLANK = (";", "|", ","), ("/", "+", " ")
"""What is taken for a divider of lists, and what is where nothing surer occurs."""


def csv(images: Images, ways: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{"": the table}. Several labels are a list divided by ";" ("?cat": not known of that picture, "?": nothing is),
    or, where labels hold what could divide them, a column of 0 and 1 a label, empty for not known."""
    extra = [name for name in ("split", "group") if (getattr(images, name) != "").any()]
    path = ["path"] if ways and images.targets is None else []
    hot = images.targets is not None and _columns(images)
    told = list(images.classes) if hot else ["label" if images.targets is None else "labels"]
    out = io.StringIO()
    rows = table.writer(out, lineterminator="\n")
    rows.writerow(["image", *told, *path, *extra])
    for row, name in enumerate(images.names.tolist()):
        cells = _bits(images.targets[row]) if hot and images.targets is not None else [_list(images, row)]
        way = f" {SIGN} ".join(ways[labels[0]]) if path and (labels := labels_of(images, row)) else ""
        more = further(images, row)
        rows.writerow([name, *cells, *([way] if path else []), *(more.get(column, "") for column in extra)])
    return {"": out.getvalue()}


def _columns(images: Images) -> bool:
    """Whether lists could be read as other labels than these."""
    names = images.classes
    if any(sign in name for name in names for sign in SURE) or any(name[:1] == "?" for name in names):
        return True
    listed = any(";" in _list(images, row) for row in range(len(images)))
    return not listed and any(sign in name for name in names for sign in BLANK)


def _bits(targets: np.ndarray) -> list[str]:
    return ["" if one < 0 else str(int(one)) for one in targets]


def _list(images: Images, row: int) -> str:
    found = labels_of(images, row)
    if images.targets is None:
        return found[0] if found else ""
    unknown = np.flatnonzero(images.targets[row] < 0)
    if len(unknown) == len(images.classes):
        return "?"
    return ";".join([*found, *(f"?{images.classes[k]}" for k in unknown)])

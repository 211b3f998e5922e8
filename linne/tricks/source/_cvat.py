"""CVAT's XML for images as a table of pictures and their labels."""

from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError, nearest
from linne.core.markup import Node, each

from ._cells import Table
from ._say import split_of

HOW = ("error", "skip")
SHAPES = ("box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton")


def read(path: Path, attribute: str) -> tuple[Table, list[list[str]], list[str]]:
    """(a row a picture with image, and split where told; the labels of each; all labels of the file).

    A picture's labels are its tags', else its shapes'. attribute: of a tag or shape, that holds the class. Raises
    InputError for another XML, OptionError for an attribute that nothing has.
    """
    nodes: list[Node] = []
    each(path, "annotations", nodes.append)
    pictures = [one for one in nodes if one.name == "image"]
    if not pictures:
        what = "holds tracks of a film" if any(one.name == "track" for one in nodes) else "holds no <image>"
        raise InputError(f"{path.name} {what}; expected 'CVAT for images 1.1'. Export it in that format.")
    marks = [node.all("tag") or [one for one in node.inside if one.name in SHAPES] for node in pictures]
    told = [_words(each, attribute) for each in marks]
    if attribute:
        names = sorted({name for each in marks for mark in each for name in _attributes(mark)})
        if attribute not in names:
            raise OptionError(f"no tag of {path.name} has an attribute {attribute!r}. {nearest(attribute, names)}")
    columns: dict[str, Any] = {"image": [one.attributes.get("name", "") for one in pictures]}
    splits = [split_of(one.attributes.get("subset", "")) for one in pictures]
    columns |= {"split": splits} if any(splits) else {}
    held = sorted({word for one in told for word in one})
    return Table(columns, path.name), told, held if attribute else list(dict.fromkeys([*_known(nodes), *held]))


def _words(marks: list[Node], attribute: str) -> list[str]:
    found = [_attributes(one).get(attribute, "") if attribute else one.attributes.get("label", "") for one in marks]
    return list(dict.fromkeys(word for word in found if word))


def _attributes(mark: Node) -> dict[str, str]:
    return {one.attributes.get("name", ""): one.text.strip() for one in mark.all("attribute")}


def _known(nodes: list[Node]) -> list[str]:
    """The labels of the file's own list, parts of skeletons left out."""
    meta = next((one for one in nodes if one.name == "meta"), None)
    found: list[str] = []
    for kind in ("task", "job", "project"):
        labels = meta.first(kind, "labels") if meta else None
        for one in labels.all("label") if labels else ():
            name, parent = one.first("name"), one.first("parent")
            found += [name.text.strip()] if name is not None and parent is None else []
    return found

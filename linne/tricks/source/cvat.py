"""cvat: CVAT's XML for images (https://docs.cvat.ai/docs/other/xml_format), a tag a label."""

from pathlib import Path

from linne.core.errors import OptionError, nearest
from linne.core.images import Images

from ._cvat import HOW, read
from ._foreign import below, single
from ._table import images_of

suffixes = (".xml",)


def cvat(path: "str | Path", *, label: str = "", several: str = "error", root: str = "") -> Images:
    """Pictures with the tag that each has, or the label of its boxes and other shapes where it has no tag.

    label: an attribute of the tag that holds the class, the tag's own label where not given. several: what to do with
    pictures of several labels: "error" or "skip" (no label); 'several(FILE)' keeps them. root: the folder of the
    pictures, the file's own where not given. A picture's subset is its split. Raises InputError
    for another XML, one with entities, and for pictures with several labels.
    """
    if several not in HOW:
        raise OptionError(f"several={several!r} is not known. {nearest(several, HOW)}")
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else path.parent
    table, told, _ = read(path, label)
    return images_of(below(single(table, told, several), base), base, {})

"""cvat: CVAT's XML for images, version 1.1, a tag a label (https://docs.cvat.ai/docs/other/xml_format)."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from linne.core.images import Images
from linne.core.names import printable

from ._each import labels_of

ends = ".xml"
keeps = ("split",)


def cvat(images: Images, sizes: np.ndarray, *, name: str = "linne") -> dict[str, str]:
    """{"": the file}. sizes: (n, 2) width and height. name: the task's. A picture's split is its subset. Characters
    that XML cannot hold are written as escapes."""
    return {"": "".join(_lines(images, sizes, name))}


def _lines(images: Images, sizes: np.ndarray, name: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n'
    yield f"      <name>{_text(name)}</name>\n      <size>{len(images)}</size>\n      <mode>annotation</mode>\n"
    yield "      <labels>\n"
    for label in images.classes:
        yield f"        <label>\n          <name>{_text(label)}</name>\n          <type>tag</type>\n"
        yield "          <attributes>\n          </attributes>\n        </label>\n"
    yield "      </labels>\n    </task>\n  </meta>\n"
    for row in range(len(images)):
        subset = f" subset={_quoted(images.split[row])}" if images.split[row] else ""
        yield f'  <image id="{row}" name={_quoted(images.names[row])}{subset}'
        yield f' width="{sizes[row, 0]}" height="{sizes[row, 1]}">\n'
        for label in labels_of(images, row):
            yield f'    <tag label={_quoted(label)} source="manual">\n    </tag>\n'
        yield "  </image>\n"
    yield "</annotations>\n"


def _text(word: str) -> str:
    return escape(printable(str(word)))


def _quoted(word: str) -> str:
    return quoteattr(printable(str(word)))

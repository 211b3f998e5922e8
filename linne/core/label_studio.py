"""Label Studio's words for labels: results of annotations read and written, its labelling configuration.

Its format as documented at https://labelstud.io/guide/task_format and /tags/choices, /tags/taxonomy.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from .errors import InputError
from .names import printable

KINDS = re.compile(r"choices|taxonomy|[a-z]*labels")
"""Types of results that name a class: choices, a way in a taxonomy, or a region's labels."""
LOCAL = "/data/local-files/?d="
"""What stands before a path below Label Studio's document root."""
SLASH = "/"


def said(result: Any, leaf: bool = False) -> dict[str, list[str]]:
    """{control: labels, each once, in their order} of an annotation's `result`; what is no label is passed over.

    leaf: of a way in a taxonomy its end alone, else "animal/bird/owl". Raises InputError for another shape.
    """
    if not isinstance(result, list):
        raise InputError(f"an annotation's result is {type(result).__name__}; expected a list of regions.")
    found: dict[str, list[str]] = {}
    for one in result:
        kind = one.get("type") if isinstance(one, dict) else None
        if not isinstance(kind, str) or not KINDS.fullmatch(kind):
            continue
        value = one.get("value")
        labels = value.get(kind, []) if isinstance(value, dict) else []
        of = found.setdefault(str(one.get("from_name", "")), [])
        of += [word for word in words(labels, leaf) if word not in of]
    return found


def words(labels: Any, leaf: bool = False) -> list[str]:
    """Labels as words: a list of them, of ways (lists from the top down), or one. Raises InputError for others."""
    out = []
    for label in labels if isinstance(labels, list) else [labels]:
        way = label if isinstance(label, list) else [label]
        if not way or not all(isinstance(step, (str, int, float)) for step in way):
            raise InputError(f"{str(label)[:80]!r} is no label of Label Studio: expected a word, or a list of words.")
        out.append(str(way[-1]) if leaf else SLASH.join(map(str, way)))
    return out


def result(
    labels: Sequence[str], ways: Mapping[str, Sequence[str]], control: str = "choice", picture: str = "image"
) -> list[dict[str, Any]]:
    """The `result` of an annotation or a prediction: these labels, none where there are none. ways: each class's way
    from the top of a taxonomy, {} without one. control, picture: names of the tags in the labelling configuration."""
    kind = "taxonomy" if ways else "choices"
    value = [list(ways[label]) for label in labels] if ways else list(labels)
    if not labels:
        return []
    return [{"from_name": control, "to_name": picture, "type": kind, "value": {kind: value}}]


def configuration(
    classes: Iterable[str], ways: Mapping[str, Sequence[str]], several: bool, control: str = "choice",
    picture: str = "image",
) -> str:  # fmt: skip
    """Label Studio's labelling configuration (XML) for these classes; `several`: a picture may have more than one."""
    name, image = quoteattr(control), quoteattr(picture)
    head = f'<View>\n  <Image name={image} value="${picture}"/>\n'
    if not ways:
        how = "multiple" if several else "single"
        rows = [f"    <Choice value={quoteattr(printable(one))}/>\n" for one in classes]
        return f'{head}  <Choices name={name} toName={image} choice="{how}">\n{"".join(rows)}  </Choices>\n</View>\n'
    one = "" if several else ' maxUsages="1"'
    rows = "".join(_branch(_nested(ways[each] for each in classes), 2))
    return f'{head}  <Taxonomy name={name} toName={image} leafsOnly="true"{one}>\n{rows}  </Taxonomy>\n</View>\n'


def _nested(ways: Iterable[Sequence[str]]) -> dict[str, Any]:
    top: dict[str, Any] = {}
    for way in ways:
        at = top
        for step in way:
            at = at.setdefault(step, {})
    return top


def _branch(tree: Mapping[str, Any], depth: int) -> Iterable[str]:
    blank = "  " * depth
    for name, below in tree.items():
        if below:
            yield f"{blank}<Choice value={quoteattr(printable(name))}>\n"
            yield from _branch(below, depth + 1)
            yield f"{blank}</Choice>\n"
        else:
            yield f"{blank}<Choice value={quoteattr(printable(name))}/>\n"

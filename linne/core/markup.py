"""XML read without what makes XML dangerous: no document type, no entities, nothing fetched, nothing too deep."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from .errors import InputError

DEPTH = 64
CHUNK = 1 << 20


@dataclass
class Node:
    """An element: its name, attributes, text directly in it, and the elements in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: "list[Node]" = field(default_factory=list)

    def all(self, name: str) -> "list[Node]":
        """The elements of this name directly in it."""
        return [one for one in self.inside if one.name == name]

    def first(self, *way: str) -> "Node | None":
        """The first element at the end of this way down."""
        at: Node | None = self
        for name in way:
            at = next(iter(at.all(name)), None) if at else None
        return at


class _Reader:
    """Handles of one parse: elements straight below the root are handed on whole, and forgotten."""

    def __init__(self, name: str, root: str, hand: Callable[[Node], None]) -> None:
        self.name, self.root, self.hand = name, root, hand
        self.open: list[Node] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.open and name != self.root:
            raise InputError(f"{self.name} begins with <{name[:40]}>; expected <{self.root}>.")
        if len(self.open) >= DEPTH:
            raise InputError(f"{self.name} is nested more than {DEPTH} deep: it is no file of annotations.")
        node = Node(name, attributes)
        if len(self.open) > 1:
            self.open[-1].inside.append(node)
        self.open.append(node)

    def end(self, _: str) -> None:
        node = self.open.pop()
        if len(self.open) == 1:
            self.hand(node)

    def data(self, text: str) -> None:
        if len(self.open) > 1:
            self.open[-1].text += text

    def refuse(self, *_: object) -> int:
        raise InputError(
            f"{self.name} declares a document type or entities, which files of annotations do not have and which "
            "can hide others' files or gigabytes. Export it again, or take the <!DOCTYPE ...> out."
        )


def each(path: Path, root: str, hand: Callable[[Node], None]) -> None:
    """Call `hand` with every element straight below the root, in order; memory holds one of them at a time.

    Raises InputError for what is no XML, another root, a document type or an entity.
    """
    try:
        with open(path, "rb") as file:
            parse(iter(lambda: file.read(CHUNK), b""), path.name, root, hand)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}.") from error


def nodes(text: str, name: str, root: str) -> list[Node]:
    """The elements straight below the root of a text. Raises as `each` does."""
    found: list[Node] = []
    parse([text.encode("utf-8", "replace")], name, root, found.append)
    return found


def parse(chunks: Iterable[bytes], name: str, root: str, hand: Callable[[Node], None]) -> None:
    """`each` of bytes that come in chunks; name: what messages call them."""
    reader = _Reader(name, root, hand)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = reader.refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise InputError(f"{name} is no XML: {error}.") from error

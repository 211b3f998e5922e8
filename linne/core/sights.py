"""Pictures prepared elsewhere: every square that an answer needs of them, made by a process that does nothing else.

A process that decodes is told `Sights`, as bytes, and gives `prepared(...)`, as bytes; who asked makes a `Prepared` of
them, which stands among pictures in the place of an encoded one.
"""

import json
import struct
from dataclasses import asdict, dataclass, field
from functools import cache

import numpy as np

from .decode import Geometry, Limits, Picture, decode
from .errors import Unreadable
from .facts import FACT, THUMB
from .gaze import Gaze
from .measure import content_hash, measure
from .view import View, shown

LOOK = np.dtype([("fact", FACT), ("thumb", "u1", (THUMB, THUMB)), ("small", "u1", (8, 8, 3))])
"""What `measure` gives, as one record."""
REASON = struct.Struct(">H")
"""The length of the reason that a picture cannot be read for, 0 where it can."""


LIMITS = Limits()


@dataclass(frozen=True)
class Sights:
    """What an answer needs of a picture. of: geometries, each with a chain of view tricks, "" for the plain picture.
    facts: its measures too, as checks and galleries look at them."""

    of: tuple[tuple[Geometry, str], ...]
    facts: bool = False

    def told(self) -> bytes:
        """For another process: JSON."""
        return json.dumps({"of": [[asdict(one), views] for one, views in self.of], "facts": self.facts}).encode()

    @classmethod
    def heard(cls, told: bytes) -> "Sights":
        """What `told` says."""
        found = json.loads(told)
        return cls(tuple((Geometry(**one), views) for one, views in found["of"]), found["facts"])

    def views(self, content: bytes) -> list[list[View]]:
        """For each geometry the views of a picture with this hash."""
        return [gaze(content) for gaze in _gazes(self)]


@dataclass(eq=False)
class Prepared:
    """A picture among others, prepared before. hash: of its encoded bytes. reason: why it cannot be read, or "".

    look: its measures, a record of LOOK, where they were asked for. squares: (S, S, 3) uint8 by geometry and view.
    """

    hash: bytes
    reason: str = ""
    look: "np.ndarray | None" = None
    squares: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def square(self, geometry: Geometry, view: str = "") -> np.ndarray:
        """The square of a geometry and a view's key. Raises KeyError for one that was not asked for."""
        return self.squares[geometry.key(), view]

    @classmethod
    def lost(cls, sights: Sights, data: bytes, reason: str) -> "Prepared":
        """A picture of which the other process told nothing."""
        return cls(content_hash(data), reason, looked(data, "", None, reason) if sights.facts else None)

    @classmethod
    def heard(cls, sights: Sights, content: bytes, told: bytes) -> "Prepared":
        """What `prepared` told of a picture with this hash."""
        (length,), at = REASON.unpack_from(told), REASON.size
        made, at = cls(content, told[at : at + length].decode()), at + length
        if sights.facts:
            made.look = np.frombuffer(told, LOOK, 1, at).reshape(()).copy()
            at += LOOK.itemsize
        if made.reason:
            return made
        for (geometry, _), views in zip(sights.of, sights.views(content), strict=True):
            shape = (geometry.size, geometry.size, 3)
            for view in views:
                square = np.frombuffer(told, np.uint8, int(np.prod(shape)), at).reshape(shape)
                made.squares[geometry.key(), view.key()] = square
                at += square.nbytes
        return made


def prepared(data: bytes, sights: Sights) -> bytes:
    """What is wanted of encoded bytes, as bytes; each geometry decodes as finely as it would alone."""
    held: dict[int, Picture] = {}
    reason, squares = "", list[bytes]()
    try:
        for (geometry, _), views in zip(sights.of, sights.views(content_hash(data)), strict=True):
            if geometry.least not in held:
                held[geometry.least] = decode(data, least=geometry.least, limits=LIMITS)
            squares += [one.tobytes() for one in shown(held[geometry.least].pixels, geometry, views)]
    except Unreadable as error:
        reason = error.reason
    told = reason.encode()
    facts = b""
    if sights.facts:
        facts = looked(data, "", None if reason else held[sights.of[0][0].least], reason).tobytes()
    return b"".join([REASON.pack(len(told)), told, facts, *([] if reason else squares)])


def looked(data: "bytes | np.ndarray", name: str, picture: "Picture | None", reason: str) -> np.ndarray:
    """A record () of LOOK: what `measure` says of one picture."""
    look = np.zeros((), LOOK)
    look["fact"], look["thumb"], look["small"] = measure(name, picture, data, reason)
    return look


@cache
def _gazes(sights: Sights) -> list[Gaze]:
    return [Gaze(views, geometry.size) for geometry, views in sights.of]

"""The decoder's process: pictures come in on its standard input, squares go out on its standard output.

`python -m linne.web.decoder`; a picture that kills it, or takes too long, costs the server nothing but that picture. It
ends when its input does, so that none outlives its server.
"""

import json
import struct
import sys
from functools import cache
from typing import IO

import numpy as np

from ..core.decode import Geometry, Limits, decode, prepare
from ..core.errors import Unreadable
from ..core.measure import content_hash
from ..core.sights import Sights, prepared

ASK, ANSWER = struct.Struct(">II"), struct.Struct(">BI")
"""Lengths of what is wanted (JSON: a geometry, or Sights) and of the picture; whether there is a square, and the length
of what follows: the content's hash (16 bytes), then the square's pixels or the reason, or what `prepared` tells."""
PIPE = 1 << 20
"""Bytes that a pipe may hold."""
MEMORY = 6 << 30
"""Addresses that the process may have: far above what the largest picture that is let in takes."""


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer until the input ends."""
    while head := source.read(ASK.size):
        first, second = ASK.unpack(head)
        geometry, data = source.read(first), source.read(second)
        ok, body = answer(data, geometry)
        sink.write(b"".join((ANSWER.pack(ok, sum(map(len, body))), *body)))
        sink.flush()


def answer(data: bytes, geometry: bytes) -> "tuple[bool, tuple[bytes | memoryview, ...]]":
    """Whether the picture could be read, and its hash with the square's pixels, or with the reason."""
    mark, wanted = content_hash(data), _wanted(geometry)
    if isinstance(wanted, Sights):
        return True, (mark, prepared(data, wanted))
    try:
        square = prepare(decode(data, least=wanted.least, limits=Limits()).pixels, wanted)
    except Unreadable as error:
        return False, (mark, error.reason.encode())
    return True, (mark, np.ascontiguousarray(square).data.cast("B"))


@cache
def _wanted(text: bytes) -> "Geometry | Sights":
    return Sights.heard(text) if "of" in json.loads(text) else Geometry(**json.loads(text))


def widened() -> None:
    """Let a whole square lie in a pipe, where the system can: it is read at once and not in three turns."""
    try:
        import fcntl

        for end in (0, 1):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE)
    except (ImportError, AttributeError, OSError):
        pass


def kept() -> None:
    """Let glibc keep what a picture took for the next one: given back and fetched anew it cost 300 page faults, 0.65 of
    2.7 ms. At most 64 MB are kept; what is larger than 32 goes back at once."""
    try:
        import ctypes

        for setting, size in ((-1, 64 << 20), (-3, 32 << 20)):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
            ctypes.CDLL(None).mallopt(setting, size)
    except (ImportError, AttributeError, OSError, TypeError):  # another system, another libc
        pass


def limited() -> None:
    """Bound this process's memory, where the system can, and keep what libraries print away from the answers."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass


if __name__ == "__main__":
    limited()
    kept()
    widened()
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr
    main(sys.stdin.buffer, answers)

"""IDX, the format of MNIST's official files: a magic number, the sizes, then the values (yann.lecun.com/exdb/mnist)."""

import gzip
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from linne.core.errors import InputError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> np.ndarray:
    """The array of an IDX file, gzipped or not; raises InputError where it is none, or ends early or late."""
    try:
        opened: Any = gzip.open(path) if path.suffix == ".gz" else open(path, "rb")  # noqa: SIM115
        with opened as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not head[3]:
                raise InputError(f"{path.name} is no IDX file: it begins with {head!r}.")
            shape = tuple(np.frombuffer(_exactly(file, 4 * head[3], path), ">u4").tolist())
            kind = np.dtype(TYPES[head[2]])
            values = np.frombuffer(_exactly(file, int(np.prod(shape, dtype=object)) * kind.itemsize, path), kind)
            if file.read(1):
                raise InputError(f"{path.name} goes on after its {shape} values: it is damaged.")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read: {error}.") from error
    return values.reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _exactly(file: IO[bytes], size: int, path: Path) -> bytes:
    """`size` bytes, read in pieces, so that a header that lies about its size allocates nothing."""
    pieces, left = [], size
    while left:
        piece = file.read(min(left, 1 << 24))
        if not piece:
            raise InputError(f"{path.name} ends early: {left:,} of {size:,} bytes are missing. Fetch it again.")
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)

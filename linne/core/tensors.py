"""Safetensors files read in place: arrays as views of the file, which processes share and nobody copies."""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .errors import RunError

KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U64": "<u8",
    "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?",
}  # fmt: skip
LONGEST = 100_000_000
"""Bytes of a header, as the format itself limits them."""


def mapped(path: Path) -> dict[str, np.ndarray]:
    """Every array of a file by name, read-only, its pages read when they are used.

    The format is 8 bytes of length, a JSON header, then the arrays. Raises FileNotFoundError where the file is not
    there, RunError where it is damaged: cut off, or a header that does not fit what follows.
    """
    size = path.stat().st_size
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(LONGEST, size - 8):
                raise ValueError("its header is cut off")
            header = json.loads(file.read(length))
        whole = np.memmap(path, np.uint8, "r", offset=8 + length) if size > 8 + length else np.zeros(0, np.uint8)
        return {name: _array(whole, told) for name, told in header.items() if name != "__metadata__"}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RunError(f"{path} is damaged: {error}.") from error


def _array(whole: np.ndarray, told: dict[str, Any]) -> np.ndarray:
    kind, (start, end) = np.dtype(KINDS[told["dtype"]]), told["data_offsets"]
    shape = tuple(int(side) for side in told["shape"])
    if end - start != prod(shape) * kind.itemsize or not 0 <= start <= end <= len(whole):
        raise ValueError("it is cut off, or its header is not its own")
    return whole[start:end].view(kind).reshape(shape)


def words(array: np.ndarray) -> list[str]:
    """The texts that `blob` joined."""
    text = array.tobytes().decode("utf-8", "surrogateescape")
    return text.split("\0")[:-1]


def blob(texts: "list[str] | tuple[str, ...]") -> np.ndarray:
    """(m,) uint8: texts without a zero in them, each ended by one, as an array that safetensors can hold."""
    joined = "".join(f"{text}\0" for text in texts)
    return np.frombuffer(joined.encode("utf-8", "surrogateescape"), np.uint8)

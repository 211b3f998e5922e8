"""A state as JSON and named pieces of bytes, and back, exactly: what a checkpoint holds.

JSON's own values stand as they are; anything else is an object whose one key says what it is:
{"dict": {...}}, {"pairs": [[key, value], ...]}, {"tuple": [...]}, {"int": hex}, {"float": eight bytes in hex},
{"bytes": hex}, {"text": UTF-8 in hex}, {"scalar": [dtype, hex]}, {"tensor": [piece, dtype, shape, strides]},
{"array": [piece, dtype, shape, order]}. A tensor keeps its memory format (channels_last), because kernels round by it.
"""

import math
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.errors import RunError

CODES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "uint16": "U16",
    "int16": "I16",
    "uint32": "U32",
    "int32": "I32",
    "uint64": "U64",
    "int64": "I64",
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}
"""safetensors' name of a dtype; every other is kept as bytes."""
EXACT = 2**53  # other readers of JSON keep integers as doubles


class Piece(NamedTuple):
    """One tensor of the file: safetensors' dtype, shape, bytes of an item, bytes in all, and what gives them."""

    code: str
    shape: tuple[int, ...]
    item: int
    size: int
    data: Callable[[], memoryview]


def pack(state: dict[Any, Any]) -> tuple[Any, dict[str, Piece]]:
    """(JSON-ready, pieces by name) of nested dicts, lists and tuples of tensors, arrays, numbers, strings, bytes, None.

    Equal views of one memory are written once. Raises RunError that names the place of anything else.
    """
    pieces: dict[str, Piece] = {}
    return _Packer(pieces, {}).value(state, ()), pieces


def unpack(value: Any, read: Callable[[str], Any]) -> Any:
    """The state again. `read`: a piece's bytes by its name, as a flat uint8 tensor.

    Tensors come back on the CPU, each in memory of its own; what was one tensor is one again. Raises ValueError,
    KeyError, TypeError, struct.error or RuntimeError for what `pack` does not write.
    """
    return _Unpacker(read, {}).value(value)


class _Packer(NamedTuple):
    pieces: dict[str, Piece]
    seen: dict[Any, str]

    def value(self, value: Any, path: tuple[str, ...]) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if isinstance(value, dict):
            return self.mapping(value, path)
        if isinstance(value, (list, tuple)):
            items = [self.value(item, (*path, str(place))) for place, item in enumerate(value)]
            return items if isinstance(value, list) else {"tuple": items}
        if isinstance(value, np.generic):
            return {"scalar": [_plain(value.dtype, path).str, np.asarray(value).tobytes().hex()]}
        if isinstance(value, np.ndarray):
            return self.array(value, path)
        if kind in SIMPLE:
            return SIMPLE[kind](value)
        return self.tensor(value, path)

    def mapping(self, value: dict[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
        if all(type(key) is str and _encodes(key) for key in value):
            return {"dict": {key: self.value(item, (*path, key)) for key, item in value.items()}}
        return {"pairs": [[self.value(k, (*path, "key")), self.value(v, (*path, str(k)))] for k, v in value.items()]}

    def array(self, value: np.ndarray, path: tuple[str, ...]) -> dict[str, Any]:
        dtype, order = _plain(value.dtype, path), "F" if np.isfortran(value) else "C"

        def data() -> memoryview:
            return memoryview(value.tobytes(order))

        code = CODES.get(dtype.name, "U8") if dtype.isnative else "U8"
        shape = (value.nbytes,) if code == "U8" else value.shape if order == "C" else (value.size,)
        item = 1 if code == "U8" else dtype.itemsize
        name = self.name(id(value), path, Piece(code, shape, item, value.nbytes, data))
        return {"array": [name, dtype.str, list(value.shape), order]}

    def tensor(self, value: Any, path: tuple[str, ...]) -> dict[str, Any]:
        import torch

        if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.layout != torch.strided or value.is_meta:
            raise _refuse(value, path)
        dtype, strides = str(value.dtype).removeprefix("torch."), torch.empty_like(value, device="meta").stride()
        size = value.numel() * value.element_size()

        def data() -> memoryview:
            dense = torch.empty_like(value, device="cpu", requires_grad=False).copy_(value.detach())
            return dense.as_strided((dense.numel(),), (1,)).view(torch.uint8).numpy().data

        code = CODES.get(dtype, "U8")
        own = torch.empty(value.shape, device="meta").stride() == strides
        shape = (size,) if code == "U8" else tuple(value.shape) if own else (value.numel(),)
        same = value.device, value.dtype, value.data_ptr(), value.shape, value.stride(), value.is_conj(), value.is_neg()
        item = 1 if code == "U8" else value.element_size()
        name = self.name(same if size else id(value), path, Piece(code, shape, item, size, data))
        return {"tensor": [name, dtype, list(value.shape), list(strides)]}

    def name(self, same: Any, path: tuple[str, ...], piece: Piece) -> str:
        """The piece's name: where it stands in the state, or where the same one stood before."""
        if same not in self.seen:
            name = "/".join(path).encode("utf-8", "replace").decode() or "state"
            while name in self.pieces or name == "__metadata__":
                name += "+"
            self.pieces[name], self.seen[same] = piece, name
        return self.seen[same]


class _Unpacker(NamedTuple):
    read: Callable[[str], Any]
    made: dict[str, Any]

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, held),) = value.items()
        if kind == "dict":
            return {key: self.value(item) for key, item in held.items()}
        if kind == "pairs":
            return {self.value(key): self.value(item) for key, item in held}
        if kind == "tuple":
            return tuple(map(self.value, held))
        if kind in ("tensor", "array"):
            if held[0] not in self.made:
                self.made[held[0]] = (self.tensor if kind == "tensor" else self.array)(*held)
            return self.made[held[0]]
        return PLAIN[kind](held)

    def tensor(self, name: str, dtype: str, shape: list[int], strides: list[int]) -> Any:
        import torch

        raw, kind = self.read(name), getattr(torch, dtype)
        flat = torch.empty(math.prod(_whole(shape, raw.numel())), dtype=kind)
        flat.view(torch.uint8).copy_(raw)
        return flat.as_strided(shape, strides)

    def array(self, name: str, dtype: str, shape: list[int], order: str) -> np.ndarray:
        raw = self.read(name).numpy()
        return raw.view(np.dtype(dtype)).reshape(shape, order=order).copy(order)  # type: ignore[arg-type]


def _whole(shape: list[int], limit: int) -> list[int]:
    if any(side < 0 for side in shape) or math.prod(shape) > limit:
        raise ValueError(f"a tensor of shape {shape} in {limit} bytes")
    return shape


def _encodes(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _plain(dtype: np.dtype, path: tuple[str, ...]) -> np.dtype:
    if dtype.hasobject or dtype.kind == "V":
        raise _refuse(dtype, path)
    return dtype


def _refuse(value: Any, path: tuple[str, ...]) -> RunError:
    what = f"{type(value).__module__}.{type(value).__qualname__}"
    return RunError(
        f"A checkpoint cannot hold the {what} at {'/'.join(path) or 'its top'}. It holds dicts, lists and tuples of "
        "dense tensors, numpy arrays, numbers, strings, bytes and None: let state() return those."
    )


SIMPLE: dict[type, Callable[[Any], Any]] = {
    int: lambda value: value if abs(value) < EXACT else {"int": hex(value)},
    float: lambda value: value if math.isfinite(value) else {"float": struct.pack(">d", value).hex()},
    str: lambda value: value if _encodes(value) else {"text": value.encode("utf-8", "surrogatepass").hex()},
    bytes: lambda value: {"bytes": value.hex()},
}
PLAIN: dict[str, Callable[[Any], Any]] = {
    "int": lambda held: int(held, 16),
    "float": lambda held: struct.unpack(">d", bytes.fromhex(held))[0],
    "text": lambda held: bytes.fromhex(held).decode("utf-8", "surrogatepass"),
    "bytes": bytes.fromhex,
    "scalar": lambda held: np.ndarray((), np.dtype(held[0]), bytes.fromhex(held[1]))[()],
}

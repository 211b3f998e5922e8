"""ONNX files as bytes, read without any library: what one asks for beside itself, and a model that begins further on.

Only the wire format of protobuf is used (protobuf.dev/programming-guides/encoding) with the numbers of onnx.proto3.
"""

from collections.abc import Iterator
from math import prod

from .errors import RunError

Field = tuple[int, int, int, int]
"""number, wire type, and from where to where its value lies (of a varint its value and 0)."""
DEEPEST = 64
SIZES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2, 17: 1, 18: 1, 19: 1, 20: 1}
"""Bytes of an element by TensorProto's data type; others are packed or texts."""
MODEL = {7: "graph", 25: "function", 20: "training"}
INSIDE = {
    "graph": {1: "node", 5: "tensor", 15: "sparse"}, "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"}, "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse",
    23: "sparse"}, "sparse": {1: "tensor", 2: "tensor"}, "training": {1: "graph", 2: "graph"}, "model": MODEL,
}  # fmt: skip
DOMAINS = ("", "ai.onnx")
"""Operators of other makers may read files (EPContext does) and need libraries of their own."""


def fields(data: memoryview, start: int, end: int) -> Iterator[Field]:
    """The fields of a message. Raises RunError where the bytes are no such message."""
    at = start
    while at < end:
        tag, at = varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = varint(data, at, end)
            yield number, 0, value, 0
            continue
        length = {1: 8, 5: 4}.get(kind, -1)
        if kind == 2:
            length, at = varint(data, at, end)
        if length < 0 or at + length > end or number == 0:
            raise RunError("it is no ONNX file: its protobuf is damaged")
        yield number, kind, at, at + length
        at += length


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """(a number, where the next field begins)."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise RunError("it is no ONNX file: its protobuf is damaged")


def text(data: memoryview, start: int, end: int) -> str:
    """A field of text."""
    return bytes(data[start:end]).decode("utf-8", "replace")


def checked(content: bytes) -> None:
    """Raise RunError for an ONNX file that is damaged, asks for another file, or for operators that are not ONNX's own.

    Also for tensors whose shape does not fit what is there, and for graphs inside graphs beyond DEEPEST.
    """
    data = memoryview(content)
    _walk(data, 0, len(data), "model", 0)


def _walk(data: memoryview, start: int, end: int, kind: str, depth: int) -> None:
    if depth > DEEPEST:
        raise RunError(f"it holds graphs inside graphs, more than {DEEPEST} deep")
    if kind == "tensor":
        _tensor(data, start, end)
        return
    inner, found = INSIDE[kind], False
    for number, wire, first, last in fields(data, start, end):
        found = found or number == 7
        if kind == "node" and number == 7 and wire == 2 and text(data, first, last) not in DOMAINS:
            raise RunError(f"it asks for an operator of {text(data, first, last)[:60]!r}, which is not ONNX's own")
        if number in inner:
            if wire != 2:
                raise RunError("it is no ONNX file: its protobuf is damaged")
            _walk(data, first, last, inner[number], depth + 1)
    if kind == "model" and not found:
        raise RunError("it is no ONNX file: it holds no graph")


def _tensor(data: memoryview, start: int, end: int) -> None:
    """TensorProto: dims 1, data_type 2, raw_data 9, external_data 13, data_location 14, numbers 4, 5, 7, 10, 11."""
    sides: list[int] = []
    kind = raw = other = -1
    for number, wire, first, last in fields(data, start, end):
        if number == 1:
            sides += [first] if wire == 0 else _packed(data, first, last)
        elif number == 2 and wire == 0:
            kind = first
        elif number == 9 and wire == 2:
            raw = last - first
        elif number == 13 or (number == 14 and wire == 0 and first != 0):
            raise RunError("its weights lie in another file, and a bundle's ONNX file holds its own")
        elif number in (4, 5, 6, 7, 10, 11):
            other = max(other, 0) + (last - first if wire == 2 else 8)
    many = prod(sides)
    if any(not 0 <= side < 2**40 for side in sides):
        raise RunError(f"a tensor of it has a side of {max(sides)}")
    if raw >= 0 and kind in SIZES and raw != many * SIZES[kind]:
        raise RunError(f"a tensor of shape {sides} holds {raw:,} bytes")
    if raw < 0 and many > 8 * (max(other, 0) + 1):
        raise RunError(f"a tensor of shape {sides} holds next to nothing")


def _packed(data: memoryview, at: int, end: int) -> list[int]:
    out = []
    while at < end:
        value, at = varint(data, at, end)
        out.append(value)
    return out


def begun(content: bytes, tensor: str, mark: str) -> bytes:
    """The same model from a named tensor on: its nodes and weights whose names begin with `mark` are left out.

    The graph's value_info of `tensor` becomes its one input. Raises RunError where it has none.
    """
    data = memoryview(content)
    out: list[bytes] = []
    for number, wire, first, last in fields(data, 0, len(data)):
        body = _graph(data, first, last, tensor, mark) if number == 7 and wire == 2 else None
        out.append(_field(number, wire, data, first, last) if body is None else _bytes(7, body))
    return b"".join(out)


def _graph(data: memoryview, start: int, end: int, tensor: str, mark: str) -> bytes:
    """GraphProto: node 1 (its name 3), initializer 5 (name 8), input 11 and value_info 13 (name 1)."""
    names = {1: 3, 5: 8, 13: 1}
    out, given = [], b""
    for number, wire, first, last in fields(data, start, end):
        name = _name(data, first, last, names[number]) if number in names and wire == 2 else ""
        if number == 13 and name == tensor:
            given = _bytes(11, bytes(data[first:last]))
        elif number != 11 and not (number in names and name.startswith(mark)):
            out.append(_field(number, wire, data, first, last))
    if not given:
        raise RunError(f"it has no tensor {tensor!r} to begin at")
    return b"".join([*out, given])


def _name(data: memoryview, start: int, end: int, place: int) -> str:
    return next(
        (text(data, a, b) for number, wire, a, b in fields(data, start, end) if number == place and wire == 2), ""
    )


def _field(number: int, wire: int, data: memoryview, first: int, last: int) -> bytes:
    if wire == 2:
        return _bytes(number, data[first:last])
    head = _number(number << 3 | wire)
    return head + (_number(first) if wire == 0 else bytes(data[first:last]))


def _bytes(number: int, body: "bytes | memoryview") -> bytes:
    return b"".join((_number(number << 3 | 2), _number(len(body)), body))


def _number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)

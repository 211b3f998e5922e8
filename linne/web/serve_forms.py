"""What a request brings: pictures by multipart form, as JSON with base64, or one as the body itself.

Counted while they stream: bytes a picture and pictures a request; nothing is ever written to a disk.
"""

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from .asgi import Refused

PICTURES, BYTES, NAME = 64, 20 << 20, 200
FORMS = ("multipart/form-data", "application/json", "image/*", "application/octet-stream")


@dataclass(frozen=True)
class Most:
    """pictures: in a request. bytes: of one picture."""

    pictures: int = PICTURES
    bytes: int = BYTES


@dataclass
class Form:
    """pictures: (name as it came, encoded bytes), in order. fields: names of what else came."""

    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)


async def form(kind: str, body: AsyncIterator[bytes], most: Most) -> Form:
    """What the body of this content type holds. Raises Refused (400, 413, 415) for what it should not."""
    plain = kind.partition(";")[0].strip().lower()
    if plain == "multipart/form-data":
        found = await _multipart(kind.encode("latin-1", "replace"), body, most)
    elif plain == "application/json":
        found = _json(b"".join([part async for part in body]), most)
    elif plain.startswith("image/") or plain == "application/octet-stream":
        data = bytearray()
        async for part in body:
            data += part
            _fits(len(data), most)
        found = Form([("picture", bytes(data))])
    else:
        raise Refused(415, f"Content type {plain[:100]!r} came. Pictures are sent as: {', '.join(FORMS)}.")
    if not found.pictures or not any(data for _, data in found.pictures):
        raise Refused(400, "No picture came. Send one as the body, or several as files of a multipart form.")
    return found


def _fits(size: int, most: Most) -> None:
    if size > most.bytes:
        raise Refused(413, f"A picture has more than {most.bytes:,} bytes, the most that is taken. Send it smaller.")


def _few(count: int, most: Most) -> None:
    if count > most.pictures:
        raise Refused(413, f"More than {most.pictures} pictures came. Send at most {most.pictures} a request.")


def _json(body: bytes, most: Most) -> Form:
    """{"pictures": [{"name": ..., "data": base64}, ...]}, or the same as a list of base64."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON: {str(error)[:100]}") from error
    given = told.get("pictures") if isinstance(told, dict) else None
    if not isinstance(given, list):
        raise Refused(400, 'Expected {"pictures": [{"name": "a.jpg", "data": "base64 ..."}]}.')
    _few(len(given), most)
    more = [key for key in told if key != "pictures"]
    return Form([_entry(one, place, most) for place, one in enumerate(given)], more)


def _entry(one: Any, place: int, most: Most) -> tuple[str, bytes]:
    named, data = (one.get("name"), one.get("data")) if isinstance(one, dict) else (None, one)
    if not isinstance(data, str) or not isinstance(named, (str, type(None))):
        raise Refused(400, f'Picture {place} is not {{"name": "a.jpg", "data": "base64 ..."}}.')
    try:
        found = base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, f"Picture {place} is no base64: {error}.") from error
    _fits(len(found), most)
    return _named(named or "", place), found


def _named(given: str, place: int) -> str:
    """A picture's name as it is shown: what came, without its folders and what cannot be printed."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:NAME] or f"picture-{place}"


class _Parts:
    """Collects the parts of a multipart form as its parser finds them."""

    def __init__(self, most: Most) -> None:
        self.found, self.most, self.ended = Form(), most, False
        self._data, self._header, self._value = bytearray(), bytearray(), bytearray()
        self._names: dict[bytes, bytes] = {}
        self._disposition, self._parts = b"", 0

    def callbacks(self) -> dict[str, Any]:
        """What the parser calls."""
        return {name: getattr(self, name) for name in (
            "on_part_begin", "on_part_data", "on_part_end", "on_header_field", "on_header_value", "on_header_end",
            "on_headers_finished", "on_end")}  # fmt: skip

    def on_part_begin(self) -> None:
        """A part begins."""
        self._data, self._disposition, self._parts = bytearray(), b"", self._parts + 1
        if self._parts > self.most.pictures + 16:
            _few(self._parts, self.most)

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's name."""
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """A piece of its value."""
        self._value += data[start:end]

    def on_header_end(self) -> None:
        """A header is whole."""
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        """The part's content follows."""
        from python_multipart.multipart import parse_options_header

        self._names = dict(parse_options_header(self._disposition)[1])

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of its content, counted."""
        self._data += data[start:end]
        _fits(len(self._data), self.most)

    def on_part_end(self) -> None:
        """The part is whole: a picture where it has a file's name, else a field."""
        if b"filename" in self._names:
            if self._data or self._names[b"filename"]:  # a form's empty file input
                name = _named(self._names[b"filename"].decode("utf-8", "replace"), len(self.found.pictures))
                self.found.pictures.append((name, bytes(self._data)))
                _few(len(self.found.pictures), self.most)
        else:
            self.found.fields.append(self._names.get(b"name", b"").decode("utf-8", "replace"))

    def on_end(self) -> None:
        """The last boundary came."""
        self.ended = True


async def _multipart(kind: bytes, body: AsyncIterator[bytes], most: Most) -> Form:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    boundary = dict(parse_options_header(kind)[1]).get(b"boundary", b"")
    if not boundary:
        raise Refused(400, "The multipart form names no boundary.")
    parts = _Parts(most)
    parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
    try:
        async for part in body:
            parser.write(part)
        parser.finalize()
    except FormParserError as error:
        raise Refused(400, f"The multipart form is damaged: {str(error)[:150]}.") from error
    if not parts.ended:
        raise Refused(400, "The multipart form ends before its last boundary.")
    return parts.found

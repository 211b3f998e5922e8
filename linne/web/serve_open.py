"""What the server's OpenAPI says of bodies and answers."""

from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "static"
_PICTURE = {"type": "object", "required": ["data"], "properties": {
    "name": {"type": "string"}, "data": {"type": "string", "format": "byte", "description": "base64"}}}  # fmt: skip
DEADLINE: dict[str, Any] = {"name": "x-deadline", "in": "header", "required": False,
    "description": "seconds that the client waits",
    "schema": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e6}}  # fmt: skip
BODY: dict[str, Any] = {"parameters": [DEADLINE], "requestBody": {"required": True, "content": {
    "application/json": {"schema": {"type": "object", "required": ["pictures"], "properties": {
        "pictures": {"type": "array", "minItems": 1, "items": _PICTURE}}}},
    "multipart/form-data": {"schema": {"type": "object", "properties": {
        "pictures": {"type": "array", "items": {"type": "string", "format": "binary"}}}}},
    "image/*": {"schema": {"type": "string", "format": "binary"}},
}}}  # fmt: skip
_ERROR = {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}}
STATUSES = {
    400: "The body cannot be understood", 401: "The token is missing or wrong", 403: "Asked by another page",
    404: "There is no such model", 408: "The body came too slowly", 409: "Not all could be opened again",
    413: "Too many or too large pictures", 415: "Another content type", 421: "Another Host",
    422: "What was asked cannot be had, or no picture could be read", 503: "Too much to do: see Retry-After",
}  # fmt: skip
OTHERS = {400: "What was asked cannot be done", 404: "It is not there", 409: "It cannot be done now",
          422: "The request has another shape", 507: "The disk is full"}  # fmt: skip
"""What these mean for a page's own server."""


def mistakes(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers that any route of a page's own server may give."""
    return {one: {"description": OTHERS.get(one) or STATUSES[one], "content": _ERROR} for one in statuses}


GUARDED = mistakes(401, 403, 421, 503)
"""What any route may answer before its program is reached."""


def told(what: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route whose good one holds `what`."""
    good = {"application/json": {"schema": {"type": "object", "required": [what]}}}
    every: dict[int | str, dict[str, Any]] = {
        status: {"description": words, "content": _ERROR} for status, words in STATUSES.items()
    }
    return {200: {"description": "Done", "content": good}, **every}

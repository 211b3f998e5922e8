"""What the server's OpenAPI says of bodies and answers."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

FILES = Path(__file__).parent / "static"
_TEXT: dict[str, Any] = {"type": "string"}
_WHY = {"type": ["string", "null"], "description": "why it cannot be read"}
_PICTURE = {"type": "object", "required": ["data"], "properties": {
    "name": _TEXT, "data": {"type": "string", "format": "byte", "description": "base64"}}}  # fmt: skip
DEADLINE: dict[str, Any] = {"name": "x-deadline", "in": "header", "required": False,
    "description": "seconds that the client waits",
    "schema": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e6}}  # fmt: skip
MARKED: dict[str, Any] = {"name": "x-linne", "in": "header", "required": True,
    "description": "any value: no form and no link of another page can send it",
    "schema": {"type": "string", "minLength": 1}}  # fmt: skip
TOKEN: list[dict[str, Any]] = [{"token": []}]
_PICTURES = {"type": "array", "minItems": 1, "items": {"anyOf": [_PICTURE, _PICTURE["properties"]["data"]]}}
_JSON = {"application/json": {"schema": {"type": "object", "required": ["pictures"], "properties": {
    "pictures": _PICTURES}}}}  # fmt: skip
_ANY = _JSON | {
    "multipart/form-data": {"schema": {"type": "object", "properties": {
        "pictures": {"type": "array", "items": {"type": "string", "format": "binary"}}}}},
    "image/*": {"schema": {"type": "string", "format": "binary"}},
}  # fmt: skip
BODY: dict[str, Any] = {"parameters": [DEADLINE], "requestBody": {"required": True, "content": _ANY}}
JSON_BODY: dict[str, Any] = {"parameters": [DEADLINE, MARKED], "security": TOKEN,
                             "requestBody": {"required": True, "content": _JSON}}  # fmt: skip
CHANGES: dict[str, Any] = {"parameters": [MARKED], "security": TOKEN, "requestBody": {"content": {
    "application/json": {"schema": {"type": "object", "description": "read by nobody"}}}}}  # fmt: skip
_SAID = {"type": "array", "items": {"type": "object", "required": ["name", "problem"], "properties": {
    "name": _TEXT, "problem": _WHY, "label": {"type": ["string", "null"]},
    "labels": {"type": ["array", "null"], "items": _TEXT, "description": "in the place of label, of several labels"},
    "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
    "set": {"type": "array", "items": _TEXT, "description": "the classes that may be it, with coverage"},
    "answered": {"type": "boolean", "description": "with max_error"},
    "unknown": {"type": "boolean", "description": "none of the classes, with unknown"},
    "heatmap": {"type": "array", "items": {"type": "array", "items": {"type": "number"}},
                "description": "rows from the top, 1 the greatest, with explain"}}}}  # fmt: skip
_WHO = {"type": "array", "items": {"type": "object", "required": ["picture", "name", "problem"], "properties": {
    "picture": _TEXT, "name": _TEXT, "known": {"type": "boolean"}, "problem": _WHY}}}  # fmt: skip
GIVES: dict[str, dict[str, Any]] = {
    "predictions": {"model": _TEXT, "predictions": _SAID}, "answers": {"model": _TEXT, "answers": _WHO},
    "holds": {"model": _TEXT, "pictures": {"type": "integer"}, "holds": {
        "type": "object", "properties": {"pictures": {"type": "integer"}, "identities": {"type": "integer"}}}},
    "reloaded": {"reloaded": {"type": "array", "items": _TEXT},
                 "failed": {"type": "object", "additionalProperties": _TEXT}},
}  # fmt: skip
"""What a good answer holds, by the one thing that it always does."""
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
    """The answers of a route whose good one holds `what`, one of GIVES."""
    good = {"application/json": {"schema": {"type": "object", "required": [what], "properties": GIVES[what]}}}
    every: dict[int | str, dict[str, Any]] = {
        status: {"description": words, "content": _ERROR} for status, words in STATUSES.items()
    }
    return {200: {"description": "Done", "content": good}, **every}


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI of a program, with what its token is."""
    found = FastAPI.openapi(app)
    schemes = found.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer", "description": "the token that the server printed"}
    return found

"""Text from outside, made printable and of bounded length, in JSON's own types."""

import re
from typing import Any

from ..core.files import plain
from ..core.names import printable

LONG, NAME = 1200, 80
"""Letters of a sentence and of a name; beyond that the middle is left out."""
LIMITS = dict.fromkeys(("class", "classes", "first", "second", "label", "guess", "name"), NAME) | {"command": 10_000}
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what follows them, beyond the name that they stand in."""


def short(text: str, most: int = NAME) -> str:
    """A long text without its middle."""
    return text if len(text) <= most else f"{text[: most // 2 - 1]} … {text[-(most // 2 - 2) :]}"


def plainly(value: Any) -> Any:
    """JSON's own types, every text printable and of bounded length (thumbnails and the command excepted)."""
    return _printable(plain(value), "")


def _printable(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {_text(name): _printable(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item, key) for item in value]
    return _text(value, LIMITS.get(key, LONG)) if isinstance(value, str) and key != "jpeg" else value


def _text(text: str, most: int = LONG) -> str:
    plain = "\n".join(printable(line) for line in text.split("\n"))
    return short(TURNS.sub(lambda found: f"\\u{ord(found[0]):04x}", plain), most)

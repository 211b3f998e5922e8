"""Names that can be printed, kept apart: file names are bytes, and need be neither text nor different."""

import re
from collections.abc import Iterable

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(name: str) -> str:
    """The name with bytes that are no text (surrogates) and control characters written as escapes, "caf\\xe9"."""
    return name if name.isprintable() else UNPRINTABLE.sub(_escape, name)


def unique(names: Iterable[str]) -> list[str]:
    """Printable names, each once: one that was there already gets the next free number, "a.jpg (2)"."""
    plain = [printable(name) for name in names]
    if len(set(plain)) == len(plain):
        return plain
    out: list[str] = []
    seen: dict[str, int] = {}
    for name in plain:
        told, number = name, seen.get(name, 0)
        while told in seen:
            number += 1
            told = f"{name} ({max(number, 2)})"
        seen[name] = max(number, 1)
        seen.setdefault(told, 1)
        out.append(told)
    return out


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\x{code:02x}"

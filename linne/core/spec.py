"""The one grammar for tricks and their options: `flip,rotate(15),noise(std=.1)`."""

import ast
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .errors import OptionError

PARSING = threading.Lock()
"""Python 3.11 counts the depth of what it parses for all threads together, and two at once can fail: one at a time."""
WORD = re.compile(r"[\w.\-:/@~]+")


@dataclass(frozen=True)
class Spec:
    """One trick with its options, as written: `rotate(15)` is Spec("rotate", (15,), {})."""

    name: str
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        inside = [_write(value) for value in self.args] + [f"{key}={_write(value)}" for key, value in self.options]
        return self.name + (f"({', '.join(inside)})" if inside else "")


def parse(text: str) -> list[Spec]:
    """A chain of tricks from its text; raises OptionError that points at the place that cannot be read."""
    return [_one(part, text) for part in split(text, text)]


def chain(given: "str | Callable[..., Any] | Iterable[Any] | None") -> list["Spec | Callable[..., Any]"]:
    """The same chain from a string, a list of strings, or the callables themselves."""
    if given is None or given == "":
        return []
    if isinstance(given, str):
        return list(parse(given))
    if callable(given):
        return [given]
    return [part for one in given for part in chain(one)]


def split(text: str, whole: str) -> list[str]:
    """Split at the commas that stand in no bracket and in no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
        if depth < 0:
            break
    if depth or quote:
        raise OptionError(f"{whole!r}: a bracket or a quote is not closed. Write tricks like 'flip,rotate(15)'.")
    parts.append(text[start:])
    if any(not part.strip() for part in parts):
        raise OptionError(f"{whole!r}: a name is missing beside a comma. Write tricks like 'flip,rotate(15)'.")
    return [part.strip() for part in parts]


def _one(part: str, whole: str) -> Spec:
    match = WORD.match(part)
    rest = part[match.end() :].strip() if match else part
    if not match or (rest and not (rest.startswith("(") and rest.endswith(")"))):
        raise OptionError(f"{whole!r}: cannot read {part!r}. Write a name, or a name with options: 'rotate(15)'.")
    inside = rest[1:-1].strip()
    args: list[Any] = []
    options: list[tuple[str, Any]] = []
    for item in split(inside, whole) if inside else []:
        name, equals, value = item.partition("=")
        if equals and name.strip().isidentifier():
            options.append((name.strip(), _value(value.strip())))
        elif options:
            raise OptionError(f"{whole!r}: {item!r} has no name but stands after a named option.")
        else:
            args.append(_value(item))
    return Spec(match.group(), tuple(args), tuple(options))


def _value(text: str) -> Any:
    try:
        with PARSING:
            return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def _write(value: Any) -> str:
    if isinstance(value, str) and WORD.fullmatch(value) and _value(value) == value:
        return value
    return repr(value)

"""Values of settings: what is allowed, as an error that says so, and as TOML."""

from dataclasses import Field
from pathlib import Path
from typing import Any

from .errors import OptionError, nearest
from .lookup import describe, names
from .spec import parse


def rate(text: str) -> None:
    """Raise OptionError unless it is a rate between 0 and 100."""
    try:
        found = float(text)
    except ValueError:
        raise OptionError(f"lr={text!r} is not allowed. It is auto, find, or a number like 3e-4.") from None
    if not 0 < found < 100:
        raise OptionError(f"lr={text} is not allowed; it lies between 0 and 100, often near 1e-3.")


def known(kind: str, text: str) -> None:
    """Raise OptionError for a trick or an option of it that is not there. Imports none of them."""
    if callable(text):
        return
    parts = parse(text)
    if len(parts) != 1:
        raise OptionError(f"{kind}={text!r} names {len(parts)} tricks; give one.")
    spec = parts[0]
    if spec.name not in names(kind):
        raise OptionError(f"There is no {kind} called {spec.name!r}. {nearest(spec.name, (*names(kind), 'auto'))}")
    taken = [name for name, _ in describe(kind, spec.name)[1]]
    for name, _ in spec.options:
        if taken and name not in taken:
            raise OptionError(f"{kind} {spec.name!r} has no option {name!r}. {nearest(name, taken)}")


def typed(each: "Field[Any]", value: Any) -> Any:
    """The value as this field holds it. Raises OptionError for another type."""
    kind = type(each.default)
    if each.name == "augment":
        return value or ""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is str and callable(value):
        return value
    if kind is str and isinstance(value, Path):
        return str(value)
    if each.name in ("lr", "prior") and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}"
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise OptionError(f"{each.name} is {each.metadata['help']}: expected {kind.__name__}, got {value!r}.")
    return value


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise OptionError unless it is one of these, with the nearest."""
    if value not in allowed:
        raise OptionError(f"{name}={value!r} is not allowed. {nearest(value, allowed)}")


def within(name: str, value: float, low: float, high: float) -> None:
    """Raise OptionError unless it lies between these."""
    if not low <= value <= high:
        raise OptionError(f"{name}={value} is not allowed; it lies between {low} and {high}.")


def toml(value: Any) -> str:
    """A text, a number or a truth as TOML writes it."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else str(value)

"""How findings say numbers and names."""

from collections.abc import Sequence


def count(n: int, one: str, many: str = "") -> str:
    """ "1 picture", "2,000 pictures"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """ "3 of 200 pictures (1.5 %)"."""
    return f"{part:,} of {count(whole, 'picture')} ({100 * part / max(whole, 1):.1f} %)"


def listed(names: Sequence[object], most: int = 5) -> str:
    """The first few names in quotes, and how many there are beyond."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(repr(str(name)) for name in names[:most]) + rest

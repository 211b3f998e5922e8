"""What an exporter says of a network that it cannot take: which operation, and which format might."""

import re

from linne.core.errors import LinneError, OptionError

NAMES = re.compile(r"\b((?:torch\.ops\.)?(?:aten|prims|torchvision|quantized|higher_order)(?:::|\.)\w+(?:\.\w+)?)")

COLOUR = re.compile(r"\x1b\[\d*m")


def failed(error: BaseException, to: str, others: str) -> LinneError:
    """The error to raise: the operation that stands in what the exporter said, and the formats that remain."""
    if isinstance(error, LinneError):
        return error
    said, whole = [], error
    while whole is not None and len(said) < 5:
        said.append(str(whole))
        whole = whole.__cause__ or whole.__context__
    found = next((match.group(1) for text in said for match in NAMES.finditer(text)), "")
    reason = f"the operation {found} is not among those that it can hold" if found else _first(said)
    return OptionError(f"The network cannot be written as {to}: {reason}. Try --to {others}.")


def _first(said: list[str]) -> str:
    """What the first of the errors said, which led to the others, in one line."""
    plain = (COLOUR.sub("", text) for text in reversed(said))
    lines = [line.strip() for text in plain for line in text.splitlines() if line.strip()]
    return (lines[0] if lines else "the exporter gave no reason")[:200].rstrip(".")

"""Patterns that file names follow: `vid3_0041.jpg` and its kind say that pictures belong together."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
SHARED = 0.8
"""Share of the names that must follow one pattern; names of random letters and digits (UUIDs) follow none."""
FEW = 12
"""Words of at most so many kinds are written out in a pattern; more are any word."""


def patterns(names: np.ndarray) -> Iterator[tuple[str, ...]]:
    """Regular expressions for `--group`, the coarsest groups first, each as an exact one and a shorter one.

    Each takes the front of the file name and leaves out what counts at its end: `vid3_0041.jpg` and `vid12_0007.jpg`
    give `(vid\\d+)_`. Nothing is given where fewer than 80 % of the names are alike.
    """
    tokens, close = _alike(names)
    if tokens is None:
        return
    kinds = [len(set(column)) for column in tokens.T]
    written = [_written(column) for column in tokens.T]
    for place in range(1, len(kinds)):
        named = TOKEN.fullmatch(tokens[0, place - 1]) and tokens[0, place - 1][0].isalnum()
        if named and max(kinds[:place]) > 1 and max(kinds[place:]) > 1:
            front = f"({''.join(written[:place])})"
            yield front + "".join(written[place:]) + close, front + written[place]


def blocks(names: np.ndarray) -> Iterator[tuple[str, ...]]:
    """Patterns that take 100, then ten, numbers in a row as one group: `IMG_0041.jpg` gives `(IMG_\\d*)\\d\\d\\.`."""
    tokens, close = _alike(names)
    if tokens is None:
        return
    written = [_written(column) for column in tokens.T]
    last = max(place for place, token in enumerate(tokens[0]) if token.isdecimal())
    for digits in (r"\d\d", r"\d"):
        yield (f"({''.join(written[:last])}\\d*){digits}{''.join(written[last + 1 :])}{close}",)


def _alike(names: np.ndarray) -> tuple[np.ndarray | None, str]:
    """((m, tokens) of the names that follow the commonest pattern, how such names go on) or None."""
    paths = [PurePosixPath(str(name)) for name in names]
    split = [TOKEN.findall(path.stem) for path in paths]
    shapes = [tuple("#" if t.isdecimal() else "a" if t[0].isalnum() else t for t in one) for one in split]
    common = Counter(shapes).most_common(1)
    if not common or common[0][1] < SHARED * len(names) or "#" not in common[0][0]:
        return None, ""
    rows = [row for row, shape in enumerate(shapes) if shape == common[0][0]]
    tokens = np.empty((len(rows), len(common[0][0])), dtype=object)
    tokens[:] = [split[row] for row in rows]
    return tokens, r"\." if all(paths[row].suffix for row in rows) else "$"


def _written(column: np.ndarray) -> str:
    if column[0].isdecimal():
        return r"\d+"
    words = sorted(set(column))
    if len(words) == 1:
        return re.escape(words[0]).replace(r"\-", "-")
    return f"(?:{'|'.join(words)})" if len(words) <= FEW else r"[^\W\d_]+"

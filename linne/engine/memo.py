"""Results kept by everything that they depend on: the same question about the same pictures is answered from disk.

A key holds the inputs' bytes, the options, and the code of every file of the package that can take part, so a change
of any of them asks again. What cannot be read back is computed again.
"""

import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core.files import aside_of, plain
from ..core.finding import Finding
from . import cache as store

HOME = Path(__file__).parent.parent


def findings(what: str, key: str, compute: Callable[[], list[Finding]]) -> list[Finding]:
    """A check's findings, from disk where the same check was asked the same. Always as JSON would give them."""
    path = _place(what, key, "json")
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        read = plain([found.as_dict() for found in compute()])
        _keep(path, json.dumps(read, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return [Finding(**{**each, "rows": tuple(each["rows"]), "files": tuple(each.get("files", ()))}) for each in read]


def arrays(what: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Named arrays (no objects), from disk where they were computed before."""
    path = _place(what, key, "npz")
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception:  # absent, cut or damaged: a zip notices by its own checksums
        made = compute()
        aside = aside_of(path, "npz")
        try:
            np.savez(aside, **made)  # type: ignore[arg-type]
            os.replace(aside, path)
        except OSError:
            aside.unlink(missing_ok=True)
        return made


def digest(*parts: Any) -> str:
    """A key of arrays, words, numbers and None, in this order, and of the package's code."""
    mark = hashlib.blake2b(_code().encode(), digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            mark.update(f"{part.shape}{part.dtype.str}".encode())
            if part.dtype == object:
                mark.update("\0".join(map(str, part.ravel())).encode("utf-8", "surrogatepass"))
            else:
                mark.update(np.ascontiguousarray(part).data.cast("B") if part.size else b"")
        else:
            mark.update(f"{type(part).__name__}{part}".encode("utf-8", "surrogatepass"))
        mark.update(b"\1")
    return mark.hexdigest()


@cache
def _code() -> str:
    """A hash of the package's files: results of older code are never taken for those of this one."""
    mark = hashlib.blake2b(digest_size=8)
    for path in sorted(HOME.rglob("*.py")):
        mark.update(path.relative_to(HOME).as_posix().encode() + path.read_bytes())
    return mark.hexdigest() + np.__version__


def _place(what: str, key: str, suffix: str) -> Path:
    folder = store.home() / "results" / what
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        pass
    return folder / f"{key}.{suffix}"


def _keep(path: Path, content: bytes) -> None:
    aside = aside_of(path)
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)

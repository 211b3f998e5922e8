"""A bundle's folder as data: its manifest, and JSON and files from it that nobody needs to trust.

MANIFEST.json names every file with its sha256 and size. Equal hashes say that the files are those that were written
together; they do not say who wrote them. So nothing here runs what it reads: JSON of bounded size and depth, names that
stay inside the folder, regular files only. Every error is a RunError that names the bundle.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import RunError
from .files import plain, write

SCHEMA = 1
"""Version of the layout that is written; older ones are read, newer ones refused."""
NAME = "MANIFEST.json"
TABLES = ("config.json", "preprocess.json", "labels.json", "calibration.json")
GOLDEN = "golden/expected.json"
REQUIRED = (*TABLES, GOLDEN, "model.safetensors", "README.md", "LICENSE.txt")
LONGEST, DEEPEST, FILES, DIGITS = 16_000_000, 32, 10_000, 20
"""Bytes of a JSON file, brackets inside brackets, files of a bundle, digits of a whole number."""
TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def is_bundle(path: Any) -> bool:
    """Whether a bundle's folder is there."""
    return isinstance(path, (str, Path)) and (Path(path) / NAME).is_file()


def is_page(path: Any) -> bool:
    """Whether a page's folder is there, which answers in a browser."""
    return is_bundle(path) and (Path(path) / "index.html").is_file()


def written(folder: Path, versions: Mapping[str, str]) -> Path:
    """Write MANIFEST.json over every file in the folder; the last of a bundle."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != NAME:
            name = path.relative_to(folder).as_posix()
            files[name] = {"sha256": _hash(path), "bytes": path.stat().st_size}
    told = {"schema_version": SCHEMA, "versions": dict(versions), "files": files}
    return write(folder / NAME, json.dumps(plain(told), indent=1) + "\n")


def manifest(folder: Path, required: Sequence[str] = REQUIRED) -> dict[str, Any]:
    """MANIFEST.json, after everything that it says of the files' names, kinds and sizes was found to be so.

    required: files that it must list.

    Hashes are compared by `content` and `hashed`.
    """
    if not folder.is_dir():
        raise RunError(f"There is no bundle {folder}. Make one with: linne export RUN --to onnx --out {folder}")
    if not (folder / NAME).exists() and (folder / "recipe.toml").exists():
        raise RunError(f"{folder} is no bundle but a run. Make one of it with: linne export {folder}")
    if not (folder / NAME).exists():
        raise RunError(
            f"{folder} is no bundle: it holds no {NAME}, which is written last. Export again, into another --out."
        )
    told = table(folder, NAME)
    version, files = told.get("schema_version"), told.get("files")
    newer(folder, version)
    if not isinstance(files, dict) or not 0 < len(files) <= FILES:
        raise RunError(f"{folder / NAME} lists no files. Export again.")
    for name, one in files.items():
        _listed(folder, name, one)
    lacking = [name for name in required if name not in files]
    if lacking and is_page(folder):
        raise RunError(f"{folder} is a page, and answers in a browser. Make a bundle with: linne export RUN --to onnx")
    if lacking:
        raise RunError(f"{folder} lacks {lacking[0]}. Export again.")
    extra = [path for path in _all(folder) if path not in files and path != NAME]
    if extra:
        raise RunError(f"{folder} holds {_shown(extra[0])}, which {NAME} does not list. Take it away, or export again.")
    return told


def newer(folder: Path, version: Any) -> None:
    """Raise RunError for a version that this program does not read."""
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise RunError(f"{folder / NAME} states no schema_version. It is damaged; export again.")
    if version > SCHEMA:
        raise RunError(
            f"{folder} was made by a newer Linne: its schema_version is {version}, and this one reads {SCHEMA}. "
            "Update with: pip install --upgrade linne"
        )


def _listed(folder: Path, name: str, one: Any) -> None:
    """Raise RunError unless a listed file lies inside, is a regular one, and has the size that is stated."""
    parts = PurePosixPath(name).parts
    unsafe = not parts or name != "/".join(parts) or any(sign in name for sign in "\\:\0") or ".." in parts
    if unsafe or name.startswith("/") or len(name) > 200:
        raise RunError(f"{folder / NAME} lists {_shown(name)}, which is no name of a file inside the bundle.")
    place = folder
    for part in parts[:-1]:
        place = place / part
        if place.is_symlink():
            raise RunError(f"{place} is a link, and a bundle holds none.")
    try:
        found = os.lstat(folder / name)
    except OSError as error:
        raise RunError(f"{folder} lacks {_shown(name)}, which {NAME} lists. Export again.") from error
    if not stat.S_ISREG(found.st_mode):
        raise RunError(f"{folder / name} is a link or a device, and a bundle holds files alone.")
    size = one.get("bytes") if isinstance(one, dict) else None
    if found.st_size != size:
        raise RunError(f"{folder / name} has {found.st_size:,} bytes, and {NAME} says {_shown(size)}: it was changed.")
    if not isinstance(one.get("sha256"), str) or len(one["sha256"]) != 64:
        raise RunError(f"{folder / NAME} states no sha256 of {_shown(name)}.")


def content(folder: Path, told: Mapping[str, Any], name: str) -> bytes:
    """A listed file's bytes, after its hash was found to be the stated one."""
    data = _bytes(folder, name, told["files"][name]["bytes"])
    if hashlib.sha256(data).hexdigest() != told["files"][name]["sha256"]:
        raise RunError(
            f"{folder / name} is not the file that was exported: its sha256 differs from {NAME}'s. "
            "Copy the bundle anew, or export again."
        )
    return data


def hashed(folder: Path, told: Mapping[str, Any]) -> None:
    """Compare every file's hash."""
    for name, one in told["files"].items():
        if _hash(folder / name) != one["sha256"]:
            raise RunError(
                f"{folder / name} is not the file that was exported: its sha256 differs from {NAME}'s. "
                "Copy the bundle anew, or export again."
            )


def table(folder: Path, name: str, told: "Mapping[str, Any] | None" = None) -> dict[str, Any]:
    """A JSON file's object; with a manifest, after its hash was compared."""
    data = _bytes(folder, name, LONGEST + 1) if told is None else content(folder, told, name)
    found = parsed(data, str(folder / name))
    if not isinstance(found, dict):
        raise RunError(f"{folder / name} holds no JSON object. It is damaged; export again.")
    return found


def parsed(data: bytes, where: str, deepest: int = DEEPEST) -> Any:
    """JSON of bounded size, depth and numbers, without NaN. Raises RunError that names the place."""
    if len(data) > LONGEST:
        raise RunError(f"{where} has more than {LONGEST:,} bytes. It is no file of a bundle.")
    if _depth(data, deepest) > deepest:
        raise RunError(f"{where} has brackets inside brackets, more than {deepest} deep. It is no file of a bundle.")
    try:
        return json.loads(data, parse_constant=_constant, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{where} is damaged: {error}.") from error


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is no number that it may hold")


def _whole(word: str) -> int:
    if len(word) > DIGITS:
        raise ValueError(f"a whole number of {len(word)} digits")
    return int(word)


def _depth(data: bytes, most: int) -> int:
    """How deep brackets lie inside brackets, those of texts left out; no further than one more than `most`."""
    deepest = depth = 0
    for match in TOKENS.finditer(data):
        sign = match.group()[:1]
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > most:
                break
        elif sign in b"]}":
            depth -= 1
    return deepest


def _bytes(folder: Path, name: str, most: int) -> bytes:
    try:
        with open(folder / name, "rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise RunError(f"{folder / name} cannot be read: {error.strerror or error}.") from error


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _all(folder: Path) -> list[str]:
    """Files of the folder but hidden ones, links not followed."""
    out: list[str] = []
    for base, _, names in os.walk(folder):
        out += [(Path(base) / name).relative_to(folder).as_posix() for name in names if name[0] != "."]
        if len(out) > FILES:
            break
    return out


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:76]}...{text[-1]}"

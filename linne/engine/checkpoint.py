"""Checkpoints that survive a kill, a full disk and a flipped bit: written aside, synced, renamed, read back, pruned.

    step-00000123/            one checkpoint; a second one of the same step is step-00000123.1
      tensors.safetensors     every tensor and array, by its place in the state
      state.json              everything else (engine/pack.py)
      MANIFEST.json           size and sha256 of both; a folder whose manifest does not verify is no checkpoint
    step-00000123.tmp-...     one that was being written or deleted when its process died

The order of writing is that of Pillai et al. 2014 (OSDI, ALICE): files, sync, manifest, sync, rename, sync the parent.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..core.errors import OptionError, RunError
from .pack import Piece, pack, unpack

SCHEMA = 1
NAME = re.compile(r"step-(\d{8,})(?:\.(\d+))?")
BLOCK = 1 << 24  # bytes a write


def save(folder: Path, step: int, state: dict[Any, Any], keep: int = 2) -> Path:
    """Write a checkpoint of `step` (0 or more) and return its folder; the newest `keep` (1 or more) stay.

    An older one is deleted only after this one was read back and verified. Raises RunError when the disk is full or
    the folder cannot be written: then the earlier checkpoints are as they were and the run may go on without this one.
    """
    if step < 0 or keep < 1:
        raise OptionError(f"A checkpoint has a step of 0 or more and keep of 1 or more, got {step} and {keep}.")
    values, pieces = pack(state)
    aside = folder / f"step-{step:08d}.tmp-{uuid.uuid4().hex[:12]}"
    try:
        sweep(folder)
        _make(folder)
        _fill(aside, step, values, pieces)
        path = _free(folder, step)
        os.rename(aside, path)
        _sync(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise RunError(_why(folder, step, error)) from error
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if why := damage(path):
        raise RunError(f"The checkpoint {path} reads otherwise than it was written: {why}. Look after the disk.")
    _prune(folder, path, keep)
    return path


def load(folder: Path, say: Callable[[str], Any]) -> tuple[int, dict[Any, Any]] | None:
    """(step, state) of the newest checkpoint that verifies, tensors on the CPU; None where there is none.

    `say` is told of every damaged one that was passed over, and why. Nothing is changed on the disk.
    """
    found = _found(folder)
    for passed, path in enumerate(found):
        try:
            if not (why := damage(path)):
                state = _read(path)
                if passed:
                    say(f"Going on from {path.name}, the newest whole checkpoint.")
                return _order(path)[0], state
        except MemoryError:
            raise
        except Exception as error:  # its manifest verifies, and yet no state comes out of it: not of our writing
            why = f"its contents make no state ({error})"
        say(f"The checkpoint {path} is damaged and passed over: {why}.")
    if found:
        say(f"None of the checkpoints in {folder} is whole: beginning anew.")
    return None


def damage(path: Path, deep: bool = True) -> str:
    """Why the folder is no whole checkpoint, else "": the manifest, every size and, where deep, every sha256."""
    try:
        for name, expected in _manifest(path).items():
            with open(path / name, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != expected["bytes"]:
                    return f"{name} has {size:,} bytes instead of {expected['bytes']:,}"
                if deep and hashlib.file_digest(file, "sha256").hexdigest() != expected["sha256"]:
                    return f"{name} has another sha256 than its manifest says"
    except OSError as error:
        return f"{Path(error.filename or path).name} cannot be read ({error.strerror or error})"
    except ValueError as error:
        return str(error)
    return ""


def sweep(folder: Path) -> None:
    """Delete what a killed process left half written or half deleted. Only for the one process that writes there."""
    for path in folder.glob("step-*.tmp-*"):
        shutil.rmtree(path, ignore_errors=True)


def _order(path: Path) -> tuple[int, int]:
    """(step, which one of that step) of a checkpoint's folder."""
    match = NAME.fullmatch(path.name)
    return (int(match[1]), int(match[2] or 0)) if match else (-1, 0)


def _found(folder: Path) -> list[Path]:
    """Every checkpoint's folder, whole or not, newest first."""
    inside = folder.iterdir() if folder.is_dir() else ()
    return sorted((path for path in inside if NAME.fullmatch(path.name)), key=_order, reverse=True)


def _free(folder: Path, step: int) -> Path:
    taken = [which for at, which in map(_order, _found(folder)) if at == step]
    return folder / (f"step-{step:08d}.{max(taken) + 1}" if taken else f"step-{step:08d}")


def _prune(folder: Path, new: Path, keep: int) -> None:
    """Of those up to `new`, the newest `keep` whole ones stay; of later ones (a run that fell back), whole ones."""
    found = _found(folder)
    earlier = [path for path in found if _order(path) <= _order(new)]
    staying = [path for path in earlier if not damage(path, deep=False)][:keep]
    staying += [path for path in found if _order(path) > _order(new) and not damage(path)]
    for path in found:
        if path not in staying:
            with suppress(OSError):  # what stays behind is swept by the next save
                gone = path.with_name(f"{path.name}.tmp-{uuid.uuid4().hex[:12]}")
                os.rename(path, gone)
                shutil.rmtree(gone)


def _fill(aside: Path, step: int, values: Any, pieces: dict[str, Piece]) -> None:
    os.mkdir(aside)
    files = {
        "state.json": _write(aside / "state.json", [json.dumps(values, allow_nan=False).encode()]),
        "tensors.safetensors": _write(aside / "tensors.safetensors", _tensors(pieces)),
    }
    _write(aside / "MANIFEST.json", [_text({"schema": SCHEMA, "step": step, "files": files})])
    _sync(aside)


def _tensors(pieces: dict[str, Piece]) -> Iterator[bytes | memoryview]:
    """The safetensors file in blocks, wide items first so that every one is aligned; one tensor in memory at a time."""
    header, place = {}, 0
    order = sorted(pieces, key=lambda name: -pieces[name].item)
    for name in order:
        piece = pieces[name]
        header[name] = {"dtype": piece.code, "shape": piece.shape, "data_offsets": [place, place := place + piece.size]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in order:
        yield pieces[name].data()


def _write(path: Path, blocks: Iterable[bytes | memoryview]) -> dict[str, Any]:
    """Write and sync a new file; its size and sha256."""
    mark, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        for block in map(memoryview, blocks):
            mark.update(block)
            size += len(block)
            while block:
                block = block[os.write(handle, block[:BLOCK]) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    return {"bytes": size, "sha256": mark.hexdigest()}


def _text(manifest: dict[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=1) + "\n").encode()


def _manifest(path: Path) -> dict[str, Any]:
    """The files that the manifest names. Raises ValueError where it is not one that `save` writes, to the byte."""
    raw = (path / "MANIFEST.json").read_bytes()
    try:
        read = json.loads(raw)
        schema, files = read["schema"], read["files"]
        if isinstance(schema, int) and schema > SCHEMA:
            raise ValueError(f"a later version of Linne wrote it (schema {schema}, this one reads {SCHEMA})")
        expected = {name: {"bytes": int(files[name]["bytes"]), "sha256": files[name]["sha256"]} for name in files}
        whole = _text({"schema": SCHEMA, "step": _order(path)[0], "files": expected})
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("MANIFEST.json is damaged") from error
    if raw != whole or set(expected) != {"state.json", "tensors.safetensors"}:
        raise ValueError("MANIFEST.json is damaged")
    return expected


def _read(path: Path) -> dict[Any, Any]:
    import torch
    from safetensors import safe_open

    values = json.loads((path / "state.json").read_bytes())
    with safe_open(path / "tensors.safetensors", framework="pt") as file:
        return unpack(values, lambda name: file.get_tensor(name).flatten().view(torch.uint8).clone())


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make a folder's entries last. Windows has no such call: there the rename itself does."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _why(folder: Path, step: int, error: OSError) -> str:
    before = _found(folder)[:1]
    intact = f"{before[0].name} is untouched" if before else "There is none before it"
    what = f"The checkpoint of step {step} could not be written to {folder}"
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", -1)):
        return f"The disk is full: {what}. {intact}. Free some space, or choose another disk with --out."
    return f"{what}: {error.strerror or error}. {intact}. Make the folder writable, or choose another with --out."

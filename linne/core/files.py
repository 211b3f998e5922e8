"""Writing files so that a killed run never leaves half of one."""

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import RunError


def writes() -> bool:
    """Whether this process writes: of several that share a run (torchrun) the first one does."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ.get("RANK", "0") == "0"


def write(path: Path, content: str | bytes | Callable[[Path], Any]) -> Path:
    """Write aside, sync, rename; nothing in a process that does not write.

    content: text, bytes, or a function that writes the file at the path it is given. Raises RunError that says what to
    do when the disk is full or the folder cannot be written.
    """
    if not writes():
        return path
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(aside)
        else:
            aside.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
        with open(aside, "rb+") as file:
            os.fsync(file.fileno())
        aside.chmod(0o666 & ~_umask())  # some writers leave files that only their owner reads
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(failed(path, error)) from error
    except BaseException:  # what writes was stopped, or met a mistake of its own
        aside.unlink(missing_ok=True)
        raise
    return path


@contextmanager
def written_folder(place: Path) -> Iterator[Path]:
    """A folder aside to be filled, which has its name once nothing was raised inside; else nothing is left of it.

    place: a folder that is not there, or is empty. Raises RunError where it cannot be written.
    """
    aside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        aside.mkdir(parents=True)
        yield aside
        if place.exists():
            place.rmdir()
        os.rename(aside, place)
    except OSError as error:
        raise RunError(failed(place, error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process or thread is here for this file: what is read inside is still so when it is written.

    Raises RunError where nothing can be written beside the file.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        handle = _seized(beside)
    except OSError as error:
        raise RunError(failed(path, error)) from error
    try:
        yield
    finally:
        with suppress(OSError):  # on Windows another one waits with the file open: it is that one's then
            beside.unlink()
        os.close(handle)


def _seized(beside: Path) -> int:
    """The open lock file, held; opened again where whoever held it took it away meanwhile."""
    while True:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(beside)):
                return handle
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_json(path: Path, value: Any) -> Path:
    """JSON, readable, NaN as null."""
    return write(path, json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """The same value in JSON's own types; numpy's numbers and arrays too; NaN and infinities as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if abs(value) != float("inf") and value == value else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def failed(path: Path, error: OSError) -> str:
    """Why this file could not be written, and what to do."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", -1)):
        return f"The disk is full: {path} could not be written. Free some space and give the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} cannot be written ({error.strerror}). Choose another folder with --out."
    return f"{path} could not be written: {error.strerror or error}."

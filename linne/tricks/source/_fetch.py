"""Downloads, only when asked for: into the cache of this user, checked by size and SHA-256, renamed when whole."""

import hashlib
import os
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from linne.core.errors import InputError

LIMIT = 1 << 30


def home() -> Path:
    """The folder of this user's cache that downloaded sets are kept in."""
    given = os.environ.get("LINNE_CACHE")
    if given:
        return Path(given).expanduser() / "datasets"
    import platformdirs

    return Path(platformdirs.user_cache_path("linne")) / "datasets"


def fetch(url: str, sha256: str, folder: Path) -> Path:
    """The file of this address in `folder`; raises InputError where it cannot be fetched or is not the expected one."""
    target = folder / PurePosixPath(url).name
    folder.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            found = _copy(url, file)
        if found != sha256:
            raise InputError(f"{url} is not the file that it should be: SHA-256 {found}, expected {sha256}.")
        os.replace(aside, target)
    except (OSError, urllib.error.URLError) as error:
        raise InputError(f"{url} cannot be fetched: {error}. Fetch it by hand and put it into {folder}.") from error
    finally:
        Path(aside).unlink(missing_ok=True)
    return target


def _copy(url: str, file: IO[bytes]) -> str:
    digest, size = hashlib.sha256(), 0
    with urllib.request.urlopen(url, timeout=60) as answer:
        while piece := answer.read(1 << 20):
            size += len(piece)
            if size > LIMIT:
                raise InputError(f"{url} sends more than {LIMIT:,} bytes; stopped.")
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def unpack(archive: Path, wanted: Sequence[str], folder: Path) -> None:
    """Only the wanted plain files of a tar.gz, by their last name, into `folder`; nothing else is written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "r:gz") as file:
        for member in file:
            name = PurePosixPath(member.name).name
            content = file.extractfile(member) if name in wanted and member.isreg() and member.size < LIMIT else None
            if content:
                aside = folder / f".part-{name}"
                aside.write_bytes(content.read())
                os.replace(aside, folder / name)

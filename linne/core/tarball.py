"""Named files out of a .tgz that somebody else made: regular files of bounded size, nothing written to disk."""

import tarfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from .errors import InputError

MEMBERS, WHOLE = 10_000, 1 << 30
"""Entries of an archive, and bytes that it may hold unpacked; more is refused as a bomb."""


def members(data: bytes, wanted: Mapping[str, int], what: str) -> dict[str, bytes]:
    """The bytes of the wanted files, by their names in the archive.

    data: the .tgz. wanted: name to the most bytes that it may have. what: what the archive is called in an error.
    Raises InputError for what is no such archive, for one that lacks a wanted file or holds it twice, as a link or too
    large, and for more than MEMBERS entries or WHOLE bytes in all.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r|gz") as archive:
            whole = 0
            for count, entry in enumerate(archive, 1):
                whole += entry.size
                if count > MEMBERS or whole > WHOLE:
                    raise InputError(f"{what} holds more than {MEMBERS:,} files or {WHOLE:,} bytes: refused as a bomb.")
                if entry.name in wanted:
                    found[entry.name] = _read(archive, entry, wanted[entry.name], found, what)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise InputError(f"{what} is no .tgz, or it is damaged: {error}.") from error
    lacking = sorted(set(wanted) - set(found))
    if lacking:
        raise InputError(f"{what} lacks {lacking[0]}.")
    return found


def _read(archive: tarfile.TarFile, entry: tarfile.TarInfo, most: int, found: Mapping[str, bytes], what: str) -> bytes:
    if not entry.isreg():
        raise InputError(f"{what}: {entry.name} is a link or a device, not a file.")
    if entry.name in found:
        raise InputError(f"{what} holds {entry.name} twice.")
    if entry.size > most:
        raise InputError(f"{what}: {entry.name} has {entry.size:,} bytes, over the limit of {most:,}.")
    file = archive.extractfile(entry)
    content = file.read(entry.size) if file else b""
    if len(content) != entry.size:
        raise InputError(f"{what}: {entry.name} is cut off.")
    return content

"""Names of pictures as other tools write them (paths, web addresses, uploads) as paths below one folder, and never out
of it."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote, urlsplit

UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio writes before the name of a picture that was uploaded to it."""
UPLOAD = re.compile(r"(?:https?://[^/]*)?/?data/upload/(?:.*/)?([^/]+)", re.DOTALL)
LOCAL = re.compile(r"(?:https?://[^/]*)?/?data/local-files/?\?d=(.*)", re.DOTALL)
WEB = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
BAD = re.compile("[\x00-\x1f\x7f]")
PLAIN = re.compile(r"(?!data/)(?:[\w -][\w .-]*/)*[\w -][\w .-]*")
"""A relative path of ordinary letters, of which nothing but its steps is to be found out."""
SAMPLE = 200


def parts(written: str) -> "tuple[str, ...] | None":
    """The steps of a path, the file's name last: of an address its host first, of Label Studio's local files the path
    that `d` says, of an upload the name alone. None where it is empty, leads up (..) or holds control characters."""
    if PLAIN.fullmatch(written):
        return tuple(written.split("/"))
    if upload := UPLOAD.fullmatch(written):
        steps = [unquote(upload[1])]
    elif local := LOCAL.fullmatch(written):
        steps = _steps(unquote(local[1]))
    elif WEB.match(written):
        steps = _address(written)
    else:
        steps = _steps(written)
    if not steps or ".." in steps or any(BAD.search(step) for step in steps):
        return None
    return tuple(steps)


def _address(written: str) -> list[str]:
    if not written.lower().startswith(("http:", "https:", "file:")):  # a bucket's keys are written as they are
        return _steps(written.partition("://")[2])
    try:
        split = urlsplit(written)
    except ValueError:
        return []
    return [*_steps(split.netloc), *_steps(unquote(split.path))]


def _steps(path: str) -> list[str]:
    return [step for step in path.replace("\\", "/").split("/") if step not in ("", ".")]


def unloaded(name: str) -> str:
    """A file's name without what Label Studio writes before an upload's."""
    return UPLOADED.sub("", name, count=1)


def written(name: str, prefix: str) -> str:
    """The path `name` after a prefix, in the way in which what comes after it is read: escaped in web addresses."""
    return prefix + (quote(name, safe="/") if re.match(r"https?://|/?data/", prefix) else name)


def placed(written: Sequence[str], there: Callable[[str], bool]) -> "list[str | None]":
    """The path below the folder that each name means, None for one that leads out of it; it need not be there.

    there: whether a path below the folder is a picture's. Other tools keep pictures below folders of their own: as many
    first steps as all names share are left away as makes most names fit, the fewest such; never steps that differ, so
    that no picture is taken for another of the same name.
    """
    told = [parts(one) for one in written]
    known = [one for one in told if one]
    shared = _shared(known)
    sample = known[:: max(1, len(known) // SAMPLE)]
    fits = [sum(map(there, map(_whole, (one[drop:] for one in sample)))) for drop in range(shared + 1)]
    best = fits.index(max(fits)) if fits else 0
    return [None if one is None else _upload(_whole(one[best:]), there) for one in told]


def _whole(steps: Sequence[str]) -> str:
    return "/".join(steps)


def _upload(name: str, there: Callable[[str], bool]) -> str:
    """The name, without an upload's first digits where only that is there."""
    plain = unloaded(name)
    return plain if plain != name and not there(name) else name


def _shared(told: Sequence[tuple[str, ...]]) -> int:
    """How many folders all paths begin with."""
    if not told:
        return 0
    low, high = min(told), max(told)
    most = min(map(len, told)) - 1
    return next((k for k in range(most) if low[k] != high[k]), most)

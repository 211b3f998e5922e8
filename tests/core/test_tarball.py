"""Out of an archive come the files that were asked for, and nothing else happens."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from linne.core import tarball
from linne.core.errors import InputError


def packed(*entries: tuple[str, bytes], **odd: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in odd.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_the_wanted_files_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = packed(("../out", b"no"), ("/etc/x", b"no"), ("package/a.js", b"yes"), ("package/b.js", b"no"))
    assert tarball.members(data, {"package/a.js": 3}, "it") == {"package/a.js": b"yes"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (packed(("a", b"1234")), "over the limit of 3"),
        (packed(("b", b"1")), "lacks a"),
        (packed(("a", b"1"), ("a", b"2")), "twice"),
        (packed(("a", b""), type=tarfile.SYMTYPE, linkname="/etc/passwd"), "a link or a device"),
        (packed(("a", b""), type=tarfile.LNKTYPE, linkname="b"), "a link or a device"),
        (packed(("b", bytes(99_999)), ("a", b"1"))[:-60], "damaged"),
        (b"nothing", "no .tgz"),
        (b"", "no .tgz"),
    ],
)
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=f"^it.*{words}"):
        tarball.members(data, {"a": 3}, "it")


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "WHOLE", 100)
    with pytest.raises(InputError, match="bomb"):
        tarball.members(packed(("b", bytes(101)), ("a", b"1")), {"a": 3}, "it")
    monkeypatch.setattr(tarball, "MEMBERS", 1)
    with pytest.raises(InputError, match="bomb"):
        tarball.members(packed(("b", b""), ("a", b"1")), {"a": 3}, "it")

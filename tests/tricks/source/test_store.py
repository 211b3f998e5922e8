"""store: pictures and shards by URL, here of fsspec's memory and of this disk."""

import importlib
from typing import Any

import fsspec
import pytest

import linne
from linne.core.errors import LinneError, Unreadable


def test_a_store_that_stumbles_is_asked_again_and_one_that_is_gone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    trick = importlib.import_module("linne.tricks.source.store")
    store = fsspec.filesystem("memory")
    store.pipe({"/flaky/a.jpg": b"first", "/flaky/b.jpg": b"second"})
    images = linne.load("memory://flaky")
    assert images.names.tolist() == ["a.jpg", "b.jpg"]
    failing = [OSError("reset"), OSError("reset")]
    plain = type(store).cat_file

    def cat(self: Any, *words: Any, **more: Any) -> bytes:
        if failing:
            raise failing.pop()
        return plain(self, *words, **more)

    monkeypatch.setattr(trick, "PAUSE", 0.001)
    monkeypatch.setattr(type(store), "cat_file", cat)
    assert images.items[0] == b"first"
    failing += [OSError("down")] * 9
    with pytest.raises(LinneError, match=r"cannot be read: down.*same command again\."):
        images.items[1]
    failing.clear()
    store.rm("/flaky/b.jpg")
    with pytest.raises(Unreadable, match="no such object"):
        images.items[1]
    for wrong, said in (("memory://flaky/none", "no picture"), ("noscheme://x", "cannot be opened|another package")):
        with pytest.raises(LinneError, match=said):
            linne.load(wrong)

import os
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.engine import cache
from linne.engine.cache import Store

ROW = np.dtype(("<f4", (5,)))


def filled(folder: Path, n: int = 40) -> list[bytes]:
    store, keys = Store(folder, ROW), [os.urandom(15) + b"\0" for _ in range(n)]
    for place, key in enumerate(keys):
        store.put(key, np.full(5, place, "f4"))
    store.flush()
    return keys


def test_rows_come_back(tmp_path: Path) -> None:
    keys = filled(tmp_path) + filled(tmp_path)
    store = Store(tmp_path, ROW)
    assert len(store) == 80
    for place, key in enumerate(keys):
        row = store.get(key)
        assert row is not None
        np.testing.assert_array_equal(row, np.full(5, place % 40))
    assert store.get(os.urandom(16)) is None


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    keys = filled(tmp_path, 3)
    path = next(tmp_path.glob("*.rows"))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        store = Store(tmp_path, ROW)
        lost = [store.get(key) is None for key in keys]
        assert any(lost), f"byte {place} was flipped and nothing noticed"
        for value, key in enumerate(keys):
            row = store.get(key)
            assert row is None or (row == value).all()


def test_a_cut_shard_keeps_its_whole_rows(tmp_path: Path) -> None:
    keys = filled(tmp_path, 10)
    path = next(tmp_path.glob("*.rows"))
    path.write_bytes(path.read_bytes()[:-7])
    store = Store(tmp_path, ROW)
    assert [store.get(key) is not None for key in keys] == [True] * 9 + [False]
    path.write_bytes(b"")
    assert len(Store(tmp_path, ROW)) == 0


def test_a_full_disk_costs_the_cache_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("builtins.open", fail)
    store = Store(tmp_path, ROW)
    store.put(os.urandom(16), np.zeros(5, "f4"))
    store.flush()
    monkeypatch.undo()
    assert len(Store(tmp_path, ROW)) == 0


def test_least_recently_used_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path))
    for age, name in enumerate(("new", "middle", "old")):
        store = cache.store(name, f"the {name} one", ROW)
        store.put(os.urandom(16), np.zeros(5, "f4"))
        store.flush()
        os.utime(tmp_path / "rows" / name, (1000 - age, 1000 - age))
    sizes = {part.name: part.size for part in cache.parts()}
    assert [part.name for part in cache.parts()] == ["rows/old", "rows/middle", "rows/new"]
    assert [part.name for part in cache.prune(sizes["rows/new"] + sizes["rows/middle"])] == ["rows/old"]
    assert [part.what for part in cache.parts()] == ["the middle one", "the new one"]
    assert len(cache.prune(0)) == 2
    with pytest.raises(OptionError, match="cannot hold"):
        cache.prune(-1)


def test_the_home_moves_where_it_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("not a folder")
    assert cache.home().is_dir()
    assert cache.home() != tmp_path / "file"

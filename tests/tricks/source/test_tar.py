"""tar: webdataset's shards read by offset, nothing unpickled, nothing unpacked."""

import io
import json
import os
import pickle
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError
from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.load import load


def shard(path: Path, **members: bytes) -> Path:
    """A tar of these members in this order; "__" in a keyword stands for ".", "_of_" for "/"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as file:
        for name, data in members.items():
            entry = tarfile.TarInfo(name.replace("_of_", "/").replace("__", "."))
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return path


def told(images: Images) -> list[tuple[str, str]]:
    return [(str(n), [*images.classes, ""][k]) for n, k in zip(images.names, images.labels, strict=True)]


def finding(images: Images, kind: str) -> Finding:
    return next(one for one in images.findings if one.kind == kind)


def test_labels_of_every_kind(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = shard(
        tmp_path / "a.tar",
        k1__jpg=encoded(1), k1__cls=b"3",
        k2__json=json.dumps({"label": 10, "who": "me"}).encode(), k2__png=encoded(2),
        k3__txt="狐狸\n".encode(), k3__webp=encoded(3),
        sub_of_k4__seg__jpg=encoded(4), k5__jpg=encoded(5),
    )  # fmt: skip
    images = load(path)
    assert told(images) == [
        ("a/k1.jpg", "3"),
        ("a/k2.png", "10"),
        ("a/k3.webp", "狐狸"),
        ("a/sub/k4.seg.jpg", ""),
        ("a/k5.jpg", ""),
    ]
    assert list(images.items) == [encoded(k) for k in (1, 2, 3, 4, 5)]
    assert load(path, label="who").classes == ("3", "me", "狐狸")


def test_class_names_for_numbers(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = shard(tmp_path / "a.tar", k1__jpg=encoded(1), k1__cls=b"1", k2__jpg=encoded(2), k2__cls=b"0")
    (tmp_path / "classnames.txt").write_text("zebra\ncat\n")
    images = load(path, classes="classnames.txt")
    assert (images.classes, told(images)) == (("zebra", "cat"), [("a/k1.jpg", "cat"), ("a/k2.jpg", "zebra")])


def test_several_shards(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    for k in range(3):
        shard(tmp_path / "s" / f"train-{k:03d}.tar", k0__jpg=encoded(k), k0__cls=b"%d" % (k % 2))
    shard(tmp_path / "s" / "val-000.tar", k0__jpg=encoded(9), k0__cls=b"0")
    for pattern in ("train-{000..002}.tar", "train-*.tar", "train-{000,001,002}.tar"):
        images = load(f"{tmp_path}/s/{pattern}")
        assert list(images.items) == [encoded(k) for k in range(3)]
        assert images.names[2] == "train-002/k0.jpg"
    whole = load(tmp_path / "s")
    assert whole.split.tolist() == ["train"] * 3 + ["validation"]
    with pytest.raises(InputError, match=r"1 shard not there: '.*train-003.tar'"):
        load(f"{tmp_path}/s/train-{{002..003}}.tar")


def test_nothing_is_unpickled(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "run").touch, ())

    evil = pickle.dumps(Trap())
    path = shard(tmp_path / "a.tar", a__jpg=encoded(1), a__pyd=evil, a__cls=b"0", b__pkl=evil, c__pth=evil, d__npy=b"x")
    images = load(path)
    assert list(images.items) == [encoded(1)]
    assert finding(images, "pickled members").files == ("a.tar/a.pyd", "a.tar/b.pkl", "a.tar/c.pth")
    assert finding(images, "stray members").files == ("a.tar/d.npy",)
    assert not (tmp_path / "run").exists()
    assert sorted(os.listdir(tmp_path)) == ["a.tar"]


def test_links_devices_and_climbing_names_do_no_harm(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as file:
        for name, kind, to in (
            ("l.jpg", tarfile.SYMTYPE, "/etc/passwd"),
            ("h.jpg", tarfile.LNKTYPE, "x.jpg"),
            ("d.jpg", tarfile.CHRTYPE, ""),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, to
            file.addfile(entry)
        entry = tarfile.TarInfo("../../climb.jpg")
        entry.size = len(encoded(1))
        file.addfile(entry, io.BytesIO(encoded(1)))
    images = load(path)
    assert list(images.items) == [encoded(1)]
    assert len(finding(images, "stray members").files) == 3
    assert sorted(os.listdir(tmp_path)) == ["a.tar"]


def test_a_shard_that_was_cut_off(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = shard(tmp_path / "a.tar", k1__jpg=encoded(1), k1__cls=b"0", k2__jpg=b"x" * 4000, k2__cls=b"1")
    path.write_bytes(path.read_bytes()[:3000])
    images = load(path)
    assert list(images.items) == [encoded(1)]
    assert finding(images, "truncated shards").severity == "high"
    (tmp_path / "b.tar").write_bytes(b"not a tar at all" * 100)
    with pytest.raises(InputError, match=r"b.tar is no plain tar"):
        load(tmp_path / "b.tar")


def test_packed_and_empty_shards(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        entry = tarfile.TarInfo("a.jpg")
        entry.size = len(encoded(1))
        file.addfile(entry, io.BytesIO(encoded(1)))
    with pytest.raises(InputError, match=r"a.tar.gz is no plain tar.*gunzip"):
        load(tmp_path / "a.tar.gz")
    shard(tmp_path / "e.tar", notes__md=b"x")
    with pytest.raises(InputError, match=r"holds no picture beside its 'notes.md'"):
        load(tmp_path / "e.tar")
    shard(tmp_path / "j.tar", a__jpg=encoded(1), a__json=b"{")
    with pytest.raises(InputError, match=r"a.json in j.tar cannot be read"):
        load(tmp_path / "j.tar")


def test_labels_without_pictures_are_named(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    images = load(shard(tmp_path / "a.tar", a__jpg=encoded(1), a__cls=b"0", b__cls=b"1"))
    assert finding(images, "labels without a picture").files == ("a.tar/b",)


def test_any_order_any_thread_any_process(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    for k in range(4):
        shard(tmp_path / f"{k}.tar", **{f"k{n}__png": encoded(10 * k + n) for n in range(10)})
    again: Any = pickle.loads(pickle.dumps(load(tmp_path).items))  # noqa: S301
    rows = [k * 7 % 40 for k in range(400)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(again.__getitem__, rows)) == [encoded(k) for k in rows]

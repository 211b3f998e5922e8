"""Tables in Parquet: a row group at a time, bytes or paths, damaged files named."""

import json
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import read
from linne.core.load import load
from linne.tricks.source import _parquet
from tests.tricks.source._said import labels

Tree = Callable[..., Path]


@pytest.fixture
def abc(tree: Tree) -> Path:
    return tree("a.png", "b.png", "c.png")


def parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_parquet_of_bytes_is_read_a_row_group_at_a_time(
    tmp_path: Path, encoded: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [encoded(k) for k in range(50)]
    columns = {"image": pictures, "label": [f"c{k % 3}" for k in range(50)], "name": [f"n{k}.png" for k in range(50)]}
    path = parquet(tmp_path / "t.parquet", columns, row_group_size=7)
    monkeypatch.setattr(_parquet, "CACHE", 2 * sum(map(len, pictures[:7])) + 200)
    groups: list[int] = []
    real = pq.ParquetFile.read_row_group

    def counting(self: Any, group: int, **options: Any) -> Any:
        groups.append(group)
        return real(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counting)
    images = load(path)
    assert groups == []  # listing reads no picture
    assert [read(item) for item in images.items] == pictures
    assert groups == list(range(8))
    items: Any = images.items
    assert sum(kept.nbytes for kept in items._groups.values()) <= _parquet.CACHE
    assert images.columns == {}
    assert images.names[:2].tolist() == ["n0.png", "n1.png"]
    assert labels(images)[:4] == ["c0", "c1", "c2", "c0"]
    assert items[-1] == pictures[-1]
    assert items[3:5] == pictures[3:5]
    with pytest.raises(IndexError):
        items[50]
    again: Any = pickle.loads(pickle.dumps(items))  # noqa: S301
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(again.__getitem__, [k * 37 % 50 for k in range(200)])) == [
            pictures[k * 37 % 50] for k in range(200)
        ]


def test_parquet_as_hugging_face_writes_it(tmp_path: Path, tree: Tree, encoded: Callable[..., bytes]) -> None:
    names = {b"huggingface": json.dumps({"info": {"features": {"label": {"names": ["cat", "dog"]}}}}).encode()}
    pictures = [{"bytes": encoded(k), "path": f"{k}.png"} for k in range(3)]
    table = pa.table({"image": pictures, "label": [1, 0, -1]}).replace_schema_metadata(names)
    pq.write_table(table, tmp_path / "t.parquet")
    images = load(tmp_path / "t.parquet")
    assert labels(images) == ["dog", "cat", ""]
    assert [read(item) for item in images.items] == [picture["bytes"] for picture in pictures]
    assert images.names.tolist() == ["0.png", "1.png", "2.png"]
    root = tree("x/1.png")
    pathed = pa.table({"image": [{"bytes": None, "path": "x/1.png"}], "label": [0]}).cast(
        pa.schema([("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("label", pa.int64())])
    )
    pq.write_table(pathed, root / "t.parquet")
    assert read(load(root / "t.parquet").items[0]) == (root / "x/1.png").read_bytes()


def test_parquet_of_paths_and_a_damaged_file(abc: Path) -> None:
    path = parquet(abc / "t.parquet", {"path": ["a.png", "b.png"], "label": [1.0, None]})
    assert labels(load(path)) == ["1", ""]
    with pytest.raises(OptionError, match="Parquet has no encoding"):
        load(path, encoding="utf-8")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"t.parquet cannot be read as Parquet"):
        load(path)


def test_a_damaged_row_group_is_an_os_error(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = parquet(
        tmp_path / "t.parquet",
        {"image": [encoded(1)] * 5, "label": ["a"] * 5},
        compression="zstd",
        use_dictionary=False,
    )
    images = load(path)
    chunk, data = pq.ParquetFile(path).metadata.row_group(0).column(0), bytearray(path.read_bytes())
    end = chunk.data_page_offset + chunk.total_compressed_size
    data[end - 40 : end] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"[Cc]orrupt|row group 0 of t.parquet is damaged"):
        images.items[0]


def test_train_and_test_tables_in_a_folder_are_splits(
    tree: Tree, tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    root = tree("images/Train_0.jpg", "images/Train_1.jpg", "images/Test_0.jpg")
    (root / "train.csv").write_text("image_id,healthy,rust\nTrain_0,1,0\nTrain_1,0,1\n")
    (root / "test.csv").write_text("image_id\nTest_0\n")
    (root / "sample_submission.csv").write_text("image_id,healthy,rust\nTest_0,0.5,0.5\n")
    images = load(root)
    assert labels(images) == ["", "healthy", "rust"]
    assert images.split.tolist() == ["test", "train", "train"]
    both = tmp_path / "both"
    both.mkdir()
    for name, n in (("train-00000-of-00002", 3), ("train-00001-of-00002", 2), ("test-00000-of-00001", 4)):
        pictures = [encoded(k + len(name) * n) for k in range(n)]
        parquet(both / f"{name}.parquet", {"image": pictures, "label": ["a", "b", "a", "b"][:n]})
    images = load(both)
    assert images.split.tolist() == ["test"] * 4 + ["train"] * 5
    assert len({str(name) for name in images.names}) == 9
    assert len({read(item) for item in images.items}) == 9


def test_cifar10_parquet() -> None:
    root = Path(os.environ.get("LINNE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "cifar10"
    if not root.is_dir():
        pytest.skip("cifar10 is not here (LINNE_DATA)")
    images = load(root)
    assert (len(images), len(images.classes), images.findings) == (60000, 10, ())
    assert images.split.tolist() == ["test"] * 10000 + ["train"] * 50000
    assert np.array_equal(images.counts(), [6000] * 10)
    for row in (0, 9999, 10000, 59999):
        assert bytes(read(images.items[row]))[:3] == b"\xff\xd8\xff"
        assert str(images.names[row]).split("/")[1] == images.classes[images.labels[row]]

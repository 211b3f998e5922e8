"""linne batch: parts that are whole or not there, shards and object stores, and the same bytes after any kill."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import MissingExtra, OptionError, RunError
from linne.engine import parts as parting
from linne.engine.parts import Parts, shared
from linne.verbs.batch import batch

RUNTIME = "openvino(f32)"


def told(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but hidden ones."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name[0] != "."}


@pytest.fixture(scope="module")
def whole(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of photos/ in one go, 10 a part."""
    out = tmp_path_factory.mktemp("batch") / "whole"
    found = batch(shapes / "run", shapes / "photos", out=out, each=10, runtime=RUNTIME)
    assert found.data() == {"out": str(out), "pictures": 72, "parts": 8, "written": 8, "left": 0, "done": True}
    return out


def test_parts_are_what_linne_predict_writes(shapes: Path, whole: Path, tmp_path: Path) -> None:
    linne.predict(shapes / "run", shapes / "photos", out=tmp_path / "all.csv", runtime=RUNTIME)
    header, *rows = (tmp_path / "all.csv").read_bytes().splitlines()
    found = [data.splitlines() for name, data in told(whole).items() if name.startswith("part-")]
    assert {part[0] for part in found} == {header}
    assert [row for part in found for row in part[1:]] == rows
    assert json.loads((whole / "DONE.json").read_text()) == {"parts": 8, "rows": 72}


def test_killed_again_and_again_it_ends_with_the_same_bytes(shapes: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    words = [sys.executable, "-m", "linne", "batch", str(shapes / "run"), str(shapes / "photos"), "--out", str(out),
             "--each", "10", "--runtime", RUNTIME, "--quiet"]  # fmt: skip
    for count in (1, 4):
        running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        while running.poll() is None and len(list(out.glob("part-*"))) < count:
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert not (out / "DONE.json").exists(), "else nothing is shown"
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert main(words[3:]) == 0
    assert told(out) == told(whole)
    assert all((out / name).stat().st_mtime_ns == time for name, time in before.items()), "what was there stays"
    assert main(words[3:]) == 0, "and again, with nothing left to do"


def test_machines_share_the_parts(shapes: Path, whole: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"out": tmp_path / "shared", "each": 10, "runtime": RUNTIME}
    first = batch(shapes / "run", shapes / "photos", share="1/2", **given)
    assert (first.made, first.left, first.whole) == (4, 4, False)
    second = batch(shapes / "run", shapes / "photos", share="2/2", **given)
    assert (second.made, second.left, second.whole) == (4, 0, True)
    assert told(tmp_path / "shared") == told(whole)


def test_shards_and_an_object_store_answer_alike(shapes: Path, tmp_path: Path) -> None:
    import fsspec

    files = sorted((shapes / "new").rglob("*.jpg"))
    store, packed = fsspec.filesystem("memory"), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as shard:
        for path in files:
            entry = tarfile.TarInfo(path.name)
            entry.size = path.stat().st_size
            shard.addfile(entry, io.BytesIO(path.read_bytes()))
    store.pipe({f"/bucket/plain/{path.name}": path.read_bytes() for path in files})
    store.pipe({"/bucket/shards/a-0.tar": packed.getvalue(), "/bucket/shards/note.txt": b"no picture"})
    (tmp_path / "a-0.tar").write_bytes(packed.getvalue())
    wanted = [list(row.values())[1:] for row in linne.predict(shapes / "run", shapes / "new", runtime=RUNTIME).data()]
    names = {"memory://bucket/plain": "disc-900.jpg", "memory://bucket/shards/*.tar": "a-0.tar/disc-900.jpg",
             (tmp_path / "a-0.tar").as_uri(): "a-0.tar/disc-900.jpg", str(tmp_path): "a-0/disc-900.jpg"}  # fmt: skip
    for number, (source, name) in enumerate(names.items()):
        images = linne.load(source)
        assert len(images) == 12
        assert name in images.names
        out = tmp_path / f"out-{number}"
        batch(shapes / "run", source, out=out, each=5, runtime=RUNTIME)
        rows = [line.split(",") for path in sorted(out.glob("part-*")) for line in path.read_text().splitlines()[1:]]
        found = sorted((Path(row[0]).name, row[1], *map(float, row[3:])) for row in rows)
        plain = sorted((path.name, *row[:1], *row[2:]) for path, row in zip(files, wanted, strict=True))
        assert found == plain


def test_another_plan_or_folder_is_refused_before_anything_is_written(
    shapes: Path, whole: Path, tmp_path: Path
) -> None:
    run, photos = shapes / "run", shapes / "photos"
    before = told(whole)
    with pytest.raises(RunError, match="differs in each"):
        batch(run, photos, out=whole, each=9, runtime=RUNTIME)
    with pytest.raises(RunError, match="differs in rows, pictures"):
        batch(run, shapes / "new", out=whole, each=10, runtime=RUNTIME)
    with pytest.raises(RunError, match="differs in asked"):
        batch(run, photos, out=whole, each=10, runtime=RUNTIME, coverage=0.8)
    assert told(whole) == before
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="something else already"):
        batch(run, photos, out=tmp_path, each=10)
    with pytest.raises(RunError, match="is a file"):
        batch(run, photos, out=tmp_path / "mine.txt", each=10)
    for wrong in ({"each": 0}, {"share": "3/2"}, {"share": "x"}, {"refine": True}, {"ray": 2, "share": "1/2"}):
        with pytest.raises(OptionError):
            batch(run, photos, out=tmp_path / "new", **wrong)
    assert sorted(os.listdir(tmp_path)) == ["mine.txt"]


def test_a_bundle_answers_in_parts_what_it_answers_at_once(tmp_path: Path) -> None:
    from tests.packed import pack

    bundle, photos = pack(tmp_path / "bundle"), tmp_path / "photos"
    photos.mkdir()
    for k in range(5):
        Image.new("RGB", (20, 20), (40 * k, 90, 0)).save(photos / f"{k}.png")
    (photos / "5.png").write_bytes(b"no picture")
    found = batch(bundle, photos, out=tmp_path / "out", each=2)
    assert (found.made, found.whole) == (3, True)
    linne.predict(bundle, photos, out=tmp_path / "all.csv")
    header, *rows = (tmp_path / "all.csv").read_text().splitlines()
    parts = [data.decode().splitlines() for name, data in told(tmp_path / "out").items() if name.startswith("part-")]
    assert {part[0] for part in parts} == {header}
    assert [row for part in parts for row in part[1:]] == rows
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["runtime"] == "openvino"
    assert batch(bundle, photos, out=tmp_path / "out", each=2).made == 0
    with pytest.raises(RunError, match="differs in asked"):
        batch(bundle, photos, out=tmp_path / "out", each=2, runtime="onnxruntime")
    with pytest.raises(OptionError, match="--coverage is for runs"):
        batch(bundle, photos, out=tmp_path / "new", coverage=0.9)
    assert not (tmp_path / "new").exists()


def test_a_share_is_every_nth_part(tmp_path: Path) -> None:
    parts = Parts(tmp_path, 95, 10, {}, shared("2/3"))
    assert list(parts.todo()) == [1, 4, 7]
    assert list(parts.of(9)) == list(range(90, 95))
    assert shared("") == (0, 1)


def test_ray_is_named_where_it_is_missing(shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"linne\[ray\]"):
        parting.spread([0], object, {}, 2)


def test_a_changed_picture_is_answered_again_with_its_part_alone(shapes: Path, tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    shutil.copytree(shapes / "new", photos)
    given: dict[str, Any] = {"out": out, "each": 5, "runtime": RUNTIME}
    assert batch(shapes / "run", photos, **given).made == 3
    before = told(out)
    files = sorted(photos.rglob("*.jpg"))
    shutil.copyfile(files[0], files[-1])
    again = batch(shapes / "run", photos, **given)
    assert (again.made, again.whole) == (1, True)
    after = told(out)
    assert [name for name in after if after[name] != before[name]] == ["part-000002.csv"]
    fresh = batch(shapes / "run", photos, out=tmp_path / "fresh", each=5, runtime=RUNTIME)
    assert told(fresh.folder) == after, "as if it had been answered so from the first"
    assert batch(shapes / "run", photos, **given).made == 0


def test_a_part_that_was_being_answered_again_when_it_was_stopped_is_still_to_do(tmp_path: Path) -> None:
    now = ["first"]
    parts = Parts(tmp_path, 1, 1, {}, state=lambda rows: now[0])
    parts.write(0, lambda aside: aside.write_text("first"))
    now[0] = "second"

    def stopped(aside: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.write(0, stopped)
    assert not parts.there(0), "what is there was made of the first"
    parts.write(0, lambda aside: aside.write_text("second"))
    assert parts.there(0)


def test_what_changed_in_a_store_or_in_a_shard_is_answered_again(shapes: Path, tmp_path: Path) -> None:
    import fsspec

    files = sorted((shapes / "new").rglob("*.jpg"))
    store, shard = fsspec.filesystem("memory"), tmp_path / "a.tar"
    store.pipe({f"/changing/plain/{path.name}": path.read_bytes() for path in files})

    def packed(names: list[Path]) -> None:
        with tarfile.open(shard, "w") as whole:
            for path, name in zip(names, files, strict=True):
                whole.add(path, name.name)

    def swapped() -> None:
        store.pipe({f"/changing/plain/{files[-1].name}": files[0].read_bytes()})

    packed(files)
    for number, (source, change, parts) in enumerate((
        ("memory://changing/plain", swapped, 1), (str(shard), lambda: packed(files[::-1]), 3),
        (shard.as_uri(), lambda: packed(files), 3),
    )):  # fmt: skip
        out = tmp_path / f"out-{number}"
        given: dict[str, Any] = {"out": out, "each": 5, "runtime": RUNTIME}
        assert batch(shapes / "run", source, **given).made == 3
        assert batch(shapes / "run", source, **given).made == 0
        before = told(out)
        change()
        assert batch(shapes / "run", source, **given).made == parts
        assert told(out) != before
        given["out"] = tmp_path / f"fresh-{number}"
        assert told(batch(shapes / "run", source, **given).folder) == told(out)


def test_a_gallery_is_told_from_a_run(shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "gallery.json").write_text("{}")
    with pytest.raises(OptionError, match=r"is a gallery.*linne identify"):
        batch(tmp_path / "parts", shapes / "new", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()

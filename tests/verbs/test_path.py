"""The user's path: train, report, evaluate, predict, on pictures made here, with the real network."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, OptionError, RunError
from tests.conftest import SHAPES, draw, write_folder


def tree(root: Path) -> str:
    """Names, bytes, times and modes of everything below a folder."""
    mark = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        state = path.stat()
        mark.update(f"{path.relative_to(root)} {state.st_mtime_ns} {state.st_mode}".encode())
        if path.is_file():
            mark.update(path.read_bytes())
    return mark.hexdigest()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with train and test parts, a leak, a broken file and a stray one; new/ without labels."""
    root = tmp_path_factory.mktemp("path")
    write_folder(root / "photos" / "train", 24)
    write_folder(root / "photos" / "test", 10, start=100)
    leaked = root / "photos" / "train" / "disc" / "disc-003.jpg"
    shutil.copy(leaked, root / "photos" / "test" / "disc" / "again.jpg")
    (root / "photos" / "train" / "bars" / "broken.jpg").write_bytes(leaked.read_bytes()[:300])
    (root / "photos" / "train" / ".DS_Store").write_bytes(b"\0")
    (root / "new").mkdir()
    for seed in range(3):
        Image.fromarray(draw("cross", 200 + seed)).save(root / "new" / f'a "{seed}", 图.png')
    (root / "new" / "text.jpg").write_text("not a picture")
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> linne.Run:
    before = tree(place / "photos")
    run = linne.train(place / "photos", out=place / "run")
    assert tree(place / "photos") == before, "nothing is written into the pictures' folder"
    return run


def test_the_run_s_folder_is_whole(run: linne.Run) -> None:
    wanted = {
        "recipe.toml", "images.parquet", "log.jsonl", "model.safetensors", "config.json", "predictions.parquet",
        "calibration.json", "figures.json", "findings.json", "report.html", "report.json", "report.txt", "card.md",
        "reads.jsonl", "DONE.json", "reference.safetensors", "unknown.json", "unknown.safetensors", "guarantees.json",
    }  # fmt: skip
    assert {path.name for path in run.path.iterdir()} == wanted
    newest = max(run.path.iterdir(), key=lambda path: path.stat().st_mtime_ns).name
    assert newest in ("DONE.json", "log.jsonl")
    assert run.classes == tuple(sorted(SHAPES))
    assert run.reads == 1
    for line in (run.path / "log.jsonl").read_text(encoding="utf-8").splitlines():
        assert "say" in json.loads(line)


def test_every_picture_is_used_or_named_with_a_reason(run: linne.Run) -> None:
    rows = run.images().to_pylist()
    assert len(rows) == 3 * 24 + 30 + 2
    left = {row["name"]: row["why"] for row in rows if not row["kept"]}
    assert list(left) == ["train/bars/broken.jpg"]
    assert left["train/bars/broken.jpg"]
    kinds = {found["kind"]: found for found in run.findings}
    assert any(".DS_Store" in name for found in run.findings for name in found.get("files", []))
    assert "leak between splits" in kinds
    assert kinds["leak between splits"]["severity"] == "high"


def test_the_leak_does_not_judge(run: linne.Run) -> None:
    assert run.figures["n"] == 30
    assert run.figures["with_twins"]["n"] == 31
    assert run.figures["headline"]["value"] > 0.8
    assert run.figures["headline"]["low"] < run.figures["headline"]["value"] <= run.figures["headline"]["high"]
    assert "on 30 test pictures" in run.report()


def test_stored_predictions_give_the_figures(run: linne.Run) -> None:
    test = run.predictions("test")
    twin = np.array([name.endswith("again.jpg") for name in test.names])
    assert test.right[~twin].mean() == pytest.approx(run.figures["headline"]["value"])
    assert len(run.predictions("train")) == 72
    with pytest.raises(InputError, match="no predictions of 'tset'"):
        run.predictions("tset")


def test_timm_loads_the_weights_and_gives_the_same_answer(run: linne.Run, place: Path) -> None:
    import timm
    import torch

    from linne.core.decode import Geometry, decode, prepare
    from linne.engine.infer import model_of
    from linne.engine.log import Log
    from linne.engine.look import Looker, look

    images = linne.load(place / "photos").take(np.arange(6))
    model = model_of(run)
    _, features = look(images, Looker(model.network, Geometry(), Log(quiet=True), runtime="eager"))
    ours = features @ model.weight.T + model.bias
    net = timm.create_model(f"local-dir:{run.path}", pretrained=True).eval()
    config = net.pretrained_cfg
    assert config["crop_pct"] == 0.875
    assert config["num_classes"] == 3
    arrays = np.stack([prepare(decode(item).pixels, Geometry()) for item in images.items])
    x = (torch.from_numpy(arrays).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    with torch.inference_mode():
        theirs = net(x).numpy()
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_predict_writes_a_row_a_picture(run: linne.Run, place: Path) -> None:
    assert main(["predict", str(run.path), str(place / "new"), "--out", str(place / "new.csv")]) == 0
    with open(place / "new.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ['a "0", 图.png', 'a "1", 图.png', 'a "2", 图.png', "text.jpg"]
    for row in rows[:3]:
        shares = [float(row[name]) for name in run.classes]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert row["label"] == run.classes[int(np.argmax(shares))]
        assert row["problem"] == ""
    assert rows[3]["problem"]
    assert rows[3]["label"] == rows[3]["disc"] == ""


def test_predict_in_python_and_on_the_screen(run: linne.Run, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = linne.predict(run, place / "new")
    assert len(found.top(2)[0]) == 2
    assert found.top()[3] == []
    assert main(["predict", str(run.path), str(place / "new"), "--json", "--quiet"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["label"] == found.top()[0][0][0]
    with pytest.raises(OptionError, match=r"new\.csv"):
        linne.predict(run, place / "new", out=place / "new.xlsx")


def test_evaluate_counts_reads_and_leaves_out_what_was_learned(run: linne.Run, place: Path) -> None:
    before = run.reads
    figures = linne.evaluate(run, place / "photos")
    assert figures["n"] == 30, "learning pictures and the leaked one are known by their content"
    assert any("left out" in note for note in figures["notes"])
    assert any("read" in note for note in figures["notes"])
    assert run.reads == before + 1
    assert figures["headline"]["value"] == pytest.approx(run.figures["headline"]["value"])
    other = linne.evaluate(run, write_folder(place / "more", 5, start=300))
    assert other["n"] == 15
    assert run.reads == before + 1, "other pictures are no reading of the test set"


def test_evaluate_maps_classes_by_name(run: linne.Run, place: Path) -> None:
    some = write_folder(place / "some", 4, ("cross",), start=400)
    write_folder(some, 4, ("disc",), start=400)
    assert linne.evaluate(run, some)["headline"]["value"] > 0.7
    (some / "crosss").mkdir()
    shutil.copy(some / "cross" / "cross-400.jpg", some / "crosss" / "x.jpg")
    with pytest.raises(InputError, match="Did you mean 'cross'"):
        linne.evaluate(run, some)


def test_warm_verbs_import_neither_torch_nor_timm_nor_sklearn(run: linne.Run, place: Path) -> None:
    code = (
        "import sys\nfrom linne.cli import main\n"
        f"main(['predict', {str(run.path)!r}, {str(place / 'new')!r}, '--out', {str(place / 'warm.csv')!r}])\n"
        f"main(['evaluate', {str(run.path)!r}, {str(place / 'photos')!r}])\n"
        f"main(['train', {str(place / 'photos')!r}, '--out', {str(place / 'warm')!r}])\n"
        "print('heavy:', sorted({'torch', 'timm', 'sklearn', 'scipy.stats', 'scipy.optimize'} & set(sys.modules)))"
    )
    # A runtime that needs no torch: with these few pictures eager may be the fastest, and it needs it.
    linne.train(place / "photos", out=place / "first", runtime="openvino")
    code = code.replace("'--out'", "'--runtime', 'openvino', '--out'").replace(
        f"{str(place / 'photos')!r}])\n", f"{str(place / 'photos')!r}, '--runtime', 'openvino'])\n", 1
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout, done.stdout[-300:] + done.stderr[-2000:]


def test_a_finished_run_is_not_trained_over(run: linne.Run, place: Path) -> None:
    with pytest.raises(RunError, match="finished run"):
        linne.train(place / "photos", out=run.path)
    with pytest.raises(RunError, match="pictures' own folder"):
        linne.train(place / "photos", out=place / "photos" / "run")
    (place / "other").mkdir()
    (place / "other" / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other files"):
        linne.train(place / "photos", out=place / "other")


def test_a_stopped_run_goes_on_and_a_different_one_does_not(
    place: Path, run: linne.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linne.engine import folder

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "write_results", stop)
    with pytest.raises(KeyboardInterrupt):
        linne.train(place / "photos", out=place / "stopped")
    monkeypatch.undo()
    assert not (place / "stopped" / "DONE.json").exists()
    with pytest.raises(RunError, match="was not finished"):
        linne.Run(place / "stopped")
    with pytest.raises(RunError, match="other settings: seed = 0"):
        linne.train(place / "photos", out=place / "stopped", seed=5)
    again = linne.train(place / "photos", out=place / "stopped")
    assert again.figures["headline"] == run.figures["headline"]
    assert (again.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()
    assert again.reads == 2, "the test pictures were read before the stop and after it"


def test_changed_pictures_are_named_when_going_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linne.engine import folder

    photos = write_folder(place / "changing", 8)

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "write_results", stop)
    with pytest.raises(KeyboardInterrupt):
        linne.train(photos, out=place / "changed")
    monkeypatch.undo()
    Image.fromarray(draw("disc", 999)).save(photos / "disc" / "disc-002.jpg")
    with pytest.raises(RunError, match=r"1 changed \(disc/disc-002.jpg\)"):
        linne.train(photos, out=place / "changed")


def test_a_full_disk_is_said_and_leaves_no_half_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert main(["train", str(place / "photos"), "--out", str(place / "full"), "--quiet"]) == 2
    assert os.fsync is real
    assert not (place / "full" / "DONE.json").exists()
    assert not list((place / "full").glob(".*")), "no half-written file is left"
    assert main(["train", str(place / "photos"), "--out", str(place / "full"), "--quiet"]) == 0


def test_strict_and_fail_on_are_gates(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(place / "photos"), "--out", str(place / "strict"), "--strict", "--quiet"]) == 1
    assert "twin" in capsys.readouterr().err
    assert main(["check", str(place / "photos"), "--fail-on", "high", "--quiet"]) == 1
    assert "--fail-on high" in capsys.readouterr().err
    assert main(["check", str(place / "photos"), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"]


def test_report_again(run: linne.Run, capsys: pytest.CaptureFixture[str]) -> None:
    (run.path / "report.html").unlink()
    assert main(["report", str(run.path)]) == 0
    assert "report.html" in capsys.readouterr().out
    assert (run.path / "report.html").stat().st_size > 10_000


def test_a_run_is_kept_whose_page_fails(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("linne.web.report.render", broken)
    kept = linne.train(place / "photos", out=place / "pageless")
    assert "accuracy" in kept.report()
    assert len(linne.predict(kept, place / "photos")) > 30
    assert not (kept.path / "report.html").exists()
    monkeypatch.undo()
    assert main(["report", str(kept.path)]) == 0
    assert "<h1>" in (kept.path / "report.html").read_text(encoding="utf-8")


def test_augmented_copies_learn_and_change_the_head(place: Path, run: linne.Run) -> None:
    more = linne.train(place / "photos", out=place / "more-run", augment="flip,rotate(15),noise(std=.02)", copies=2)
    assert more.figures["n"] == run.figures["n"]
    assert (more.path / "model.safetensors").read_bytes() != (run.path / "model.safetensors").read_bytes()
    assert more.recipe.augment == "flip,rotate(15),noise(std=0.02)"
    assert len(more.predictions("train")) == 72, "copies learn; pictures are judged as they are"

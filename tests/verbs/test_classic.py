"""`linne train --classic`: the user's path with a classical learner, on pictures made here, with the real network."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import linne
from linne.cli import main
from linne.core.errors import RunError
from linne.engine.compare import compare
from linne.engine.infer import model_of
from linne.engine.network import resolve
from tests.conftest import write_folder

SPEC = "knn(k=3)"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with train and test parts, and new/ ones."""
    root = tmp_path_factory.mktemp("classic")
    write_folder(root / "photos" / "train", 24)
    write_folder(root / "photos" / "test", 10, start=100)
    write_folder(root / "new", 3, start=200)
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> linne.Run:
    words = ["train", str(place / "photos"), "--classic", SPEC, "--out", str(place / "run"), "--quiet"]
    assert main([*words, "--runtime", "openvino"]) == 0
    return linne.Run(place / "run")


def test_the_run_keeps_what_was_learned_without_pickle(run: linne.Run) -> None:
    assert (run.path / "classic.safetensors").exists()
    assert run.recipe.classic == SPEC
    assert run.figures["headline"]["value"] > 0.7
    assert len(run.predictions("train")) == 72, "out of fold"
    assert run.json("calibration.json") == {
        "temperature": run.temperature, "fitted_on": "72 learning pictures, each judged by one that had not seen it",
        "classic": SPEC,
    }  # fmt: skip


def test_predict_says_what_was_judged(run: linne.Run, place: Path) -> None:
    again = linne.predict(run, place / "photos" / "test")
    stored = run.predictions("test")
    where = {Path(name).name: row for row, name in enumerate(stored.names)}
    order = [where[Path(name).name] for name in again.names]
    assert np.abs(again.logits - stored.logits[order]).max() < 1e-6
    assert np.allclose(again.probabilities, stored.probabilities[order], atol=1e-6)
    assert main(["predict", str(run.path), str(place / "new"), "--out", str(place / "new.csv"), "--quiet"]) == 0
    with open(place / "new.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9
    assert all(sum(float(row[name]) for name in run.classes) == pytest.approx(1, abs=1e-5) for row in rows)


def test_evaluate_gives_the_same_figure(run: linne.Run, place: Path) -> None:
    figures = linne.evaluate(run, place / "photos")
    assert figures["n"] == 30
    assert figures["headline"]["value"] == pytest.approx(run.figures["headline"]["value"])


def test_warm_verbs_import_no_scikit_learn(run: linne.Run, place: Path) -> None:
    photos, there = str(place / "photos"), str(place / "warm")
    code = (
        "import sys\nfrom linne.cli import main\n"
        f"main(['predict', {str(run.path)!r}, {str(place / 'new')!r}, '--runtime', 'openvino'])\n"
        f"main(['evaluate', {str(run.path)!r}, {photos!r}, '--runtime', 'openvino'])\n"
        f"main(['train', {photos!r}, '--classic', {SPEC!r}, '--runtime', 'openvino', '--out', {there!r}])\n"
        "print('heavy:', sorted({'torch', 'timm', 'sklearn', 'scipy.stats', 'scipy.optimize'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout, done.stdout[-300:] + done.stderr[-2000:]
    for name in ("classic.safetensors", "model.safetensors"):
        assert (Path(there) / name).read_bytes() == (run.path / name).read_bytes()


def test_its_own_network_is_in_the_folder(run: linne.Run) -> None:
    """Where the weights' package is gone, the run's file is what it began with: the network with its own head."""
    network = resolve(run.config["architecture"], str(run.path))
    assert network.classes == run.config["num_classes"] == 1000
    assert network.width == 1280


def test_the_page_and_the_card_name_the_learner(run: linne.Run) -> None:
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert f"1,280 features, 3 classes, {SPEC}" in page
    assert "1,280 个特征，3 个类别" in page
    card = (run.path / "card.md").read_text(encoding="utf-8")
    assert "fitted to frozen features" in card
    assert "a linear head" not in card
    assert "classic.safetensors" in card
    assert "--classic" in page
    assert not any("next:" in line for line in (run.path / "log.jsonl").read_text(encoding="utf-8").splitlines())


def test_a_linear_learner_is_a_head_that_timm_loads(run: linne.Run, place: Path) -> None:
    import timm
    import torch

    other = linne.train(place / "photos", out=place / "lda", classic="lda")
    assert not (other.path / "classic.safetensors").exists()
    net = timm.create_model(f"local-dir:{other.path}", pretrained=True).eval()
    model = model_of(other)
    head = net.get_classifier()
    assert np.array_equal(head.weight.detach().numpy(), model.weight)
    assert np.array_equal(head.bias.detach().numpy(), model.bias)
    with torch.inference_mode():
        assert net(torch.zeros(1, 3, 224, 224)).shape == (1, 3)
    told = compare(run.predictions(), other.predictions())
    assert told["n"] == 30
    assert "a linear head" not in (other.path / "card.md").read_text(encoding="utf-8")
    assert "timm.create_model" in (other.path / "card.md").read_text(encoding="utf-8")


def test_a_stopped_run_goes_on_to_the_same_bytes(run: linne.Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linne.engine import folder

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    asked = {"out": place / "stopped", "classic": "forest(trees=20)", "runtime": "openvino"}
    monkeypatch.setattr(folder, "write_results", stop)
    with pytest.raises(KeyboardInterrupt):
        linne.train(place / "photos", **asked)
    monkeypatch.undo()
    before = (place / "stopped" / "classic.safetensors").read_bytes()
    with pytest.raises(RunError, match=r"other settings: classic = \"forest\(trees=20\)\" \(now \"knn\"\)"):
        linne.train(place / "photos", out=place / "stopped", classic="knn", runtime="openvino")
    assert linne.train(place / "photos", **asked).figures["n"] == 30
    assert (place / "stopped" / "classic.safetensors").read_bytes() == before


def test_mistakes_say_so_and_leave_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", str(place / "photos"), "--out", str(place / "none"), "--quiet"]
    for flags, said in (
        (["--classic", "svm", "--minutes", "5"], "no effect with classic='svm'"),
        (["--classic", "swm"], "Did you mean 'svm'"),
        (["--classic", "knn(k=1000)"], "k=1000 of"),
        (["--classic", "knn(k=0)"], "k=0"),
    ):
        assert main([*words, *flags]) == 2
        assert said in capsys.readouterr().err
        assert not (place / "none").exists()


def test_a_damaged_learner_is_named(run: linne.Run, place: Path) -> None:
    import shutil

    copy = place / "copy"
    shutil.copytree(run.path, copy)
    (copy / "classic.safetensors").write_bytes(b"nothing")
    with pytest.raises(RunError, match=r"classic\.safetensors is missing or damaged"):
        linne.predict(copy, place / "new")
    assert json.loads((copy / "config.json").read_text())["linne"]["learner"] == "knn"

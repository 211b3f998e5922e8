"""Kinds of runs sent elsewhere: the bundle answers as the run does, or what cannot be exported says what can."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import linne
from linne.core.ask import Ask
from linne.core.errors import MissingExtra, OptionError, RunError
from linne.engine import export as exporting
from linne.engine import npm
from linne.engine.bundle import Bundle
from linne.engine.log import Log
from linne.engine.serving import Picture, Want, opened
from linne.engine.verified import Layer, Verified
from linne.web.browser import export_page
from tests.conftest import write_folder
from tests.verbs.test_several import collages

TINY: dict[str, Any] = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """several/, a run of several labels a picture, its pictures, and several-bundle/ in every format."""
    root = tmp_path_factory.mktemp("shipped")
    linne.train(f"several({collages(root / 'pictures', 100)})", out=root / "several", **TINY)
    linne.export(root / "several", to="onnx,openvino,program")
    return root


def test_several_labels_a_picture_are_verified_by_every_runtime(place: Path) -> None:
    found = linne.verify(place / "several-bundle")
    assert not found.gate
    assert {layer.runtime for layer in found.layers} == {"openvino", "onnxruntime", "program"}
    assert max(layer.apart for layer in found.layers) < 1e-3


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime", "program"])
def test_several_labels_are_those_that_the_run_says(place: Path, runtime: str) -> None:
    run, bundle, pictures = place / "several", place / "several-bundle", place / "pictures"
    by_run = linne.predict(run, pictures, runtime="eager")
    found = Bundle(bundle, runtime).predict(sorted(pictures.glob("*.png")))
    assert found["probabilities"] == pytest.approx(by_run.probabilities, abs=1e-3)
    edge = np.abs(by_run.probabilities - linne.Run(run).thresholds).min(1) < 2e-3
    assert edge.mean() < 0.2
    said = [{name for name, _ in one} for one in by_run.said()]
    assert all(set(one) == other or near for one, other, near in zip(found["labels"], said, edge, strict=True))
    served = opened(bundle, Ask(runtime=runtime), Log(quiet=True))
    some = [Picture(path.name, path.read_bytes()) for path in sorted(pictures.glob("*.png"))[:5]]
    some = [one.decoded(served.geometry) for one in some] if served.geometry else some
    told = served.tell(served.look(some), Want())
    assert [set(one["labels"]) for one in told] == [set(one) for one in found["labels"][:5]]


def test_what_has_no_effect_on_several_labels_or_a_bundle_is_refused(place: Path) -> None:
    for name, want, said in (
        ("several", Want(asked=(("coverage", 0.9),)), "one label a picture"), ("several", Want(of="x"), "explain=cam"),
        ("several-bundle", Want(of="x"), "need the run"), ("several-bundle", Want(explain="cam"), "need the run"),
        ("several-bundle", Want(asked=(("max_error", 0.1),)), "max_error needs the run"),
    ):  # fmt: skip
        served = opened(place / name, Ask(), Log(quiet=True))
        with pytest.raises(OptionError, match=said):
            served.tell(served.look([Picture("a", b"")]), want)


def test_predict_and_evaluate_of_several_labels(place: Path, tmp_path: Path) -> None:
    table = f"several({place / 'pictures' / 'labels.csv'})"
    linne.predict(place / "several-bundle", place / "pictures", out=tmp_path / "said.csv")
    linne.predict(place / "several", place / "pictures", out=tmp_path / "run.csv", runtime="openvino")
    one, other = ((tmp_path / name).read_text().splitlines() for name in ("said.csv", "run.csv"))
    assert one[0] == other[0]
    assert len(one) == len(other) == 101
    found = linne.evaluate(place / "several-bundle", table)
    assert found["metric"] == "average_precision"
    assert "does not say which pictures its run learned from" in found["notes"][-1]


def test_what_cannot_be_exported_says_what_can(place: Path, tmp_path: Path) -> None:
    few = write_folder(tmp_path / "few", 3)
    linne.train(few, out=tmp_path / "run", method="few", **TINY)
    with pytest.raises(OptionError, match=r"--classic ridge in the place of --method few.*linne serve and linne batch"):
        linne.export(tmp_path / "run")
    linne.train(few, out=tmp_path / "ridge", classic="ridge", **TINY)
    assert not linne.export(tmp_path / "ridge", to="openvino").verified.gate, "what the message offers"
    linne.Gallery(tmp_path / "run").enrol(few).save(tmp_path / "gallery")
    with pytest.raises(OptionError, match=r"is a gallery.*linne serve"):
        linne.export(tmp_path / "gallery")
    with pytest.raises(OptionError, match=r"names several runs.*linne serve and linne batch take them together"):
        linne.export(f"{tmp_path / 'run'}+{tmp_path / 'ridge'}")


def test_a_page_asks_for_what_is_missing_before_it_fetches(
    place: Path, shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*words: Any) -> bytes:
        raise AssertionError("33 MB were asked for")

    monkeypatch.setattr(npm, "fetched", fetched)
    linne.export(place / "several", to="openvino", out=tmp_path / "bundle")
    with pytest.raises(OptionError, match="holds nothing that onnxruntime runs"):
        export_page(tmp_path / "bundle", tmp_path / "page")
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    for to in ("onnx", "web"):
        with pytest.raises(MissingExtra, match=r"linne\[onnx\]"):
            linne.export(place / "several", to=to, out=tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_runtime_that_answers_otherwise_is_left_out_and_the_format_s_own_must_hold(
    shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "openvino"

    def verify(path: Path, runtime: str = "auto") -> Verified:
        names = Bundle(path).runtimes
        layers = [Layer(name, "1", "pictures", 32, 0.0, why="it differs" if name == wrong else "") for name in names]
        return Verified(path, layers, 32, 32, gate="" if wrong not in names else "it does not answer")

    bundle = Path(shutil.copytree(shipped[1], tmp_path / "bundle"))
    monkeypatch.setattr(exporting, "verify", verify)
    found = exporting._verified(bundle, ["onnx"])
    assert "openvino answers otherwise, and is not used for it: it differs" in found.text()
    monkeypatch.undo()
    assert Bundle(bundle).runtime == "onnxruntime"
    assert "openvino" not in {layer.runtime for layer in linne.verify(bundle).layers}
    with pytest.raises(OptionError, match="answers otherwise by openvino, as was found when it was exported: it diff"):
        Bundle(bundle, "openvino")
    monkeypatch.setattr(exporting, "verify", verify)
    wrong = "onnxruntime"
    with pytest.raises(RunError, match=r"was not kept.*Try --to openvino or program"):
        exporting._verified(bundle, ["onnx"])

"""Bundles: the same answers as the run's, and what is refused before anything of it is run."""

import json
import pickle
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import linne
from linne.core import bundled, wire
from linne.core.errors import LinneError, OptionError, RunError
from linne.engine.bundle import ORDER, Bundle


@pytest.fixture
def copy(shipped: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped[1], tmp_path / "bundle"))


def resealed(folder: Path) -> Path:
    """With hashes that agree again, as whoever means harm would leave them."""
    bundled.written(folder, {})
    return folder


def told(folder: Path, name: str, change: Callable[[Any], Any]) -> Path:
    """With another JSON file."""
    value = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(change(value) or value))
    return resealed(folder)


def test_every_runtime_answers_as_the_run_did(shipped: tuple[Path, Path]) -> None:
    found = linne.verify(shipped[1])
    assert not found.gate
    assert {layer.runtime for layer in found.layers} == {"openvino", "onnxruntime", "program"}
    assert max(layer.apart for layer in found.layers) < 1e-3
    assert found.decoded == found.n == 32


def test_predicts_what_the_run_predicts(shipped: tuple[Path, Path]) -> None:
    run, bundle = shipped
    files = sorted((run.parent / "photos").glob("*/*.jpg"))[::12]
    with_run = linne.predict(run, run.parent / "photos", runtime="eager")
    place = {name: k for k, name in enumerate(with_run.names)}
    rows = [place[f"{one.parent.name}/{one.name}"] for one in files]
    found = Bundle(bundle).predict([*files, "nowhere.jpg"])
    assert found["probabilities"][:-1] == pytest.approx(with_run.probabilities[rows], abs=1e-3)
    assert found["problems"] == [""] * len(files) + ["no such file or directory"]
    assert found["labels"][-1] == ""


def test_needs_no_torch(shipped: tuple[Path, Path]) -> None:
    code = (
        "import sys, linne\n"
        f"assert not linne.verify({str(shipped[1])!r}, runtime='onnxruntime').gate\n"
        f"linne.Bundle({str(shipped[1])!r}).predict({str(shipped[0].parent / 'photos/disc/disc-000.jpg')!r})\n"
        "print('torch' in sys.modules, 'onnx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_a_wrong_answer_fails(copy: Path) -> None:
    def other(value: Any) -> None:
        value["pictures"][3]["probabilities"][0] += 0.1

    found = linne.verify(told(copy, bundled.GOLDEN, other), runtime="onnxruntime")
    assert "probabilities differ by up to 0.1" in found.gate


def test_a_changed_file_is_named(copy: Path) -> None:
    data = bytearray((copy / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.onnx").write_bytes(data)
    with pytest.raises(RunError, match=r"model\.onnx is not the file that was exported"):
        linne.verify(copy)


HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "newer": (lambda at: rewritten(at, schema_version=2), "made by a newer Linne"),
    "no version": (lambda at: rewritten(at, schema_version="1"), "states no schema_version"),
    "not listed": (lambda at: (at / "extra.pkl").write_bytes(pickle.dumps(1)), "does not list"),
    "lacking": (lambda at: (at / "golden" / "03.ppm").unlink(), "lacks"),
    "link": (lambda at: linked(at, "LICENSE.txt", Path("/etc/passwd")), "is a link"),
    "outside": (lambda at: listed(at, "../secret"), "no name of a file inside"),
    "absolute": (lambda at: listed(at, "/etc/passwd"), "no name of a file inside"),
    "windows": (lambda at: listed(at, "..\\secret"), "no name of a file inside"),
    "deep": (lambda at: (at / "MANIFEST.json").write_text("[" * 10**6), "deep"),
    "deep labels": (lambda at: sealed(at, "labels.json", '{"classes":' + "[" * 10**6), "deep"),
    "huge number": (lambda at: sealed(at, "config.json", '{"schema_version": ' + "9" * 5000 + "}"), "5000 digits"),
    "not a number": (lambda at: sealed(at, "calibration.json", '{"temperature": NaN}'), "NaN is no number"),
    "pickled weights": (lambda at: (pickled(at, "model.safetensors"), resealed(at)), "model.safetensors"),
    "pickled model": (lambda at: (pickled(at, "model.onnx"), resealed(at)), "no ONNX file"),
    "size": (lambda at: told(at, "preprocess.json", lambda v: v["geometry"].update(size=2**40)), "size"),
    "NaN size": (lambda at: told(at, "preprocess.json", lambda v: v["geometry"].update(size="NaN")), "size"),
    "no temperature": (lambda at: told(at, "calibration.json", lambda v: v.update(temperature=-1)), "temperature"),
    "classes": (lambda at: told(at, "labels.json", lambda v: v.update(classes=["a"] * 7)), "damaged"),
    "outputs": (lambda at: told(at, "config.json", lambda v: v.update(outputs=["os.system"])), "outputs"),
    "array": (lambda at: ((at / "golden/00.ppm").write_bytes(b"P6\n9999999 9999999\n255\n"), resealed(at)), "PPM"),
    "anything goes": (lambda at: told(at, "config.json", lambda v: v.update(tolerance=5)), "states tolerance 5"),
    "any score goes": (lambda at: told(at, "config.json", lambda v: v.update(strange=680)), "states strange 680"),
    "wide for float32": (lambda at: told(at, "config.json", lambda v: v.update(tolerance=0.1)), "float32 is allowed"),
    "tolerance": (lambda at: told(at, "config.json", lambda v: v.update(tolerance="x")), "tolerance is 'x'"),
    "precision": (lambda at: told(at, "config.json", lambda v: v.update(precision=["int8"])), "the precision"),
    "unfit list": (lambda at: told(at, "config.json", lambda v: v.update(unfit=["openvino"])), "states 'unfit' as"),
    "unfit deep": (lambda at: told(at, "config.json", lambda v: v.update(unfit={"openvino": {}})), "states 'unfit' as"),
    "unfit long": (lambda at: told(at, "config.json", lambda v: v.update(unfit={"x" * 10**6: ""})), "as unfit, and"),
    "unfit all": (lambda at: told(at, "config.json", lambda v: v.update(unfit=dict.fromkeys(ORDER, "x" * 10**6))),
                  "by every runtime"),
    "one text as classes": (lambda at: told(at, "labels.json", lambda v: v.update(classes="abc")), "names no classes"),
    "no width": (lambda at: told(at, "config.json", lambda v: v.update(width="x")), "the width is 'x'"),
    "another width": (lambda at: told(at, "config.json", lambda v: v.update(width=7)), "gives .* as 'features'"),
    "another size": (lambda at: told(at, "preprocess.json", lambda v: v["geometry"].update(size=29)), "cannot be run"),
    "no such output": (lambda at: told(at, "config.json", lambda v: v["outputs"].remove("unknown")), "is no output"),
    "half a set": (lambda at: told(at, "calibration.json", lambda v: v.update(set={"coverage": 0.9})), "damaged"),
    "kept": (lambda at: told(at, "calibration.json", lambda v: v.update(unknown={"thresholds": [1]})), "damaged"),
    "edge": (lambda at: told(at, "calibration.json", lambda v: v.update(unknown={"thresholds": [
        {"kept": 0.9, "threshold": "x"}]})), "threshold of strangeness that is no number"),
    "golden text": (lambda at: told(at, bundled.GOLDEN, lambda v: v["pictures"][1].update(
        probabilities=["x"] * 3)), "damaged"),
    "golden logits": (lambda at: told(at, bundled.GOLDEN, lambda v: v["pictures"][1].pop("logits")), "damaged"),
    "golden score": (lambda at: told(at, bundled.GOLDEN, lambda v: v["pictures"][1].update(unknown=[])), "damaged"),
    "a page": (lambda at: ((at / "index.html").touch(), (at / "config.json").unlink(), resealed(at)), "is a page"),
    "cut weights": (lambda at: cut(at, "model.safetensors"), "model.safetensors is damaged"),
    "weights' header": (lambda at: headed(at, 2**60, b"{}"), "model.safetensors is damaged: its header is cut off"),
    "weights' depth": (lambda at: headed(at, 10**6, b"[" * 10**6), "model.safetensors is damaged"),
    "weights' shape": (lambda at: headed(at, len(WIDE), WIDE), "model.safetensors is damaged"),
    "linked folder": (lambda at: (shutil.move(at / "golden", at.parent / "aside"),
                                  (at / "golden").symlink_to(at.parent / "aside")), "golden is a link"),
    "linked weights": (lambda at: linked(at, "model.safetensors", Path("/dev/zero")), "is a link or a device"),
    "weights beside": (lambda at: outward(at, "../../../etc/passwd"), "another file"),
    "cut": (lambda at: cut(at, "model.onnx"), "ONNX"),
}  # fmt: skip


def cut(at: Path, name: str) -> None:
    (at / name).write_bytes((at / name).read_bytes()[:4000])
    resealed(at)


def rewritten(at: Path, **values: Any) -> None:
    manifest = json.loads((at / "MANIFEST.json").read_text())
    (at / "MANIFEST.json").write_text(json.dumps(manifest | values))


def listed(at: Path, name: str) -> None:
    files = json.loads((at / "MANIFEST.json").read_text())["files"]
    rewritten(at, files=files | {name: {"sha256": "0" * 64, "bytes": 1}})


def linked(at: Path, name: str, to: Path) -> None:
    (at / name).unlink()
    (at / name).symlink_to(to)


WIDE = b'{"a": {"dtype": "F32", "shape": [0, 1180591620717411303424], "data_offsets": [0, 0]}}'


def headed(at: Path, length: int, header: bytes) -> None:
    """Weights with this header, said to be of this length."""
    (at / "model.safetensors").write_bytes(length.to_bytes(8, "little") + header)
    resealed(at)


def outward(at: Path, location: str) -> None:
    """A graph one of whose tensors lies in another file."""
    import onnx

    model = onnx.load(str(at / "model.onnx"))
    external(model.graph.initializer[0], location)
    (at / "model.onnx").write_bytes(model.SerializeToString())
    resealed(at)


def external(tensor: Any, location: str) -> None:
    import onnx

    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value=location))


def sealed(at: Path, name: str, text: str) -> None:
    (at / name).write_text(text)
    resealed(at)


class Bomb:
    def __reduce__(self) -> tuple:
        return (Path("linne-canary").touch, ())


def pickled(at: Path, name: str) -> None:
    (at / name).write_bytes(pickle.dumps(Bomb()))


@pytest.mark.parametrize("case", HOSTILE)
def test_is_refused_by_name(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    change, said = HOSTILE[case]
    change(copy)
    begun, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LinneError, match=said) as caught:
        linne.verify(copy, runtime="onnxruntime")
    assert time.process_time() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 200_000, "KiB"
    assert len(str(caught.value)) < 500
    assert not Path("linne-canary").exists()


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "weights.bin", "\\\\host\\share"])
def test_weights_beside_are_refused(shipped: tuple[Path, Path], location: str) -> None:
    import onnx

    model = onnx.load(str(shipped[1] / "model.onnx"))
    external(model.graph.initializer[0], location)
    with pytest.raises(RunError, match="another file"):
        wire.checked(model.SerializeToString())


def test_absurd_and_foreign_graphs_are_refused(shipped: tuple[Path, Path]) -> None:
    import onnx
    from onnx import helper

    def model(**changed: Any) -> bytes:
        out = onnx.load(str(shipped[1] / "model.onnx"))
        for name, value in changed.items():
            getattr(out.graph, name).append(value)
        return out.SerializeToString()

    wire.checked(model())
    context = helper.make_node("EPContext", ["pictures"], ["x"], domain="com.microsoft", ep_cache_context="/etc/passwd")
    with pytest.raises(RunError, match="not ONNX's own"):
        wire.checked(model(node=context))
    with pytest.raises(RunError, match="holds 4 bytes"):
        wire.checked(model(initializer=onnx.TensorProto(name="a", data_type=1, dims=[2**30], raw_data=b"\0" * 4)))
    with pytest.raises(RunError, match="side of"):
        wire.checked(model(initializer=onnx.TensorProto(name="a", data_type=1, dims=[2**50])))
    inner = helper.make_graph([], "g", [], [])
    for _ in range(25):
        inner = helper.make_graph([helper.make_node("If", ["c"], ["d"], then_branch=inner)], "g", [], [])
    with pytest.raises(RunError, match="deep"):
        wire.checked(model(node=inner.node[0]))


def test_what_is_asked_wrongly(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    run, bundle = shipped
    with pytest.raises(RunError, match="holds a bundle already"):
        linne.export(run, out=bundle)
    with pytest.raises(RunError, match="the run's own folder"):
        linne.export(run, out=run / "bundle")
    with pytest.raises(OptionError, match="Did you mean 'onnx'"):
        linne.export(run, to="onxx", out=tmp_path / "a")
    with pytest.raises(OptionError, match="no effect in float32"):
        linne.export(run, limit=2, out=tmp_path / "a")
    with pytest.raises(OptionError, match="precision int4"):
        linne.export(run, precision="int4", out=tmp_path / "a")
    with pytest.raises(OptionError, match="There is no runtime 'onnxruntim'"):
        linne.verify(bundle, runtime="onnxruntim")
    with pytest.raises(RunError, match="There is no bundle"):
        linne.verify(tmp_path / "nothing")
    with pytest.raises(RunError, match="is no bundle but a run"):
        linne.verify(run)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_of_a_bundle_that_does_not_hold(
    shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linne.engine import export, verified

    run, bundle = shipped

    def written(parts: Any, folder: Path) -> None:
        shutil.copyfile(bundle / "model.onnx", folder / "model.onnx")

    monkeypatch.setattr(export, "find", lambda kind, name: written)
    monkeypatch.setattr(verified, "layered", lambda *given: [verified.Layer("x", "1", "pictures", 1, 1.0, why="wrong")])
    with pytest.raises(RunError, match="was not kept: it does not answer as the run did"):
        linne.export(run, out=tmp_path / "bundle")
    assert not list(tmp_path.iterdir())


def test_the_set_and_the_score_are_the_runs_own(shipped: tuple[Path, Path]) -> None:
    """What the graph decides is what predict --coverage and --unknown decide."""
    run, bundle = shipped
    asked = linne.predict(run, run.parent / "photos", runtime="eager", coverage=0.95, unknown=0.9)
    found = Bundle(bundle).predict([run.parent / "photos" / name for name in asked.names])
    held = np.array([[name in one for name in asked.classes] for one in asked.sets])
    assert (held == found["set"]).mean() > 0.995  # a probability at the threshold may fall on either side
    limits = {one["kept"]: one["threshold"] for one in Bundle(bundle).calibration["unknown"]["thresholds"]}
    assert ((found["unknown"] > limits[0.9]) == asked.unknown).mean() > 0.995


def test_predict_and_evaluate_take_a_bundle_for_a_run(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    run, bundle = shipped
    photos = run.parent / "photos"
    by_run, by_bundle = (linne.predict(one, photos, runtime="eager" if one == run else "auto") for one in shipped)
    assert by_bundle.probabilities == pytest.approx(by_run.probabilities, abs=1e-3)
    linne.predict(bundle, photos, out=tmp_path / "said.csv")
    assert (tmp_path / "said.csv").read_text() == by_bundle.text() + "\n"
    figures = linne.evaluate(bundle, photos)
    right = (by_bundle.guesses == linne.load(photos).labels).mean()
    assert figures["headline"]["value"] == pytest.approx(right)
    with pytest.raises(OptionError, match="--coverage is for runs"):
        linne.predict(bundle, photos, coverage=0.9)

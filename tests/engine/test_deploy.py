"""linne deploy: what it writes for a bundle is compiled, parsed and run where the tools for it are here."""

import json
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.cli import main
from linne.core import bundled
from linne.core.errors import LinneError, OptionError, RunError
from linne.engine.bundle import Bundle
from linne.engine.deploy import PACKAGES, deploy
from linne.engine.golden import ppm
from tests.packed import answers, pack


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(tmp_path_factory.mktemp("hand") / "bundle")


@pytest.fixture(scope="module")
def made(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("deployed") / "out"
    assert main(["deploy", str(bundle), "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture(scope="module")
def compiled(made: Path) -> Path:
    """The C++ example, built by the compiler that is here over the ONNX Runtime that Python has."""
    gcc, spec = shutil.which("g++"), find_spec("onnxruntime")
    if not gcc or spec is None or spec.origin is None:
        pytest.skip("needs g++ and onnxruntime")
    found = sorted((Path(spec.origin).parent / "capi").glob("libonnxruntime.so.*"))
    if not found:
        pytest.skip("this onnxruntime brings no library to link with")
    place = made / "cpp"
    (place / "libonnxruntime.so.1").symlink_to(found[0])
    strict = ["-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror", f"-I{Path(__file__).parent / 'ort'}"]
    words = [gcc, *strict, "classify.cpp", str(found[0]), f"-Wl,-rpath,{place}", "-o", "classify"]
    subprocess.run(words, cwd=place, check=True)
    return place


def test_the_cpp_example_passes_the_golden_pictures(compiled: Path) -> None:
    words = ["./classify", "model.onnx", "--check", "golden.txt", "1e-5"]
    done = subprocess.run(words, cwd=compiled, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "4 golden pictures, 0 off" in done.stdout
    lines = (compiled / "golden.txt").read_text().splitlines()
    name, first, *rest = lines[2].split()
    off = " ".join([name, str(float(first) + 0.02), *rest])
    (compiled / "golden-off.txt").write_text("\n".join([*lines[:2], off]))
    done = subprocess.run([*words[:3], "golden-off.txt", "1e-3"], cwd=compiled, capture_output=True, text=True)
    assert done.returncode == 1
    assert "golden/02.ppm is off by 0.0" in done.stderr


def test_the_cpp_example_classifies_and_says_what_is_wrong(compiled: Path) -> None:
    pixels = np.zeros((30, 50, 3), np.uint8)
    pixels[:, :, 1] = 200
    (compiled / "mine.ppm").write_bytes(ppm(pixels))
    (compiled / "cut.ppm").write_bytes(ppm(pixels)[:-9])
    (compiled / "huge.ppm").write_bytes(b"P6\n99999 99999\n255\n")
    done = subprocess.run(["./classify", "model.onnx", "labels.txt", "mine.ppm"], cwd=compiled, capture_output=True,
                          text=True)  # fmt: skip
    name, label, chance = done.stdout.split()
    assert (name, label) == ("mine.ppm", "green")
    assert float(chance) == pytest.approx(answers(pixels)[1], abs=1e-5)
    for wrong in ("cut.ppm", "huge.ppm", "none.ppm"):
        done = subprocess.run(["./classify", "model.onnx", "labels.txt", wrong], cwd=compiled, capture_output=True,
                              text=True)  # fmt: skip
        assert done.returncode == 2
        assert wrong in done.stderr


def test_cmake_tells_the_golden_test(compiled: Path) -> None:
    if not shutil.which("cmake"):
        pytest.skip("needs cmake")
    (compiled / "sdk" / "lib").mkdir(parents=True)
    (compiled / "sdk" / "include").symlink_to(Path(__file__).parent / "ort")
    (compiled / "sdk" / "lib" / "libonnxruntime.so").symlink_to((compiled / "libonnxruntime.so.1").resolve())
    subprocess.run(["cmake", "-B", "build", "-DONNXRUNTIME=sdk"], cwd=compiled, check=True, capture_output=True)
    told = subprocess.run(["ctest", "--test-dir", "build", "-N", "-V"], cwd=compiled, capture_output=True, text=True)
    assert "--check" in told.stdout
    assert "0.001" in told.stdout


def test_the_container_has_what_serving_the_bundle_imports(made: Path, bundle: Path) -> None:
    """Served with nothing importable but what the Dockerfile installs, and what that brings along."""
    text = (made / "docker" / "Dockerfile").read_text()
    assert "@" not in text, "every word is filled in"
    assert '"--runtime", "openvino"' in text
    image = re.search(r"^FROM python:(\S+)-slim-bookworm$", text, re.MULTILINE)
    assert image is not None
    assert image[1] == platform.python_version(), "the Python that it was tried with"
    order = [text.index(word) for word in ("RUN useradd", "RUN pip install", "COPY bundle", "\nUSER 10001")]
    assert order == sorted(order), "what changes seldom comes first, and nothing runs as root"
    assert "/livez" in text, "one that is busy is not ended for it"
    assert re.search(r"HEALTHCHECK --interval=\d+s --timeout=\d+s --start-period=\d+s", text)
    pinned = dict(re.findall(r"([a-z-]+)==([\w.]+)", text))
    assert {*PACKAGES, "linne", "openvino"} == set(pinned)
    assert (made / "docker" / ".dockerignore").read_text() == "*\n!bundle\n", "nothing else is sent to the builder"
    assert pinned["openvino"] == "2026.1.0", "the version that the bundle was made with"
    copied = made / "docker" / "bundle"
    assert {path.relative_to(bundle) for path in bundle.rglob("*")} == {
        p.relative_to(copied) for p in copied.rglob("*")
    }
    code = f"""
import sys
BLOCKED = set("torch timm torchvision sklearn scipy pyarrow safetensors jinja2 onnxruntime onnx".split())
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
import threading, httpx, io
from linne.cli import main
from linne.web import serve_run
kept = []
plain = serve_run.server
def noted(*words):
    kept.append(plain(*words))
    return kept[-1]
serve_run.server = noted
def ask():
    import time
    while not kept or not kept[0][0].state.up:
        time.sleep(0.01)
    one, policy = kept[0]
    from PIL import Image
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (0, 0, 200)).save(file, "PNG")
    url = f"http://127.0.0.1:{{one.listening.getsockname()[1]}}/predict"
    print(httpx.post(url, content=file.getvalue(), headers={{"content-type": "image/png"}}).text, flush=True)
    print(httpx.post(url + "?coverage=0.9", content=file.getvalue(), headers={{"content-type": "image/png"}}).text)
    one.stop()
threading.Thread(target=ask).start()
sys.exit(main(["serve", {str(copied)!r}, "--port", "0", "--runtime", "openvino", "--quiet"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    pixels = np.zeros((1, 1, 3), np.uint8)
    pixels[..., 2] = 200
    assert '"label":"blue"' in done.stdout
    assert f'"blue":{answers(pixels)[2]:.6f}'.rstrip("0") in done.stdout
    assert "exported with no sets" in done.stdout


def test_triton_s_repository_names_what_the_graph_has(made: Path, bundle: Path) -> None:
    text = (made / "triton" / "by-hand" / "config.pbtxt").read_text()
    assert re.findall(r'name: "([\w-]+)"', text) == ["by-hand", "pictures", "probabilities", "logits"]
    assert text.count("dims: [ 3 ]") == 2
    assert re.findall(r'name: "(\w+)".*label_filename: "labels.txt"', text) == ["probabilities"]
    assert (made / "triton" / "by-hand" / "labels.txt").read_text() == "red\ngreen\nblue\n"
    assert text.count("{") == text.count("}")
    assert (made / "triton" / "by-hand" / "1" / "model.onnx").read_bytes() == (bundle / "model.onnx").read_bytes()


def test_tensorrt_s_line_is_a_script(made: Path) -> None:
    script = made / "tensorrt" / "tensorrt.sh"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert "--onnx=model.onnx" in script.read_text()
    assert len((made / "tensorrt" / "golden.txt").read_text().splitlines()) == 4


def test_what_a_bundle_s_graph_gives_is_declared_to_triton(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    """A score is a number a picture: its shape is that of the batch alone."""
    deploy(shipped[1], "triton", tmp_path / "out")
    (config,) = (tmp_path / "out").rglob("config.pbtxt")
    text = config.read_text()
    assert f'name: "features" data_type: TYPE_FP32 dims: [ {Bundle(shipped[1]).config["width"]} ]' in text
    assert 'name: "set" data_type: TYPE_BOOL dims: [ 3 ]' in text
    assert 'name: "unknown" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] }' in text


def changed(bundle: Path, out: Path, table: str = "", **values: Any) -> Path:
    """A copy without ONNX, or with other values in a table."""
    shutil.copytree(bundle, out)
    if table:
        told = json.loads((out / table).read_text())
        (out / table).write_text(json.dumps(told | values))
    else:
        (out / "model.onnx").rename(out / "model.pt2")
    bundled.written(out, {})
    return out


def test_each_kind_says_which_format_it_needs(bundle: Path, tmp_path: Path) -> None:
    program = changed(bundle, tmp_path / "program")
    for kind in ("triton", "tensorrt", "cpp"):
        with pytest.raises(OptionError, match=rf"--to {kind} needs model\.onnx.*Export --to onnx"):
            deploy(program, kind, tmp_path / "x")
    with pytest.raises(OptionError, match=r"--to docker serves ONNX or OpenVINO.*Export --to onnx"):
        deploy(program, "docker", tmp_path / "x")
    assert os.listdir(tmp_path) == ["program"]


def test_names_that_no_tool_takes_are_made_plain(bundle: Path, tmp_path: Path) -> None:
    nameless = changed(bundle, tmp_path / "nameless", "config.json", run="猫 ?!")
    assert deploy(nameless, "triton", tmp_path / "a").files["triton"][-1].startswith("triton/classifier/")
    lines = changed(bundle, tmp_path / "lines", "labels.json", classes=["red\nrose", "green", " blue  sky "])
    deploy(lines, "cpp", tmp_path / "b")
    assert (tmp_path / "b" / "cpp" / "labels.txt").read_text() == "red rose\ngreen\nblue sky\n", "a line each"


def test_what_cannot_be_written_leaves_nothing(bundle: Path, made: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="docker, triton"):
        deploy(bundle, "podman", tmp_path / "x")
    for nothing in (",", ""):
        with pytest.raises(OptionError, match="docker, triton"):
            deploy(bundle, nothing, tmp_path / "x")
    with pytest.raises(RunError, match="lies in the bundle"):
        deploy(bundle, "cpp", bundle / "deployed")
    with pytest.raises(RunError, match="holds something already"):
        deploy(bundle, "cpp", made)
    with pytest.raises(LinneError):
        deploy(tmp_path, "cpp", tmp_path / "x")
    hostile = tmp_path / "bundle"
    shutil.copytree(bundle, hostile)
    (hostile / "model.onnx").write_bytes(b"0" * (hostile / "model.onnx").stat().st_size)
    with pytest.raises(RunError, match="sha256 differs"):
        deploy(hostile, "cpp", tmp_path / "x")
    assert sorted(os.listdir(tmp_path)) == ["bundle"]

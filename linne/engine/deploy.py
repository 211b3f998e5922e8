"""What else a bundle needs to run elsewhere, written for this one: a container, Triton, TensorRT, and C++.

Everything goes into a folder beside the bundle, which stays as it is: its manifest lists every file that it has.
"""

import platform
import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..core import bundled
from ..core.errors import OptionError, RunError
from ..core.files import write, written_folder
from .bundle import Bundle
from .log import Log
from .verified import read_golden

FILES = Path(__file__).parent / "deployed"
KINDS = ("docker", "triton", "tensorrt", "cpp")
PACKAGES = (
    "cyclopts", "numpy", "pillow", "simplejpeg", "platformdirs", "fastapi", "uvicorn", "httptools", "python-multipart",
)  # fmt: skip
"""What `linne serve` of a bundle imports, beside its runtime."""
TYPES = {"set": "TYPE_BOOL"}
MODEL, LABELS = "model.onnx", "labels.txt"


@dataclass(frozen=True)
class Deployed:
    """A folder that was written. files: below it, by kind."""

    path: Path
    files: dict[str, list[str]]

    def text(self) -> str:
        """For a terminal."""
        return "\n".join([f"{self.path}:", *(f"  {kind}: {', '.join(names)}" for kind, names in self.files.items())])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"out": str(self.path), "files": self.files}


def deploy(bundle: "str | Path", to: str, out: "str | Path", log: "Log | None" = None) -> Deployed:
    """Write the files of these kinds ("docker,cpp") for a bundle into a new folder; the bundle's hashes are compared.

    Raises RunError for a bundle that is none or was changed, or a folder that holds something, OptionError for a kind
    that is not there or a bundle without ONNX where it is needed.
    """
    opened, place = Bundle(bundle), Path(out)
    kinds = list(dict.fromkeys(one.strip() for one in to.split(",")))
    for one in kinds:
        if one not in KINDS:
            raise OptionError(f"--to {one!r} is not there. Allowed: {', '.join(KINDS)}.")
        if one != "docker" and MODEL not in opened.files:
            raise OptionError(f"--to {one} needs {MODEL}, and {bundle} has none. Export --to onnx.")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise RunError(f"{place} holds something already. Give another folder with --out.")
    if place.resolve().is_relative_to(opened.path.resolve()):
        raise RunError(f"{place} lies in the bundle, in which nothing else may be. Give another folder with --out.")
    opened.hashed()
    with written_folder(place) as aside:
        for one in kinds:
            WRITERS[one](opened, aside)
    return Deployed(place, {one: _below(place, place / one) for one in kinds})


def _below(place: Path, folder: Path) -> list[str]:
    """Files of a kind, the bundle's own left out."""
    inside = (path.relative_to(place) for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path) for path in inside if not {"bundle", "golden"} & set(path.parts)]


def named(opened: Bundle) -> str:
    """The run's name as a model's: letters, digits, dashes."""
    return re.sub(r"[^a-z0-9-]+", "-", opened.name.lower()).strip("-") or "classifier"


def _filled(file: str, place: Path, /, **words: Any) -> None:
    text = (FILES / file).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word.upper()}@", str(value))
    write(place / file, text)


def _docker(opened: Bundle, aside: Path) -> None:
    place = aside / "docker"
    able = [name for name in opened.runtimes if name != "program"]
    if not able:
        raise OptionError(f"--to docker serves ONNX or OpenVINO, and {opened.path} has neither. Export --to onnx.")
    _copied(opened, place / "bundle", (*opened.files, bundled.NAME))
    runtime = able[0]
    stated = bundled.manifest(opened.path).get("versions", {})
    packages = [f"{name}=={version(name)}" for name in PACKAGES]
    packages.append(f"{runtime}=={stated.get(runtime) or version(runtime)}")
    _filled("Dockerfile", place, name=named(opened), version=version("linne"), packages=" ".join(packages),
            runtime=runtime, python=platform.python_version())  # fmt: skip
    write(place / ".dockerignore", "*\n!bundle\n")


def _triton(opened: Bundle, aside: Path) -> None:
    place = aside / "triton" / named(opened)
    wide = {"unknown": [], "features": [opened.width]}
    rows = []
    for name in opened.outputs:
        dims = wide.get(name, [len(opened.classes)])
        shape = f"dims: [ {', '.join(map(str, dims))} ]" if dims else "dims: [ 1 ] reshape { shape: [ ] }"
        shape += f' label_filename: "{LABELS}"' if name == "probabilities" else ""
        rows.append(f'  {{ name: "{name}" data_type: {TYPES.get(name, "TYPE_FP32")} {shape} }}')
    _filled("config.pbtxt", place, name=named(opened), outputs=",\n".join(rows))
    _labels(opened, place)
    _copied(opened, place / "1", (MODEL,))


def _tensorrt(opened: Bundle, aside: Path) -> None:
    _copied(opened, aside / "tensorrt", (MODEL,))
    _filled("tensorrt.sh", aside / "tensorrt", model=MODEL)
    (aside / "tensorrt" / "tensorrt.sh").chmod(0o755)
    _golden(opened, aside / "tensorrt")


def _cpp(opened: Bundle, aside: Path) -> None:
    place = aside / "cpp"
    _copied(opened, place, (MODEL,))
    _filled("classify.cpp", place)
    stated = bundled.manifest(opened.path).get("versions", {}).get("onnxruntime", "VERSION")
    _filled("CMakeLists.txt", place, model=MODEL, tolerance=f"{opened.tolerance:g}", runtime=stated)
    _labels(opened, place)
    _golden(opened, place)


def _labels(opened: Bundle, place: Path) -> None:
    """A class a line, in the order of the outputs."""
    write(place / LABELS, "".join(f"{' '.join(name.split())}\n" for name in opened.classes))


def _golden(opened: Bundle, place: Path) -> None:
    """golden.txt and its pictures: a line each, its file and the probability of every class."""
    _, rows = read_golden(opened)
    _copied(opened, place, tuple(f"golden/{row['array']}" for row in rows))
    lines = (" ".join([f"golden/{row['array']}", *(f"{value:.9g}" for value in row["probabilities"])]) for row in rows)
    write(place / "golden.txt", "\n".join(lines) + "\n")


def _copied(opened: Bundle, place: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(opened.path / name, place / name)


WRITERS = {"docker": _docker, "triton": _triton, "tensorrt": _tensorrt, "cpp": _cpp}

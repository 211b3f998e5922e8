"""A bundle as one folder of static files that classifies in a browser: from a disk or any static host, offline.

A page opened from a disk may neither fetch nor import other files, so all that is binary (model, runtime, golden
pictures) lies in scripts of at most 8 MB as base64 of gzip, loaded one by one. The runtime is ONNX Runtime Web, as its
makers published it.
"""

import base64
import gzip
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from ..core import bundled, tarball
from ..core.decode import Limits
from ..core.errors import OptionError, RunError
from ..core.files import aside_of, write, written_folder
from ..core.lookup import declared
from ..core.predictions import softmax
from ..core.run import Run
from ..engine import npm
from ..engine.answering import refused, single
from ..engine.bundle import Bundle
from ..engine.log import Log
from ..engine.verified import read_golden
from .words_of_browser import WORDS

RUNTIME = npm.Package(
    "onnxruntime-web",
    "1.30.0",
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    33_106_585,
)
HOME = Path(__file__).parent / "browser"
SCRIPTS = ("parts.js", "header.js", "picture.js", "run.js", "check.js", "show.js", "page.js", "page.css")
DIST = "package/dist/"
FILES = {
    "wasm": {"wasm-glue": "ort-wasm-simd-threaded.mjs", "wasm": "ort-wasm-simd-threaded.wasm"},
    "webgpu": {"webgpu-glue": "ort-wasm-simd-threaded.asyncify.mjs", "webgpu": "ort-wasm-simd-threaded.asyncify.wasm"},
}
"""What each way of running needs of the package beside its script: name in the folder, file of the package."""
LARGEST = 64_000_000
PART = 6_000_000
"""Bytes in a script; as base64 8 MB. A multiple of 3, so that each part is base64 by itself."""
LINKS = {
    "model-card.md": "Model card",
    "LICENSE.txt": "Licence of the weights",
    "LICENSE.onnxruntime.txt": "Licence of ONNX Runtime",
}
"""Files that the page points at, and its words for them."""
KEPT = 0.95
"""The share of own pictures that the threshold of strangeness keeps, where the bundle has one for it."""
SHARE = 0.995
"""Share of golden files whose first class must be the same through the browser's decoder."""


@dataclass
class Page:
    """A folder that was written. path: of it. files: bytes by name. start: bytes that a browser loads before its first
    answer. notes: what it lacks, and why."""

    path: Path
    files: dict[str, int]
    start: int
    notes: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """Of the whole folder."""
        return sum(self.files.values())

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.path}: {self.bytes / 1e6:.1f} MB, of which {self.start / 1e6:.1f} MB are loaded at the start"]
        lines += [*self.notes, f"open {self.path / 'index.html'} in a browser, or put the folder on any static host"]
        return "\n".join([*lines, f"check it in a browser: linne verify {self.path}"])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "page": str(self.path), "bytes": self.bytes, "start_bytes": self.start, "files": len(self.files),
            "notes": self.notes,
        }  # fmt: skip


def export_page(
    run: Any, out: "str | Path | None" = None, *, runtime_files: "Path | None" = None, webgpu: bool = True,
    log: "Log | None" = None, **how: Any,
) -> Page:  # fmt: skip
    """The page of a run, or of a bundle that holds model.onnx, in the folder `out`, which is new or empty.

    out: the run's name with -page when not given. runtime_files: onnxruntime-web's .tgz; fetched once where not given.
    webgpu: with what the graphics processor needs. how: what else `engine.export.export` takes, for a run alone.
    Raises RunError for what is no sound run or bundle and for a folder that is not empty, OptionError for a bundle
    without model.onnx, InputError where the runtime cannot be had. Nothing is left behind then.
    """
    source = run.path if isinstance(run, Run) else Path(run)
    place = source.with_name(f"{source.resolve().name}-page") if out is None else Path(out)
    _empty(place, source)
    from ..engine.export import LIMIT, export, ready

    if bundled.is_bundle(source):
        usual = signature(export).parameters
        asked = [name for name, value in how.items() if value != usual[name].default]
        if asked:
            raise OptionError(
                f"--{asked[0]} has no effect: {source} is a bundle, and was exported with its own. Drop it."
            )
        Bundle(source, "onnxruntime")  # what cannot become a page says so before anything is fetched
        return write_page(source, place, runtime(runtime_files, webgpu, log))
    precision = str(how.get("precision", "float32"))
    ready(["onnx"], precision, how.get("limit", LIMIT))
    if precision not in (able := declared("export", "onnx", "PRECISIONS", ())):
        raise OptionError(
            f"--to web has no {precision}: ONNX Runtime computes it in no browser. It has {', '.join(able)}."
        )
    refused(single(run))
    found = runtime(runtime_files, webgpu, log)
    aside = aside_of(place, "bundle")
    try:
        made = export(run, "onnx", aside, log=log, **how)
        page = write_page(aside, place, found)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return replace(page, notes=made.text().splitlines()[1:])


def write_page(bundle: "str | Path", place: Path, runtime: Mapping[str, bytes]) -> Page:
    """The page of a bundle. runtime: the files of onnxruntime-web that travel. Raises as `export_page` does."""
    found = Bundle(bundle, "onnxruntime")
    found.hashed()
    with written_folder(place) as aside:
        start = _filled(found, runtime, aside)
        bundled.written(aside, {**bundled.manifest(found.path)["versions"], RUNTIME.name: RUNTIME.version})
    sizes = {path.relative_to(place).as_posix(): path.stat().st_size for path in place.rglob("*") if path.is_file()}
    return Page(place, sizes, start)


def _empty(place: Path, source: Path) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise RunError(f"{place} holds other files. Give another folder with --out, or take this one away.")
    if place.resolve().is_relative_to(source.resolve()):
        raise RunError(f"{place} lies in {source}, in which nothing else is written. Give another --out.")


def runtime(given: "Path | None" = None, webgpu: bool = True, log: "Log | None" = None) -> dict[str, bytes]:
    """The files of onnxruntime-web that travel, by their names in its dist folder. Raises InputError without them."""
    ways = ("wasm", "webgpu") if webgpu else ("wasm",)
    wanted = [name for way in ways for name in (f"ort.{way}.min.js", *FILES[way].values())]
    data = npm.fetched(RUNTIME, given, log, "--runtime-files")
    found = tarball.members(data, {DIST + name: LARGEST for name in wanted}, RUNTIME.file)
    return {name.removeprefix(DIST): content for name, content in found.items()}


def _filled(bundle: Bundle, runtime: Mapping[str, bytes], out: Path) -> int:
    """Every file of the page; how many bytes a browser loads before its first answer."""
    rows, arrays, files = _golden(bundle)
    first = min(range(len(rows)), key=lambda k: _fit(rows[k]))
    own = arrays[rows[first]["array"][0] : rows[first]["array"][1]]
    packed = {"model": bundle.content("model.onnx"), "golden-first": own}
    for way in (way for way in FILES if f"ort.{way}.min.js" in runtime):
        packed |= {name: runtime[file] for name, file in FILES[way].items()}
        write(out / f"ort.{way}.min.js", runtime[f"ort.{way}.min.js"])
    packed |= {"golden-expected": _json(rows), "golden-arrays": arrays, "golden-files": files}
    told = {name: _parts(out, name, content) for name, content in packed.items()}
    write(out / "model.js", f"linne.about = {json.dumps(_about(bundle, told, rows[first]))};\n")
    write(out / "words.js", f"linne.words = {json.dumps(WORDS)};\n")
    for name in SCRIPTS:
        shutil.copyfile(HOME / name, out / name)
    write(out / "index.html", _html(bundle))
    write(out / "model-card.md", bundle.content("README.md"))
    write(out / "LICENSE.txt", bundle.content("LICENSE.txt"))
    write(out / "LICENSE.onnxruntime.txt", _licence())
    write(out / "_headers", (HOME / "_headers").read_bytes())
    scripts = sum((out / name).stat().st_size for name in (*SCRIPTS, "model.js", "words.js", "ort.wasm.min.js"))
    return scripts + sum(told[name]["script"] for name in ("model", "wasm", "wasm-glue", "golden-first"))


def _parts(out: Path, name: str, content: bytes) -> dict[str, int]:
    """Write one file as scripts; what the page must know of it."""
    packed, script = gzip.compress(content, 6, mtime=0), 0
    starts = range(0, len(packed), PART)
    for place, start in enumerate(starts):
        text = base64.b64encode(packed[start : start + PART]).decode()
        line = f'linne.part("{name}", {place}, "{text}");\n'
        script += len(line)
        write(out / "parts" / f"{name}-{place:03d}.js", line)
    return {"parts": len(starts), "bytes": len(content), "packed": len(packed), "script": script}


def _about(bundle: Bundle, told: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """What the page knows of the model, JSON-ready."""
    limits, close = Limits(), bundle.tolerance
    files = {name: {key: one[key] for key in ("parts", "bytes", "packed")} for name, one in told.items()}
    return {
        "classes": list(bundle.classes), "several": bundle.several, "files": files,
        "limits": {"pixels": limits.pixels, "bytes": limits.bytes}, "least": bundle.geometry.least,
        "set": bundle.coverage and {"coverage": bundle.coverage}, "unknown": _strange(bundle.kept),
        "golden": {"first": first},
        "check": {"tolerance": close, "tie": 2 * close, "share": SHARE, "strange": bundle.strange},
    }  # fmt: skip


def _strange(kept: Mapping[float, float]) -> "dict[str, float] | None":
    """The threshold that keeps KEPT of the own pictures, else the one that keeps the most below that; None for none."""
    able = [one for one in sorted(kept) if one <= KEPT] or sorted(kept)[:1]
    return {"kept": able[-1], "threshold": kept[able[-1]]} if able else None


def _golden(bundle: Bundle) -> tuple[list[dict[str, Any]], bytes, bytes]:
    """(rows, arrays, files): what is expected of each golden picture, and where it lies in the two."""
    rows, arrays, files = [], bytearray(), bytearray()
    for pixels, one in zip(*read_golden(bundle), strict=True):
        content = bundle.content(f"golden/{one['file']}")
        row = {name: one[name] for name in ("file", "probabilities", "set", "unknown") if name in one}
        row |= {"height": pixels.shape[0], "width": pixels.shape[1], "edge": _edge(bundle, one)}
        row["array"] = [len(arrays), len(arrays) + pixels.size]
        row["bytes"] = [len(files), len(files) + len(content)]
        arrays += pixels.tobytes()
        files += content
        rows.append(row)
    return rows, bytes(arrays), bytes(files)


def _edge(bundle: Bundle, one: dict[str, Any]) -> list[int]:
    """Classes so near the threshold of the set that either answer is right."""
    near = 2 * bundle.tolerance
    if bundle.several:
        gap = np.abs(np.array(one["probabilities"]) - bundle.thresholds)
    elif bundle.coverage:
        found = bundle.calibration["set"]
        gap = np.abs(softmax(np.array([one["logits"]]) / found["temperature"])[0] - found["threshold"])
    else:
        return []
    return [int(k) for k in np.flatnonzero(gap < near)]


def _fit(row: dict[str, Any]) -> tuple[bool, int]:
    """Golden pictures of an ordinary shape first, the smaller the better."""
    return min(row["height"], row["width"]) < 64, row["height"] * row["width"]


def _html(bundle: Bundle) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    home = Environment(autoescape=True, loader=FileSystemLoader(HOME), undefined=StrictUndefined, trim_blocks=True)
    return home.get_template("index.html.jinja").render(
        name=bundle.name, classes=bundle.classes, links=list(LINKS.items())
    )


def _licence() -> str:
    """ONNX Runtime's licence, and the notices of what it is made of, where its Python package is here."""
    text = (HOME / "LICENSE.onnxruntime.txt").read_text(encoding="utf-8")
    spec = find_spec("onnxruntime")
    notices = [Path(place) / "ThirdPartyNotices.txt" for place in (spec and spec.submodule_search_locations) or ()]
    return text + "".join(f"\n\n{path.read_text(encoding='utf-8')}" for path in notices if path.is_file())


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()

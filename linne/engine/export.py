"""A finished run as a bundle: one folder that answers without PyTorch, verified before it is there.

Everything is written into a folder aside, MANIFEST.json last, tried on every runtime that is here, and renamed: there
is never half a bundle, nor one that answers otherwise than the run.
"""

import os
import platform
import shutil
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..core import bundled
from ..core.decode import prepare
from ..core.errors import MissingExtra, OptionError, RunError, nearest
from ..core.files import write, write_json
from ..core.lookup import declared, find, names
from ..core.run import Run
from ..core.spec import parse
from . import golden
from .allowed import CLOSE, STRANGENESS
from .answering import Answering, gather, single
from .bundle import installed
from .log import Log
from .precise import precise, sentence
from .verified import Verified, verify
from .widened import widened

LIMIT = 1.0
"""Points of accuracy that a lower precision may lose."""
OWN = {"onnx": "onnxruntime"}
"""The runtime that a format is made for, where it has another name."""
PRECISIONS = ("float32", "float16", "bfloat16", "int8")
DECODING = [
    "The format is told by the first bytes, never by the name. JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIF.",
    "More than 64,000,000 pixels or 67,108,864 bytes: refused before anything is allocated.",
    "A JPEG may be decoded at 1/2, 1/4 or 1/8 where that divides both sides and its short side stays at least `least`.",
    "EXIF orientation 1 to 8 is applied. Of animations and pages the first one is taken.",
    "Grey becomes three equal channels, a palette its colours. 1, 2 and 4 bits are stretched to 0 to 255.",
    "16 bits a channel: round(value / 257) of grey alone, the high byte of colour and of grey with transparency.",
    "Transparency, after that: round((colour x alpha + 255 x (255 - alpha)) / 255), a key's colour as alpha 0.",
    "CMYK, YCCK, YCbCr and Lab are converted. Gamma and background of a PNG are ignored.",
    "A colour profile that is not sRGB is converted to sRGB, perceptual intent.",
    "What is missing of a damaged picture is grey 128 up to a tenth; beyond that it is refused.",
    "The result is uint8 RGB (height, width, 3), rows from the top. From here on the graph does everything.",
]
"""The order of steps from a file to the array that the graph takes."""
INSIDE = (
    "box, fit crop: the centre square of `crop` times the short side. It begins at a whole pixel, halves to even.",
    "box, fit squash or letterbox: the whole picture, its length cut to 8 times its width about the middle.",
    "resize: antialiased, first across, then down, each rounded half up to uint8.",
    "filter: bicubic is Keys 1981, a = -0.5; stretched by the scale where a picture shrinks; multiples of 2 ** -22.",
    "letterbox: what remains of the square is grey 128.",
    "normalise: (value / 255 - mean) / std by channel, in float32, channels first.",
)
"""What the graph does with that array before the network."""


@dataclass
class Exported:
    """A bundle that was written. path: the folder. verified: what its golden pictures came to. notes: what it lacks and
    why. bytes: of the whole folder, model: of the model's files alone. told: of a reduced precision, what it cost."""

    path: Path
    verified: Verified
    bytes: int
    model: int
    notes: list[str] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """For a terminal."""
        size = f"{self.path}: {self.bytes / 1e6:.1f} MB, of which {self.model / 1e6:.1f} MB the model"
        return "\n".join([size, *self.notes, *self.verified.text().splitlines()[1:]])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "bundle": str(self.path), "bytes": self.bytes, "model_bytes": self.model, "notes": self.notes,
            "precision": self.told, "verified": self.verified.data(),
        }  # fmt: skip


def export(
    run: "Run | str | Path", to: str = "onnx", out: "str | Path | None" = None, *, coverage: float = 0.0,
    precision: str = "float32", limit: float = LIMIT, log: "Log | None" = None,
) -> Exported:  # fmt: skip
    """Write a run's bundle, and verify it.

    to: formats by name, one or several: "onnx,openvino". out: the folder, RUN-bundle when not given. coverage: of the
    sets. precision: one of PRECISIONS; limit: points of accuracy that a lower one may lose. Raises what gathering, the
    exporters and verifying raise; then nothing is left behind.
    """
    formats, log = _formats(to), log or Log(quiet=True)
    run = single(run)
    ready(formats, precision, limit)
    place = _place(run, out)
    answering = gather(run, coverage)
    aside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        return _made(answering, (formats, precision, limit), place, aside, log)
    except OSError as error:
        raise RunError(f"{place} could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def ready(formats: list[str], precision: str = "float32", limit: float = LIMIT) -> None:
    """Raise OptionError for a precision or a limit that means nothing, MissingExtra for a package that a format needs
    and that is not here: before anything is computed or fetched."""
    _allowed(precision, limit)
    for name in formats:
        for package, extra in declared("export", name, "needs", ()):
            if find_spec(package) is None:
                raise MissingExtra(f"Exporting to {name}", extra)
    if precision == "int8" and find_spec("onnxruntime") is None:
        raise MissingExtra("Quantising to int8", "onnx")


def _allowed(precision: str, limit: float) -> None:
    """Raise OptionError for a precision that there is not, or a limit that means nothing."""
    if precision not in PRECISIONS:
        raise OptionError(f"--precision {precision} is not there. {nearest(precision, PRECISIONS)}")
    if not 0 <= limit <= 100:
        raise OptionError(f"--limit {limit:g} is in points of accuracy, from 0 to 100, e.g. 1.")
    if precision == "float32" and limit != LIMIT:
        raise OptionError(f"--limit {limit:g} has no effect in float32, which loses nothing. Drop it.")


def _made(
    answering: Answering, wanted: tuple[list[str], str, float], place: Path, aside: Path, log: Log
) -> Exported:  # fmt: skip
    """Everything, aside; then the folder has its name."""
    from .graph import Parts, reference

    (formats, precision, limit), geometry = wanted, answering.model.geometry
    aside.mkdir(parents=True)
    pictures = golden.golden(answering.run, geometry)
    small = precision != "float32"
    none = np.zeros((0, geometry.size, geometry.size, 3), np.uint8)
    parts = Parts(answering, golden.samples(answering.run, geometry) if precision == "int8" else none)
    squares = np.stack([prepare(one.pixels, geometry) for one in pictures])
    found, told = answering.answers(reference(parts, squares)), []
    with log.track("exported", len(formats)) as step:
        for one in formats:
            if small:
                told.append(precise(parts, answering, one, precision, limit, aside, log))
            else:
                find("export", one)(parts, aside)
            step(1)
    seen = {"pictures": pictures, "found": found, "told": told, "precision": precision}
    _beside(answering, formats, aside, seen)
    bundled.written(aside, _versions())
    if small:
        _widened(aside, answering, precision, formats)
    checked = _verified(aside, formats)
    checked.path = place
    os.rename(aside, place)
    sizes = {path.name: path.stat().st_size for path in place.rglob("*") if path.is_file()}
    model = sum(sizes[name] for one in formats for name in declared("export", one, "files", ()))
    notes = [sentence(one) for one in told] + [f"without {name!r}: {why}" for name, why in answering.why.items()]
    return Exported(place, checked, sum(sizes.values()), model, notes, {one["format"]: one for one in told})


def _widened(aside: Path, answering: Answering, precision: str, formats: list[str]) -> None:
    """State in config.json how far this precision moves the golden answers: what verifying then allows.

    Raises RunError where a format's own runtime moves them further than such a precision does; another one that does is
    written down, and the bundle is not run by it.
    """
    found, wrong = widened(aside, answering, precision)
    own = {OWN.get(one, one) for one in formats}
    if wrong and (own & set(wrong) or not own & {name for name in names("runner") if installed(name)}):
        raise RunError(
            f"The bundle was not kept. {'; '.join(f'{name}: {why}' for name, why in wrong.items())}. Export in "
            "float32, or in another --precision or format."
        )
    _restated(aside, {**found, **({"unfit": wrong} if wrong else {})})


def _restated(aside: Path, more: dict[str, Any]) -> None:
    """config.json with these too, and the manifest anew."""
    write_json(aside / "config.json", bundled.table(aside, "config.json") | more)
    bundled.written(aside, _versions())


def _verified(aside: Path, formats: list[str]) -> Verified:
    """What the golden pictures came to. Raises RunError where a format's own runtime does not hold.

    Another runtime that reads the same file and answers otherwise is written down, and the bundle is not run by it.
    """
    try:
        checked = verify(aside)
        wrong = {layer.runtime: layer.why for layer in checked.layers if layer.why}
        own = {OWN.get(one, one) for one in formats} & {layer.runtime for layer in checked.layers}
        if wrong and own and not own & set(wrong):
            _restated(aside, {"unfit": bundled.table(aside, "config.json").get("unfit", {}) | wrong})
            checked = verify(aside)
            checked.notes += [f"{name} answers otherwise, and is not used for it: {why}" for name, why in wrong.items()]
    except RunError as error:
        raise RunError(f"The bundle was not kept: {str(error).replace(str(aside), 'it')}") from error
    if checked.gate:
        others = [one for one in names("export") if one not in formats]
        hint = f" Try --to {' or '.join(others)}." if others else ""
        raise RunError(f"The bundle was not kept: {checked.gate.replace(str(aside), 'it')}.{hint}")
    return checked


def _formats(to: str) -> list[str]:
    """The formats by name. Raises OptionError for one that is not there or is named twice."""
    specs = parse(to)
    if given := [str(spec) for spec in specs if spec.args or spec.options]:
        raise OptionError(
            f"--to {given[0]}: this format takes no options. --precision, --limit and --coverage are set beside it."
        )
    found = [spec.name for spec in specs]
    for one in found:
        find("export", one)
    if len(set(found)) != len(found):
        raise OptionError(f"--to {to} names a format twice.")
    return found


def _place(run: Run, out: "str | Path | None") -> Path:
    place = run.path.with_name(f"{run.path.resolve().name}-bundle") if out is None else Path(out)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        what = "a bundle already" if bundled.is_bundle(place) else "other files"
        raise RunError(f"{place} holds {what}. Give another folder with --out, or take this one away.")
    if place.resolve().is_relative_to(run.path.resolve()):
        raise RunError(f"{place} lies in the run's own folder, in which nothing else is written. Give another --out.")
    return place


def _beside(answering: Answering, formats: list[str], aside: Path, seen: dict[str, Any]) -> None:
    """Every file but the models and the manifest."""
    run, model = answering.run, answering.model
    shutil.copyfile(run.path / "model.safetensors", aside / "model.safetensors")
    write_json(aside / "labels.json", {"classes": list(model.classes)})
    write_json(aside / "preprocess.json", preprocess(answering))
    write_json(aside / "calibration.json", answering.calibration())
    write_json(aside / "config.json", {
        "schema_version": bundled.SCHEMA, "architecture": model.network.name, "weights": model.network.source,
        "license": model.network.licence, "run": run.path.resolve().name, "several": answering.several,
        "width": model.network.width, "formats": formats, "precision": seen["precision"], "cost": seen["told"],
        "tolerance": CLOSE, "strange": STRANGENESS,
        "input": {"pictures": ["batch", "height", "width", 3], "dtype": "uint8"},
        "prepared": ["batch", model.geometry.size, model.geometry.size, 3], "outputs": list(answering.outputs),
    })  # fmt: skip
    write(aside / "LICENSE.txt", licence(answering))
    write(aside / "README.md", _card(answering, formats) + "".join(f"\n{sentence(one)}\n" for one in seen["told"]))
    for one in seen["pictures"]:
        write(aside / "golden" / one.name, one.file)
        write(aside / "golden" / golden.array_name(one), golden.ppm(one.pixels))
    write_json(aside / bundled.GOLDEN, golden.expected(seen["pictures"], answering, seen["found"]))


def preprocess(answering: Answering) -> dict[str, Any]:
    """preprocess.json: every step from a file to the network, in order, JSON-ready."""
    network, geometry = answering.model.network, answering.model.geometry
    return {
        "decode": DECODING, "least": geometry.least, "geometry": asdict(geometry),
        "inside the graph": list(INSIDE),
        "mean": list(network.mean), "std": list(network.std), "channels": "RGB",
    }  # fmt: skip


def licence(answering: Answering) -> str:
    """LICENSE.txt: what is known of the weights' licence."""
    network = answering.model.network
    stated = network.licence or "stated by nobody; ask whoever published them before you pass this on"
    return (
        f"Weights of {network.name}\nSource: {network.source}\nLicence of these weights: {stated}\n\n"
        "What was learned on top of them, and the golden pictures, belong to whoever owns the pictures that the run "
        "learned from; their licence is not known to Linne.\n"
    )


def _card(answering: Answering, formats: list[str]) -> str:
    """README.md: the run's own card, and what is in the folder."""
    card = (answering.run.path / "card.md").read_text(encoding="utf-8")
    files = [name for one in formats for name in declared("export", one, "files", ())]
    outputs = ", ".join(f"`{name}`" for name in answering.outputs)
    return (
        f"{card.rstrip()}\n\n## This bundle\n\n{', '.join(f'`{name}`' for name in files)}: input `pictures`, uint8 "
        f"(batch, height, width, 3), RGB, any size; outputs {outputs}. Resize, normalisation and calibration are "
        "inside. `preprocess.json` says how a file becomes that array, `golden/` holds 32 pictures with the answers "
        "to expect.\n\n```sh\nlinne verify .\n```\n"
    )


def _versions() -> dict[str, str]:
    """Of everything that had a part in it."""
    out = {"python": platform.python_version()}
    for name in ("linne", "torch", "numpy", "pillow", "simplejpeg", "onnx", "onnxscript", "onnxruntime", "openvino"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out


def formats() -> tuple[str, ...]:
    """Every format by name."""
    return names("export")

"""Bundle: what `linne export` wrote, opened safely and answering without PyTorch.

Opening compares the manifest, reads JSON as data, and hands a model's bytes to one runtime only after their hash was
found to be the stated one. A graph is a program all the same: one from somebody whom you do not trust may take time and
memory, so run it where that harms nobody.
"""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..core import bundled
from ..core.decode import Geometry, decode, encoded, prepare
from ..core.errors import LinneError, MissingExtra, OptionError, RunError, Unreadable, nearest
from ..core.images import Images
from ..core.lookup import declared, find, names
from ..core.measure import content_hash
from .allowed import MOST, STRANGENESS
from .log import Log
from .look import Seen

ENTRIES = ("pictures", "prepared")
"""Where a model may be entered: pictures of any size, or squares that `prepare` made."""
BATCH = 16
_NONE: dict[str, Any] = {"thresholds": ()}
LONGEST = 500
"""Characters that are kept of why a runtime is not used."""
KINDS = {"probabilities": "f", "logits": "f", "features": "f", "unknown": "f", "set": "b"}


class Bundle:
    """A bundle's folder, checked. runtime: "auto" for the first that is here, or one by name. threads: 0 for all.

    classes: names in the order of the outputs. several: labels a picture. temperature: logits are divided by it.
    thresholds: (K,) probabilities from which on a label is said, None where a picture has one. geometry: how pictures
    are prepared. outputs: what an answer holds; width: of its features. name: of the run. tolerance, strange: how far
    `verify` lets answers be off. coverage: of its sets, None where it promises none; kept: by the share of own pictures
    that is kept, the strangeness above which one is none of the classes.

    Raises RunError for a folder that is none, was changed, is damaged or was made by a newer Linne, OptionError for a
    runtime that is not there or cannot run what it holds.
    """

    def __init__(self, path: "str | Path", runtime: str = "auto", *, threads: int = 0) -> None:
        self.path, self.threads = Path(path), threads
        self._told = bundled.manifest(self.path)
        self.config, self.preprocess, labels, self.calibration = (
            bundled.table(self.path, name, self._told) for name in bundled.TABLES
        )
        try:
            self._settle(labels)
        except LinneError as error:
            raise RunError(f"{self.path} is damaged: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RunError(f"{self.path} is damaged: {type(error).__name__} {error}. Export again.") from error
        self.runtime = _chosen(self, runtime)
        self.squares = "prepared" in declared("runner", self.runtime, "entries", ENTRIES)
        self._open: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Bundle({str(self.path)!r}, {self.runtime})"

    def _settle(self, labels: Mapping[str, Any]) -> None:
        """Read what the tables say, each as the kind of value that it is."""
        bundled.newer(self.path, self.config["schema_version"])
        self.classes = tuple(labels["classes"])
        named = isinstance(labels["classes"], list) and all(isinstance(one, str) for one in self.classes)
        if not self.classes or not named:
            raise RunError("labels.json names no classes.")
        self.several = self.calibration["activation"] == "sigmoid"
        self.temperature = _number(self.calibration["temperature"], "the temperature")
        limits = self.calibration.get("thresholds")
        self.thresholds = None
        if self.several:
            self.thresholds = np.array([np.inf if one is None else float(one) for one in limits or ()], np.float64)
            if len(self.thresholds) != len(self.classes):
                raise RunError("calibration.json has another number of thresholds than there are labels.")
        told = self.preprocess["geometry"]
        self.geometry = Geometry(**{name: told[name] for name in Geometry.__dataclass_fields__})
        self.outputs = tuple(self.config["outputs"])
        if not {"probabilities", "logits"} <= set(self.outputs) <= set(KINDS):
            raise RunError(f"config.json names the outputs {', '.join(map(repr, self.outputs))}.")
        self.width = int(_number(self.config["width"], "the width"))
        self.coverage, self.kept = _promised(self.calibration, self.outputs)
        self.unfit = _unfit(self.config.get("unfit", {}))
        self.precision = self.config.get("precision", "float32")
        if not isinstance(self.precision, str) or self.precision not in MOST:
            raise RunError(f"config.json names the precision {self.precision!r:.60}; this Linne reads "
                           f"{', '.join(MOST)}. Export the run again, or update Linne.")  # fmt: skip
        most = MOST[self.precision]
        self.name = str(self.config.get("run", ""))
        self.tolerance = _number(self.config["tolerance"], "tolerance")
        self.strange = _number(self.config.get("strange", STRANGENESS), "strange")
        for name, told, bound in (
            ("tolerance", self.tolerance, most.tolerance), ("strange", self.strange, most.strangeness),
        ):  # fmt: skip
            if told > bound:
                raise RunError(f"config.json states {name} {told:g}, and {self.precision} is allowed {bound:g}. "
                               "Export the run again.")  # fmt: skip

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that the manifest lists."""
        return tuple(self._told["files"])

    @property
    def runtimes(self) -> list[str]:
        """The runtimes that can run what the bundle holds, the usual one first; installed or not. Without those that
        were found to answer otherwise when it was exported."""
        return [name for name in ORDER if name not in self.unfit and _files(self, name)]

    def content(self, name: str) -> bytes:
        """A listed file's bytes, after its hash was compared."""
        return bundled.content(self.path, self._told, name)

    def hashed(self) -> None:
        """Compare the hash of every file. Raises RunError for one that was changed."""
        bundled.hashed(self.path, self._told)

    def runner(self, entry: str) -> Any:
        """The opened model, entered at "pictures" or "prepared"; opened once."""
        if entry not in self._open:
            held = {name: self.content(name) for name in _files(self, self.runtime)}
            options: dict[str, Any] = {"threads": self.threads}
            options |= {"outputs": self.outputs} if self.runtime == "program" else {}
            options |= {"precision": "bf16"} if (self.runtime, self.precision) == ("openvino", "bfloat16") else {}
            try:
                self._open[entry] = find("runner", self.runtime)(held, entry, **options)
            except RunError as error:
                raise RunError(f"{self.path} is damaged: {error}") from error
        return self._open[entry]

    def whole(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Answers by the whole graph to uint8 pictures (B, H, W, 3) of one size, by name."""
        return self._asked("pictures", pictures)

    def answer(self, prepared: np.ndarray) -> dict[str, np.ndarray]:
        """Answers to squares (B, size, size, 3) uint8 that `prepare` made, by name, each (B, ...).

        Raises RunError where the runtime cannot be entered there: a program takes whole pictures alone.
        """
        return self._asked("prepared", prepared)

    def prepare(self, item: Any) -> np.ndarray:
        """(size, size, 3) uint8 of a path, encoded bytes, pixels or a PIL image. Raises Unreadable, with the reason."""
        return prepare(decode(item, least=self.geometry.least).pixels, self.geometry)

    def stream(
        self, images: Images, log: "Log | None" = None, runtime: str = "auto"
    ) -> Iterator[tuple[list[Seen], np.ndarray]]:
        """Chunks of pictures in order, with their logits (m, K) float64; NaN where one could not be read."""
        for part, found in self.answers(images, log):
            logits = np.full((len(part), len(self.classes)), np.nan)
            read = [place for place, seen in enumerate(part) if not seen.reason]
            if read:
                logits[read] = found["logits"]
            yield part, logits

    def answers(
        self, images: Images, log: "Log | None" = None
    ) -> Iterator[tuple[list[Seen], dict[str, np.ndarray]]]:  # fmt: skip
        """Chunks of pictures in order, with every output of those that could be read, in their order."""
        rows = iter(range(len(images)))
        with (log or Log(quiet=True)).track("predicted", len(images)) as step:
            while some := list(islice(rows, BATCH)):
                part = [self._seen(images, row) for row in some]
                found = self._found([seen.prepared for seen in part if seen.prepared is not None])
                step(len(part))
                yield part, found

    def _found(self, given: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Answers to squares, or to pictures of any sizes one by one where no square can be entered."""
        if not given:
            return {}
        if self.squares:
            return self.answer(np.stack(given))
        each = [self.whole(pixels[None]) for pixels in given]
        return {name: np.concatenate([one[name] for one in each]) for name in self.outputs}

    def _seen(self, images: Images, row: int) -> Seen:
        item: Any = images.items[row]
        try:
            data = encoded(item)
            known = data if isinstance(data, (bytes, np.ndarray)) else data.tobytes()
            pixels = decode(data, least=self.geometry.least).pixels
            given = prepare(pixels, self.geometry) if self.squares else pixels
            return Seen(row, content_hash(known), prepared=given)
        except Unreadable as error:
            known = item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogateescape")
            return Seen(row, content_hash(known), error.reason)

    def predict(self, pictures: Any) -> dict[str, Any]:
        """Answers to one picture or a list (paths, encoded bytes, pixels, PIL images) by name, each (n, ...).

        problems: why each could not be read, "" where it could; its numbers are NaN then and its set is empty. labels:
        the likeliest class of each; of several labels the tuple of those that it has.
        """
        many: Any = pictures if isinstance(pictures, (list, tuple)) else [pictures]
        items: list[Any] = [Path(one) if isinstance(one, str) else one for one in many]
        out: dict[str, Any] = {"problems": [""] * len(items)}
        for name in self.outputs:
            wide = {"unknown": (), "features": (self.width,)}.get(name, (len(self.classes),))
            out[name] = np.zeros((len(items), *wide), bool) if name == "set" else np.full((len(items), *wide), np.nan)
        for part, found in self.answers(Images.of(items)):
            rows = [seen.row for seen in part if not seen.reason]
            for name in self.outputs if rows else ():
                out[name][rows] = found[name]
            for seen in part:
                out["problems"][seen.row] = seen.reason
        return out | {"labels": [self._label(out, row) for row in range(len(items))]}

    def _label(self, out: dict[str, Any], row: int) -> Any:
        if self.several:
            return tuple(name for name, one in zip(self.classes, out["set"][row], strict=True) if one)
        return "" if out["problems"][row] else self.classes[int(out["probabilities"][row].argmax())]

    def _asked(self, entry: str, given: np.ndarray) -> dict[str, np.ndarray]:
        """Answers by name. Raises RunError where the graph does not take what the tables say, or gives other outputs
        than they do."""
        run, n = self.runner(entry), len(given)
        try:
            found: dict[str, np.ndarray] = run(np.ascontiguousarray(given))
        except Exception as error:
            said = f"{type(error).__name__}: {str(error)[:200]}"
            raise RunError(f"{self.path} cannot be run by {self.runtime}. Export again. {said}") from error
        for name in self.outputs:
            one, wide = found.get(name), {"unknown": (), "features": (self.width,)}.get(name, (len(self.classes),))
            if one is None or one.shape != (n, *wide):
                shape = "nothing" if one is None else one.shape
                raise RunError(f"{self.path} is damaged: its graph gives {shape} as {name!r}. Export again.")
        return found


ORDER = ("openvino", "onnxruntime", "program")


def _files(bundle: Bundle, runtime: str) -> tuple[str, ...]:
    """The files by which this runtime runs the bundle, () where there are none."""
    choices: Any = declared("runner", runtime, "files", ())
    return next((tuple(some) for some in choices if all(name in bundle.files for name in some)), ())


def installed(runtime: str) -> bool:
    """Whether a runtime's package is here."""
    return find_spec(str(declared("runner", runtime, "package", ""))) is not None


def _chosen(bundle: Bundle, runtime: str) -> str:
    """The runtime by name. Raises OptionError for one that is not there or has nothing to run here."""
    able = bundle.runtimes
    if not able and bundle.unfit:
        raise RunError(
            f"{bundle.path} answers otherwise by every runtime that could run it ({', '.join(bundle.unfit)}), by what "
            "its config.json says. Export again."
        )
    if runtime != "auto":
        if runtime not in names("runner"):
            raise OptionError(f"There is no runtime {runtime!r} for bundles. {nearest(runtime, names('runner'))}")
        if runtime in bundle.unfit:
            raise OptionError(
                f"{bundle.path} answers otherwise by {runtime}, as was found when it was exported: "
                f"{bundle.unfit[runtime][:200]}. It runs by {' or '.join(able) or 'nothing'}."
            )
        if runtime not in able:
            raise OptionError(
                f"{bundle.path} holds nothing that {runtime} runs; it runs by {' or '.join(able) or 'nothing'}."
            )
        return runtime
    here = [name for name in able if installed(name)]
    if not able:
        raise RunError(f"{bundle.path} holds no model: no model.onnx, model.xml or model.pt2. Export again.")
    if not here:
        raise MissingExtra(f"{bundle.path}", str(declared("runner", able[0], "extra", able[0])))
    return here[0]


def _promised(told: Mapping[str, Any], outputs: tuple[str, ...]) -> tuple[float | None, dict[float, float]]:
    """What calibration.json says of sets and of strangers. Raises RunError for what the graph does not give, and for
    what is no number; KeyError and TypeError for what has another shape."""
    for name in ("set", "unknown"):
        if name in told and name not in outputs:
            raise RunError(f"calibration.json tells of {name!r}, which is no output.")
    coverage = None
    if "set" in told:
        coverage = _number(told["set"]["coverage"], "the coverage")
        for name in ("temperature", "threshold"):
            _number(told["set"][name], f"the sets' {name}")
    kept = {_number(one["kept"], "a share kept"): one["threshold"] for one in told.get("unknown", _NONE)["thresholds"]}
    if not all(isinstance(one, (int, float)) for one in kept.values()):
        raise RunError("calibration.json states a threshold of strangeness that is no number.")
    return coverage, kept


def _unfit(told: Any) -> dict[str, str]:
    """{runtime: why it is not used}. Raises RunError for anything else."""
    if not isinstance(told, dict) or not all(isinstance(why, str) for why in told.values()):
        raise RunError(
            f"config.json states 'unfit' as {told!r:.60}, and it is an object of runtimes and reasons. Export again."
        )
    if other := [name for name in told if name not in names("runner")]:
        raise RunError(f"config.json names the runtime {other[0]!r:.60} as unfit, and there is none. Export again.")
    return {name: why[:LONGEST] for name, why in told.items()}


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
        raise RunError(f"{what} is {value!r}.")
    return float(value)

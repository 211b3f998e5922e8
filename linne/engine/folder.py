"""A run's folder: what is written into it, in which order, and what may go on in it.

recipe.toml and images.parquet first, then log.jsonl, weights, predictions, calibration, figures, findings, report and
card; DONE.json last. A folder without DONE.json is gone on with by the command that began it, and by no other.
"""

import json
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import RunError
from ..core.files import plain, write, write_json, writes
from ..core.images import Images
from ..core.recipe import Recipe
from ..core.run import count_reads
from ..core.several import Several
from . import classic, lock
from .assemble import headless, sign
from .data import Data
from .first import Result
from .network import Network, tensors
from .pool import write_pool
from .probe import Probe

FORMAT = 1


def place(out: str | Path | None, images: Images, suffix: str = "") -> Path:
    """The run's folder: `out`, or the first free of runs/NAME, runs/NAME-2, ...; never inside the pictures' own."""
    if out is None:
        name = ((images.root.resolve().name if images.root else "") or "run") + suffix
        numbered = (Path("runs") / (name if k == 1 else f"{name}-{k}") for k in range(1, 10_000))
        path = next(path for path in numbered if not path.exists())
    else:
        path = Path(out)
    listed = Path(images.came_from) if images.came_from else None  # a table may lie beside its runs, a folder may not
    if listed and listed.is_dir() and path.resolve().is_relative_to(listed.resolve()):
        raise RunError(
            f"{path} lies in the pictures' own folder {listed}, where nothing is ever written. "
            "Give another folder with --out."
        )
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; --out is a folder.")
    return path


def begin(path: Path, recipe: Recipe, command: str) -> bool:
    """Make the folder, or go on in it; True where an unfinished run of the same recipe is there. Raises RunError."""
    text = f"# {command}\n{recipe.toml()}"
    if (path / "DONE.json").exists():
        raise RunError(f"{path} holds a finished run. Look at it with: linne report {path}. Train into another --out.")
    if (path / "recipe.toml").exists():
        before = Recipe.load(path / "recipe.toml")
        if before.toml() != recipe.toml():
            old, new = before.toml().splitlines(), recipe.toml().splitlines()
            different = [f"{b} (now {a.split(' = ')[1]})" for b, a in zip(old, new, strict=True) if a != b]
            raise RunError(
                f"{path} holds an unfinished run with other settings: {'; '.join(different)}. "
                "Give those settings to go on with it, or another --out."
            )
        return True
    if path.exists() and any(one.name != lock.NAME for one in path.iterdir()):
        raise RunError(f"{path} holds other files and is no run. Give an empty or a new folder with --out.")
    write(path / "recipe.toml", text)
    return False


def alone(path: Path) -> Any:
    """Hold the run's folder for this run; of several processes of one run the first holds it for all."""
    return lock.lock(path, leave=False) if writes() else nullcontext()


BEGUN = ("recipe.toml", "origin.json", "log.jsonl", "tree.csv", "plan.json")
DEALT = ("images.parquet", "overlay.csv", "calibration.json", "config.json", "model.safetensors")
"""Until a method learns: what the pictures were dealt to, what was measured, and the first classifier."""


def undo(path: Path, wrong: bool) -> None:
    """Take back a folder that was begun for pictures that turned out unusable: nothing of them is in it yet.

    wrong: whether it was begun with an option that cannot be, which would be met again, and the corrected command
    could not take its place: then the first classifier's files go too, but nothing that a method learned.
    """
    known = {*BEGUN, *(DEALT if wrong else ())}
    if writes() and path.is_dir() and {one.name for one in path.iterdir()} <= {*known, lock.NAME}:
        for name in known:
            (path / name).unlink(missing_ok=True)
        with suppress(OSError):
            path.rmdir()


def write_images(path: Path, data: Data) -> None:
    """images.parquet: who is in the run; on going on, raises RunError that names what changed since."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    images, facts = data.images, data.facts
    named = np.array([*images.classes, None], dtype=object)
    table = arrow.table({
        "name": images.names.tolist(), "hash": [value.tobytes().hex() for value in facts["hash"]],
        "label": named[images.labels].tolist(), "split": images.split.tolist(), "group": images.group.tolist(),
        "kept": data.kept.tolist(), "why": data.why.tolist(), "bytes": facts["bytes"],
        "format": facts["format"].astype(str), "width": facts["width"], "height": facts["height"],
        "path": [_spelt(item) for item in images.items],
        **({} if images.weight is None else {"weight": images.weight}),
        **({} if images.targets is None else {"targets": images.targets.tolist()}),
    })  # fmt: skip
    _write_overlay(path, data)
    old = path / "images.parquet"
    if old.exists():
        _same(parquet.read_table(old), table, path)
    write(old, lambda aside: parquet.write_table(table, aside))


def _spelt(item: Any) -> str:
    """Where a picture's file is; "" for one that is no file, or whose name is no text that a table can hold."""
    return str(item) if isinstance(item, Path) and str(item).isprintable() else ""


def _write_overlay(path: Path, data: Data) -> None:
    """overlay.csv, a copy of what was applied; raises RunError where an unfinished run began with another."""
    copy, now = path / "overlay.csv", data.overlay.overlay.data if data.overlay else b""
    before = copy.read_bytes() if copy.exists() else b""
    if before and before != now:
        raise RunError(
            f"The overlay is not the one that the unfinished run {path} began with, of which {copy} is a copy. Give "
            "that one with --overlay to go on, or another --out."
        )
    if now:
        write(copy, now)


def write_model(path: Path, network: Network, geometry: Any, head: Probe) -> None:
    """model.safetensors and config.json, as `timm.create_model("local-dir:...")` loads them, with Linne's own part.

    A classical learner that is no linear head has a file of its own, and the network keeps the head that it came with.
    """
    from safetensors.numpy import save_file

    named = tensors(network)
    place = head_place(named, network)
    if head.learner is None:
        named[f"{place}.weight"] = np.ascontiguousarray(head.weight, np.float32)
        named[f"{place}.bias"] = np.ascontiguousarray(head.bias, np.float32)
    else:
        classic.keep(path, head)
    count = network.classes if head.learner is not None else len(head.classes)

    def signed(aside: Path) -> None:
        save_file(named, aside)
        sign(aside, headless(network.name), count)

    write(path / "model.safetensors", signed)
    write_config(path, network, geometry, head, place)


def head_place(named: "dict[str, np.ndarray]", network: Network) -> str:
    """The name under which a network's tensors hold its head."""
    wanted = network.classes, network.width
    places = [name for name, value in named.items() if value.ndim == 2 and value.shape == wanted]
    return places[-1].removesuffix(".weight") if places else "classifier"


def write_config(
    path: Path, network: Network, geometry: Any, trained: Probe, head: str, loose: bool = False
) -> None:  # fmt: skip
    """config.json beside weights that are there. head: the name of its tensors. loose: whether the head's bias is kept
    here, since the network's has none."""
    classes = list(trained.classes)
    count = len(classes) if trained.learner is None else network.classes
    own = {} if trained.learner is None else {"learner": classic.trick_of(trained)}
    own |= {"several": True} if isinstance(trained.oof, Several) else {}
    own |= {"bias": trained.bias.tolist()} if loose else {}
    mode = {"crop": "center", "squash": "squash", "letterbox": "border"}[geometry.fit]
    cfg = {
        "input_size": [3, geometry.size, geometry.size], "interpolation": geometry.interpolation,
        "crop_pct": geometry.crop, "crop_mode": mode,
        "mean": network.mean, "std": network.std, "num_classes": count, "classifier": head,
        "license": network.licence,
    }  # fmt: skip
    write_json(path / "config.json", {
        "architecture": network.name, "num_classes": count, "num_features": network.width,
        "label_names": classes, "id2label": dict(enumerate(classes)), "label2id": {c: k for k, c in enumerate(classes)},
        "pretrained_cfg": cfg,
        "linne": {
            "format": FORMAT, "network": network.id, "source": network.source, "width": network.width, "head": head,
            "geometry": {"size": geometry.size, "fit": geometry.fit, "crop": geometry.crop,
                         "interpolation": geometry.interpolation}, **own,
        },
    })  # fmt: skip


def write_members(path: Path, classes: "tuple[str, ...]", members: "tuple[str, ...]", several: bool = False) -> None:
    """config.json of a run that is the mean of others, folders of its own folder. several: labels a picture."""
    own = {"format": FORMAT, "members": list(members)} | ({"several": True} if several else {})
    write_json(path / "config.json", {
        "num_classes": len(classes), "label_names": list(classes), "id2label": dict(enumerate(classes)),
        "label2id": {c: k for k, c in enumerate(classes)}, "linne": own,
    })  # fmt: skip


def write_results(path: Path, result: Result) -> None:
    """predictions.parquet, calibration.json, figures.json and findings.json; pool.csv of a pool that taught."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    columns: dict[str, list] = {name: [] for name in ("name", "split", "row", "label", "group", "guess", "logits")}
    classes = np.array([*result.data.images.classes, None], dtype=object)
    for split, part in result.predictions.items():
        columns["name"] += part.names.tolist()
        columns["split"] += [split] * len(part)
        columns["row"] += part.rows.tolist()
        columns["label"] += part.labels.tolist()
        columns["group"] += part.group.tolist()
        columns["guess"] += classes[part.guesses].tolist() if part.guesses.ndim == 1 else [None] * len(part)
        columns["logits"] += [None if np.isnan(row).any() else row.tolist() for row in part.logits]
    if isinstance(result.head.oof, Several):
        parts = [part for part in result.predictions.values() if isinstance(part, Several)]
        columns["targets"] = [row for part in parts for row in part.targets.tolist()]
    table = arrow.table(columns)
    write(path / "predictions.parquet", lambda aside: parquet.write_table(table, aside))
    way = {"classic": result.head.classic} if result.head.classic else {"strength": result.head.strength}
    write_json(path / "calibration.json", calibration(result.head) | way)
    names = result.data.images.names
    write_json(path / "figures.json", result.figures | {"how": result.how, "leak": result.leak})
    write_json(path / "findings.json", [found.as_dict(names) for found in result.findings])
    if result.data.pool is not None:
        write_pool(path, result.data.pool)


def calibration(head: Probe) -> dict[str, Any]:
    """What calibration.json says of a classifier, JSON-ready; of several labels with the threshold of each."""
    said, limits = {"temperature": head.temperature, "fitted_on": head.calibrated_on}, head.oof
    return said | ({"thresholds": plain(limits.thresholds.tolist())} if isinstance(limits, Several) else {})


def note_read(path: Path, what: str) -> int:
    """Write down that the test pictures were read; how often they were by now."""
    book = path / "reads.jsonl"
    before = book.read_text(encoding="utf-8") if book.exists() else ""
    write(book, before + json.dumps({"what": what}, ensure_ascii=False) + "\n")
    return count_reads(path)


def finish(path: Path, result: Result, seconds: float) -> None:
    """DONE.json, last: its existence means success."""
    head = result.figures["headline"]
    write_json(path / "DONE.json", {
        "format": FORMAT, "seconds": round(seconds, 2), "metric": result.figures["metric"], "value": head["value"],
        "low": head["low"], "high": head["high"], "n": result.figures["n"], "how": result.how,
    })  # fmt: skip


def _same(before: Any, now: Any, path: Path) -> None:
    old = dict(zip(before["name"].to_pylist(), before["hash"].to_pylist(), strict=True))
    new = dict(zip(now["name"].to_pylist(), now["hash"].to_pylist(), strict=True))
    words = {
        "changed": [name for name in new if name in old and old[name] != new[name]],
        "gone": [name for name in old if name not in new],
        "new": [name for name in new if name not in old],
    }
    if any(words.values()):
        said = "; ".join(
            f"{len(names)} {word} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
            for word, names in words.items()
            if names
        )
        raise RunError(
            f"The pictures are not those that the unfinished run {path} began with: {said}. "
            "Put them back to go on, or give another --out."
        )
    said = [[table[part].to_pylist() for part in ("label", "targets") if part in table.column_names]
            for table in (before, now)]  # fmt: skip
    if said[0] != said[1]:
        raise RunError(f"The labels are not those that the unfinished run {path} began with. Give another --out.")

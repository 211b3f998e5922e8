"""What is said of a finished run beside another one: its settings, size and seconds, its curves, who read its tests."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import LinneError, RunError
from ..core.run import Run
from .network import of

ENDS = ("value", "low", "high")
WORDS = {
    "validation": "these pictures also fitted settings inside the runs, so figures are a little too good; the test "
    "pictures were not read",
    "train": "each picture was judged by a model that had not learned it, and most of them chose settings inside the "
    "runs, so figures are a little too good; the test pictures were not read",
}


def about(run: Run) -> dict[str, Any]:
    """JSON-ready: where it is, seconds, bytes of its model, rung, the settings that were changed, and its curves.

    curve: [{"epoch", "loss"}] of what learned last. times: [{"rung", "seconds", "value"}] of a ladder, by what it
    kept, where it is known.
    """
    figures, size = run.figures, sum(path.stat().st_size for path in _model(run))
    return {
        "run": str(run.path), "seconds": run.json("DONE.json")["seconds"], "bytes": size, "reads": run.reads,
        "rung": figures.get("rung", "probe"), "changed": run.recipe.changed(), "curve": figures.get("curve") or [],
        "times": times(run.path),
    }  # fmt: skip


def times(path: Path) -> list[dict[str, Any]]:
    """What a ladder had come to after how many seconds, [] where its log does not say: {"rung", "seconds", "value",
    "low", "high", "kept"} each. Later rungs stand at the one below and their gain over it, with the gain's interval.

    path: a run's folder.
    """
    try:
        lines = (path / "log.jsonl").read_text(encoding="utf-8").splitlines()
        told = [json.loads(line)["rung"] for line in lines if '"rung": {' in line]
    except (OSError, ValueError, KeyError):
        return []
    steps: dict[str, dict[str, Any]] = {}
    at = None
    for one in told:
        if "gain" in one and at is not None:
            ends = {end: at + one["gain"][end] for end in ENDS if one["gain"][end] is not None}
            steps[one["rung"]] = {"rung": one["rung"], "seconds": one["seconds"], "kept": one["kept"], **ends}
        elif "value" in one:
            steps[one["rung"]] = one | {"kept": True}
        at = steps[one["rung"]].get("value") if steps.get(one["rung"], {}).get("kept") else at
    return sorted(steps.values(), key=lambda step: step["seconds"])


def _model(run: Run) -> Iterator[Path]:
    """The files that answer: a run of folds answers by those of its folds."""
    members = (run.config.get("linne") or {}).get("members", ())
    for folder in [run.path / name for name in members] or [run.path]:
        yield from (file for file in folder.iterdir() if file.suffix in (".safetensors", ".npz") and file.is_file())


def tuned(run: Run) -> bool:
    """Whether the run's network itself learned from the run's pictures."""
    if run.figures.get("rung", "probe") == "probe":
        return False
    if "added" in run.figures:
        return bool(run.figures["added"]["tuned"])
    try:
        return of(run.recipe).id != run.config["linne"]["network"]
    except LinneError:
        return True


def _noted(path: Path, what: str) -> bool:
    book = path / "reads.jsonl"
    return book.exists() and json.dumps({"what": what}, ensure_ascii=False) in book.read_text("utf-8").splitlines()


def choosing(split: str, runs: Sequence[Run], note: Callable[[Path, str], int]) -> str:
    """What a choice by these pictures costs, in a sentence; a comparison by test pictures is written down once."""
    if split != "test":
        return WORDS[split]
    counts, lost = [], []
    for run in runs:
        others = ", ".join(sorted(str(one.path.resolve()) for one in runs if one is not run))
        what = f"compare with {others}"
        count, able = (run.reads, True) if _noted(run.path, what) else counted(run, what, note)
        counts.append(count)
        lost += [] if able else [str(run.path)]
    return (
        f"these test pictures were read {max(counts)} times by now; choosing a run by them uses them up: the chosen "
        "one's figure is then too good, and an honest one takes new pictures. To choose without them: --split train"
    ) + (f"; {', '.join(lost)} cannot be written and does not count it" if lost else "")


def counted(run: Run, what: str, note: Callable[[Path, str], int]) -> tuple[int, bool]:
    """How often a run's test pictures were read with this time, and whether its folder could be written to note it."""
    try:
        return note(run.path, what), True
    except RunError:
        return run.reads + 1, False

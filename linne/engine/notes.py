"""What later commands found of finished runs: lines of verdicts.jsonl in a run's folder, which its report shows."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import plain, write
from ..core.run import Run
from .figures import headline
from .versus import verdict

NAME = "verdicts.jsonl"


def notes(path: Path) -> list[dict[str, Any]]:
    """What was noted of a run, oldest first. Raises RunError for a damaged book."""
    book = path / NAME
    try:
        return [json.loads(line) for line in book.read_text(encoding="utf-8").splitlines()] if book.exists() else []
    except (OSError, ValueError) as error:
        raise RunError(f"{book} is damaged ({error}). Delete it, and give the commands again that it noted.") from error


def note(path: Path, line: dict[str, Any]) -> bool:
    """Keep a line with a run, in the place of one that is "about" the same; False where its folder cannot be written.

    Raises RunError for a damaged book.
    """
    line = plain(line)
    kept = [one for one in notes(path) if one["about"] != line["about"]]
    lines = (json.dumps(one, ensure_ascii=False) for one in [*kept, line])
    try:
        write(path / NAME, "".join(f"{one}\n" for one in lines))
    except RunError:
        return False
    return True


def compared(found: dict[str, Any], runs: Sequence[Run], command: str) -> str:
    """Note each verdict of a comparison with both of its runs; where it is kept, as a sentence.

    found: `versus.against`'s with the "split". A gain is the noting run's own over the other's.
    """
    every, kept = sorted(_place(run) for run in runs), dict[Path, bool]()
    for pair, other in zip(found["pairs"], runs[1:], strict=True):
        about = ["comparison", *every, found["split"], found["metric"], *sorted((_place(runs[0]), _place(other)))]
        for run, beside, own in ((runs[0], other, turned(pair)), (other, runs[0], pair)):
            kept[run.path] = note(run.path, {name: own[name] for name in ("metric", "n", "of")} | {
                "kind": "comparison", "about": about, "command": command, "other": str(beside.path),
                "sentence": verdict(own), "gain": {end: own[end] for end in ("value", "low", "high")},
                "split": found["split"], "percent": found["figures"][0]["percent"],
            })  # fmt: skip
    return _said(kept)


def turned(pair: dict[str, Any]) -> dict[str, Any]:
    """The same comparison seen from its first run: what that one gains over the second."""
    ends = {"value": pair["value"], "low": pair["high"], "high": pair["low"]}
    less = {end: None if value is None else 0.0 - value for end, value in ends.items()}
    return pair | less | {"first": pair["second"], "second": pair["first"]}


def fused(found: dict[str, Any], runs: Sequence[Run], ensemble: dict[str, Any]) -> str:
    """Note with each of several runs what they came to together; where it is kept, as a sentence.

    found: figures. ensemble: {"fuse", "runs", "weights", "fitted", "source", "command"}; weights are one a run, []
    where the fuser has none such.
    """
    line = ensemble | {
        "kind": "ensemble", "sentence": headline(found | {"who": "pictures"}),
        "about": ["ensemble", *sorted(_place(run) for run in runs), ensemble["fuse"], ensemble["source"]],
    }  # fmt: skip
    return _said({run.path: note(run.path, line | {"own": str(run.path)}) for run in runs})


def _place(run: Run) -> str:
    return str(run.path.resolve())


def _said(kept: dict[Path, bool]) -> str:
    """Which runs keep it, and which cannot."""
    held, lost = ([str(path) for path, able in kept.items() if able == side] for side in (True, False))
    said = [f"noted with {', '.join(held)}: linne report {held[0]} puts it into the report"] if held else []
    return "; ".join(said + ([f"not noted with {', '.join(lost)}, which cannot be written"] if lost else []))

"""What the checks find, and what decisions came to: the commands check, train and compare, as jobs."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import APIRouter

from ....core.errors import OptionError, RunError
from ....core.files import plain, write_json
from ....core.lookup import declared
from ....core.run import Run
from ....core.spec import parse
from ...words import ZH
from ...words_of_checks import in_chinese
from ..here import Here, Studio
from ..project import STATES, Project

router = APIRouter(prefix="/api")
MOST = 64
"""Findings that a picture may be marked with: bits of a number."""
LISTS = ("suggested", "scores", "given")
"""What a finding's details may hold for each of its rows."""
ROWS = 20_000
"""Rows of a finding that a page gets."""


@router.get("/findings")
def findings(here: Here) -> list[dict[str, Any]]:
    """What was found last: kind, severity, why and fix (why_zh, fix_zh: in Chinese), rows (most important first),
    groups, suggested classes."""
    recall(here)
    return [chinese(one) for one in here.found]


def chinese(one: dict[str, Any], told: tuple[str, ...] = ("why", "fix")) -> dict[str, Any]:
    """A finding with its sentences in Chinese beside them, "" where they are not known."""
    return one | {f"{name}_zh": in_chinese(one[name] or "") for name in told if name in one}


@router.post("/check")
def check(here: Here) -> dict[str, Any]:
    """Look for unreadable pictures, duplicates, leaks, wrong labels, outliers and more; a job."""
    words = here.overlaid("check", here.source)
    return here.jobs.start("check", words, lambda told: adopt(here, told["findings"])).data()


def adopt(here: Studio, told: list[dict[str, Any]]) -> None:
    """Findings as the page has them, kept for the next time."""
    here.found = [one for one in (_own(here, raw) for raw in told) if one is not None][:MOST]
    flags = np.zeros(len(here.project), np.uint64)
    for place, one in enumerate(here.found):
        flags[one["rows"]] |= np.uint64(1 << place)
    here.flags = flags
    with suppress(RunError):  # a full disk costs them at the next start, not now
        write_json(here.home / "findings.json", here.found)


def _own(here: Studio, raw: dict[str, Any]) -> "dict[str, Any] | None":
    """One finding with the project's rows, found by name: what was checked may hold pictures of a pool behind."""
    names, details = raw.get("names") or [], raw.get("details") or {}
    rows = {int(was): now for was, name in zip(raw["rows"], names, strict=False) if (now := here.project.at(name)) >= 0}
    if raw["rows"] and not rows:
        return None
    lists = {key: details[key] for key in LISTS if names and len(details.get(key) or ()) == len(names)}
    kept = [place for place, was in enumerate(raw["rows"]) if int(was) in rows][:ROWS]
    groups = [[rows[int(row)] for row in group if int(row) in rows] for group in details.get("groups") or ()]
    return {
        "kind": raw["kind"], "zh": ZH.get(raw["kind"], raw["kind"]), "severity": raw["severity"],
        "why": raw["why"], "fix": raw["fix"],
        "rows": [rows[int(raw["rows"][place])] for place in kept], "files": list(raw.get("files") or ())[:100],
        "groups": [group for group in groups if len(group) > 1][:ROWS],
        **{key: [values[place] for place in kept] for key, values in lists.items()},
    }  # fmt: skip


def recall(here: Studio) -> None:
    """What was found at another time, or by the run that is open."""
    if here.found or "findings" in here.kept:
        return
    here.kept["findings"] = True
    path = here.home / "findings.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = [row for one in told for row in one["rows"]]
        if all(0 <= row < len(here.project) for row in rows):
            here.found = told
            for place, one in enumerate(told[:MOST]):
                here.flags[one["rows"]] |= np.uint64(1 << place)
            return
    if here.run is not None:
        with suppress(RunError):
            images = here.run.images()
            names = images["name"].to_pylist()
            adopt(here, [one | {"names": [names[row] for row in one["rows"]]} for one in here.run.findings])


@router.post("/worth")
def worth(here: Here) -> dict[str, Any]:
    """Train without the decisions (unless a run is open that does not know the last ones) and with them, and compare
    the two on the same pictures; a chain of jobs, whose result /api/worth gives."""
    if not here.project.trails:
        raise OptionError("Nothing is decided yet, so there is nothing to compare.")
    own = str(here.run.path) if here.run is not None and not knows(here.project, here.run) else ""
    before = own or str(here.kept.get("before", ""))
    if before and (Path(before) / "DONE.json").exists():
        return _after(here, before, own)
    if not (here.project.given >= 0).any() and here.project.images.targets is None:
        raise OptionError("Without the decisions there is no label to learn from. Open a run that was trained before "
                          "the last ones, under Train.")  # fmt: skip
    out = _place(here, "before")
    begun = here.jobs.start("train before", ["train", here.source, "--out", out], lambda _: _remember(here, out))
    return begun.data()


def knows(project: Project, run: Run) -> bool:
    """Whether a run learned from every decision as it is now: then it is none to compare them with."""
    table = run.images()
    told = zip(table["name"].to_pylist(), table["label"].to_pylist(), table["kept"].to_pylist(), strict=True)
    labels = {name: label if kept else None for name, label, kept in told}
    for row in project.trails:
        out = STATES[project.state[row]] in ("dropped", "bad picture")
        has = labels.get(str(project.images.names[row]))
        if (has is not None) if out else (has or "") != project.word(row):
            return False
    return True


@router.get("/worth")
def brought(here: Here) -> dict[str, Any]:
    """What decisions brought when that was asked for last: a sentence, the paired difference with its interval, and
    the commands; {} before."""
    return here.kept.get("worth", {})


def _remember(here: Studio, out: str) -> None:
    here.kept["before"] = out
    _after(here, out)


def _after(here: Studio, before: str, own: str = "") -> dict[str, Any]:
    """own: the open run, whose settings are used again."""
    out = _place(here, "after")
    words = here.overlaid("train", here.source)
    words += ["--recipe", str(Path(own) / "recipe.toml")] if own else []
    return here.jobs.start("train after", [*words, "--out", out], lambda _: _compared(here, before, out)).data()


def _compared(here: Studio, before: str, after: str) -> None:
    parts = Run(before).parts() & Run(after).parts()
    split = next((part for part in ("test", "validation", "train") if part in parts), "test")
    words = here.overlaid("compare", before, after, *(["--split", split] if split != "test" else []))
    here.jobs.start("compare", words, lambda told: here.kept.update(worth=_told(here, told, before, after, split)))


def _told(here: Studio, told: dict[str, Any], before: str, after: str, split: str) -> dict[str, Any]:
    pair = told["pairs"][0]
    ends = {name: pair[name] for name in ("metric", "value", "low", "high", "n", "sentence", "warning")}
    ends = chinese(ends, ("warning",))
    figures = [{name: one[name] for name in ("value", "low", "high")} for one in told["figures"]]
    percent = declared("metric", parse(pair["metric"])[0].name, "percent", True)
    return plain(ends | {"percent": percent, "before": figures[0], "after": figures[1], "split": split,
                         "runs": [before, after], "notes": told["notes"], "changed": here.project.figures()["changed"],
                         "command": told["command"]})  # fmt: skip


def _place(here: Studio, word: str) -> str:
    """The first free folder runs/NAME-WORD beside the overlay, which never lies among the pictures."""
    home = here.project.overlay.parent / "runs"
    name = here.project.overlay.name.split(".")[0] or "pictures"
    tries = (home / (f"{name}-{word}" if k == 1 else f"{name}-{word}-{k}") for k in range(1, 10_000))
    return str(next(path for path in tries if not path.exists()))

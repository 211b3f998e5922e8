"""Runs beside a project, finished or under way: listed, told, their logs read on from where a page left off."""

import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ...core.errors import LinneError, OptionError, RunError
from ...core.files import plain
from ...core.names import printable
from ...core.recipe import Recipe
from ...core.run import Run
from ...engine.runs import times
from .here import Studio
from .jobs import RUNNING, WAITING

PART = 256 << 10
"""Bytes of a log that are read at once."""
SAID = 500
"""Letters of a line that are given."""
FIGURES = ("at", "epoch", "step", "of", "loss", "figure", "rate", "seconds", "left", "speed", "done")


def home(here: Studio) -> Path:
    """The folder that new runs go to: runs/ beside the overlay."""
    return here.project.overlay.absolute().parent / "runs"


def listed(here: Studio) -> dict[str, Path]:
    """{id: folder} of every run that a page may name: below runs/ beside the overlay and in this folder, and the one
    that is open."""
    places = [home(here), here.jobs.at.absolute() / "runs"]
    found = [path for place in dict.fromkeys(places) if place.is_dir() for path in sorted(place.iterdir())]
    found += [here.run.path.absolute()] if here.run else []
    return {mark(path): path for path in found if (path / "recipe.toml").is_file()}


def mark(path: Path) -> str:
    """What a page calls a run by: no path, and none can be made of it."""
    return blake2b(str(path.absolute()).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def at(here: Studio, run: str) -> Path:
    """The folder of an id. Raises OptionError."""
    found = listed(here).get(run)
    if found is None:
        raise OptionError("There is no such run any more; look at the list again.")
    return found


def finished(here: Studio, run: str) -> Run:
    """The run of an id. Raises RunError where it is not finished."""
    return Run(at(here, run))


def told(here: Studio) -> list[dict[str, Any]]:
    """Every run, the newest first, JSON-ready: id, name, state, and of a finished one its figure with its interval,
    seconds, changed settings and what each rung of the ladder came to."""
    out = []
    for name, path in listed(here).items():
        one = {"id": name, "name": printable(path.name), "state": state(here, path), "at": _changed(path)}
        with suppress(LinneError, OSError, ValueError, KeyError):  # a damaged run is listed by its name
            one |= (
                _figures(path) if one["state"] == "done" else {"changed": _settings(Recipe.load(path / "recipe.toml"))}
            )
        one["open"] = here.run is not None and here.run.path.absolute() == path
        out.append(one)
    return sorted(out, key=lambda one: -one["at"])


def state(here: Studio, path: Path) -> str:
    """ "done", "running", "waiting", or "unfinished": then the same command goes on with it."""
    if (path / "DONE.json").exists():
        return "done"
    job = next((job for job in here.jobs.all() if job.state in (WAITING, RUNNING) and _out(job.words) == path), None)
    return job.state if job else "unfinished"


def _out(words: tuple[str, ...]) -> "Path | None":
    place = words.index("--out") + 1 if "--out" in words else 0
    return Path(words[place]).absolute() if 0 < place < len(words) else None


def _changed(path: Path) -> float:
    with suppress(OSError):
        return (path / "recipe.toml").stat().st_mtime
    return 0.0


def _figures(path: Path) -> dict[str, Any]:
    run = Run(path)
    head, figures = run.figures["headline"], run.figures
    ends = {name: head.get(name) for name in ("value", "low", "high", "n", "percent", "warning")}
    rungs = [
        {name: one.get(name) for name in ("rung", "seconds", "value", "low", "high", "kept")} for one in times(path)
    ]
    return plain(ends | {
        "metric": figures["metric"], "seconds": run.json("DONE.json")["seconds"], "rung": figures.get("rung", "probe"),
        "changed": _settings(run.recipe), "rungs": rungs, "several": run.several, "how": figures.get("how", ""),
        "report": (path / "report.html").is_file(), "parts": sorted(run.parts()),
    })  # fmt: skip


def _settings(recipe: Recipe) -> dict[str, str]:
    return {name: printable(str(value))[:SAID] for name, value in recipe.changed().items()}


def log(path: Path, since: int) -> dict[str, Any]:
    """Lines of a run's log from byte `since` on: {"next": where to go on, "lines": [...]}; from the beginning where the
    log is shorter than that by now. A line holds text, numbers and a rung's figures, whatever else the file has."""
    lines: list[dict[str, Any]] = []
    try:
        with open(path / "log.jsonl", "rb") as file:
            size = file.seek(0, 2)
            file.seek(since if since <= size else 0)
            start = file.tell()
            data = file.read(PART)
    except OSError:
        return {"next": 0, "lines": lines}
    whole = data[: data.rfind(b"\n") + 1]
    for raw in whole.splitlines():
        with suppress(ValueError, RecursionError):
            told = json.loads(raw)
            lines += [_line(told)] if isinstance(told, dict) else []
    return {"next": start + len(whole) if whole or len(data) < PART else size, "lines": lines}


def _line(raw: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"say": printable(str(raw.get("say", "")))[:SAID]}
    out |= {name: raw[name] for name in FIGURES if isinstance(raw.get(name), (int, float))}
    rung = raw.get("rung")
    if isinstance(rung, dict):
        out["rung"] = {"rung": printable(str(rung.get("rung", "")))[:80], "kept": bool(rung.get("kept", True))}
        gain = rung.get("gain")
        of = gain if isinstance(gain, dict) else rung
        out["rung"] |= {end: of.get(end) for end in ("value", "low", "high") if isinstance(of.get(end), (int, float))}
        out["rung"]["gain"] = "gain" in rung
    return plain(out)


def report(path: Path) -> str:
    """A run's report as it lies there. Raises RunError."""
    try:
        return (path / "report.html").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path / 'report.html'} cannot be read. Write it again: linne report {path}") from error

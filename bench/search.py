"""`linne search` on clothing, 2 cores: the race of the reachable networks, a planted bad start won back, the default.

race: every network of the pattern at three sides with three fits on frozen features. planted: a rate 30 times too large
and squashed pictures, searched for `--minutes`; how much of what that costs beside the default recipe (fitted alone) is
won back, on pictures that judged no trial. default: a search from the default recipe. killed: the planted one, killed
twice on the way and gone on with, a second process beside the last part. Test pictures are not opened.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _measure import DATA, ROOT, keep

PATTERN = "efficientnet*,mobilenet*,resnet*"
SPACE = "lr,decay,batch,schedule"
CLAIMS = {
    "race": "networks whose weights are here, placed by accuracy and cost",
    "planted": "a planted bad start (rate x30, squashed): how much of what it costs is won back",
    "default": "from the default recipe: better, or it is said that it is not",
    "killed": "the same, killed twice, a second process beside it",
}
RATE = 1e-3
"""Of a tail's own recipe, by batches of 64."""
LEAST = 0.01
"""Accuracy that a bad start must have cost for a share of it to mean anything."""


def words(out: Path, *flags: str) -> list[str]:
    """The command line of a search into `out`."""
    return [
        sys.executable,
        "-m",
        "linne",
        "search",
        str(DATA / "clothing"),
        *flags,
        "--check",
        "none",
        "--out",
        str(out),
    ]


def go(command: list[str], kills: tuple[float, ...] = (), second: bool = False) -> dict[str, Any]:
    """Run it, killed (SIGKILL) after each of so many seconds and started again; a second process beside the last."""
    begun = time.monotonic()
    for seconds in kills:
        process = subprocess.Popen(command, start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    both = [subprocess.Popen(command) for _ in range(2 if second else 1)]
    codes = [process.wait() for process in both]
    if any(codes):
        raise SystemExit(f"exit codes {codes}: {' '.join(command)}")
    found = json.loads((Path(command[-1]) / "report.json").read_text(encoding="utf-8"))
    words = found["command"].replace(str(DATA), "DATA").partition(" --out ")[0]
    return found | {"wall": round(time.monotonic() - begun), "command": words}


def raced(found: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a race."""
    race = found["race"]
    return {
        "command": found["command"],
        "seconds": found["seconds"],
        "winner": race["winner"],
        "front": race["front"],
        "chose": race["n"],
        "confirmed on": race["confirm"],
        "winner's figure": _three(race["figure"]),
        "beside the default": race["gain"] and race["gain"]["sentence"],
        "gone on with": race["kept"],
        "runners": {row["name"]: _runner(row) for row in race["runners"]},
    }


def _runner(row: dict[str, Any]) -> dict[str, Any]:
    told = {"figure": _three(row["figure"]), "n": row["n"], "ms": row["cost"], "parameters": row["parameters"]}
    return told | {"final": row["final"], "gain": row["gain"] and row["gain"]["sentence"], "p by Holm": row["p"]}


def searched(found: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a search."""
    verdict, states = found["verdict"], [one["state"] for one in found["trials"]]
    return {
        **{name: found[name] for name in ("command", "seconds", "wall", "settings", "importances")},
        "sentence": verdict["sentence"],
        "start": _three(verdict["start"]),
        "kept": _three(verdict["figure"]),
        "trials": {state: states.count(state) for state in sorted(set(states))},
        "confirmed on": found["confirm"],
    }


def won(found: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    """How much of what the bad start costs beside the default one was won back."""
    lost, back = reference["value"] - found["start"][0], found["kept"][0] - found["start"][0]
    share = round(back / lost, 3) if lost >= LEAST else None
    return {"default start": _three(reference), "lost": round(lost, 4), "won back": round(back, 4), "share": share}


def _three(figure: dict[str, Any]) -> list[float]:
    return [round(figure[end], 4) for end in ("value", "low", "high")]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", nargs="+", choices=("race", "default", "planted", "killed"))
    asked.add_argument("--minutes", type=float, default=20.0)
    asked.add_argument("--epochs", type=float, default=0.0, help="of each trial; 0 is the tail's own 8")
    asked.add_argument("--work", type=Path, default=ROOT / "runs" / "bench-search")
    asked.add_argument("--runtime", default="auto")
    asked.add_argument("--cut", default="", help="where tails are cut; as the search chooses when not given")
    asked.add_argument("--note", default="")
    given = asked.parse_args()
    path = ROOT / "bench" / "results" / "search.json"
    kept: dict[str, Any] = {}
    bad = ["--lr", f"{30 * RATE:g}", "--resize", "squash"]
    for what in given.what:
        out, minutes = given.work / what, ["--minutes", f"{given.minutes:g}"]
        minutes += ["--epochs", f"{given.epochs:g}"] if given.epochs else []
        minutes += ["--runtime", given.runtime]
        minutes += ["--method", f"tail(cut={given.cut})"] if given.cut else []
        for folder in (out, given.work / "reference"):
            shutil.rmtree(folder, ignore_errors=True)
        if what == "race":
            kept[what] = raced(go(words(out, "--model", PATTERN, "--space", "none", *minutes)))
        elif what == "default":
            kept[what] = searched(go(words(out, "--space", SPACE, *minutes)))
        else:
            flags = ["--space", f"{SPACE},resize", *bad, *minutes]
            kills = (given.minutes * 15, given.minutes * 15) if what == "killed" else ()
            kept[what] = searched(go(words(out, *flags), kills, what == "killed"))
            alone = words(given.work / "reference", "--space", SPACE, *minutes, "--trials", "1")
            kept[what] |= won(kept[what], go(alone)["verdict"]["start"])
        kept[what]["note"] = given.note
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = {name: known[name] for name in ("race", "default", "planted", "killed") if name in known} | kept
    claim = "; ".join(text for name, text in CLAIMS.items() if name in kept)
    keep("search", {"claim": claim, "rate": RATE, **kept})


if __name__ == "__main__":
    main()

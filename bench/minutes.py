"""What `linne train clothing --minutes M` comes to: test accuracy, seconds to the first answer and altogether.

    python bench/minutes.py [--minutes 10] [--seeds 3] [--runs FOLDER]

Runs that are finished in the folder are read and not made again. Test pictures are read once by each run.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _measure import DATA, keep


def found(run: Path, minutes: float) -> dict[str, Any]:
    """What a finished run says of itself."""
    said = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    first = next(re.search(r"after (\d+) s", line["say"]) for line in said if "first classifier after" in line["say"])
    figures = json.loads((run / "figures.json").read_text(encoding="utf-8"))
    done = json.loads((run / "DONE.json").read_text(encoding="utf-8"))
    head = figures["headline"]
    return {
        "accuracy": round(head["value"], 4), "interval": [round(head[end], 4) for end in ("low", "high")],
        "rung": figures["rung"], "gains": [one["gain"]["sentence"] for one in figures["rungs"]],
        "first answer, s": int(first[1]) if first else None, "seconds": done["seconds"],
        "of the budget": round(done["seconds"] / (60 * minutes), 3),
        "plan": [line["say"] for line in said if line["say"].startswith("tail: what comes")],
    }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--runs", type=Path)
    asked.add_argument("--note", default="")
    given = asked.parse_args()
    place = given.runs or Path(tempfile.mkdtemp())
    runs = {}
    for seed in range(given.seeds):
        out = place / f"minutes-{given.minutes:g}-{seed}"
        if not (out / "DONE.json").exists():
            words = [sys.executable, "-m", "linne", "train", str(DATA / "clothing"), "--minutes", f"{given.minutes:g}",
                     "--seed", str(seed), "--out", str(out)]  # fmt: skip
            subprocess.run(words, check=True)
        runs[seed] = found(out, given.minutes)
    keep("minutes", {
        "claim": "clothing, 2 cores, --minutes 10: at least 0.925 on the test split, the first answer within 60 s, no "
        "budget overrun by more than a tenth",
        "minutes": given.minutes, "note": given.note,
        "median accuracy": statistics.median(one["accuracy"] for one in runs.values()),
        "latest first answer, s": max(one["first answer, s"] for one in runs.values()),
        "most of the budget": max(one["of the budget"] for one in runs.values()), "seeds": runs,
    })  # fmt: skip


if __name__ == "__main__":
    main()

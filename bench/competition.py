"""A competition's whole road by commands, on clothing with the test pictures' labels kept here: does the estimate hold?

    python bench/competition.py

Train and validation pictures come with labels, the 372 test pictures as a flat folder without, beside a sample file to
be filled. The road is that of docs/competition.md, with the first classifier. The score is set beside what the folds
foretold. The test pictures are no pool here: many competitions allow that, for they carry no labels, but a score of
pictures that a classifier has learned from is no honest one.
"""

import argparse
import csv
import json
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep, timed

from linne.core.intervals import mcnemar, paired, wilson
from linne.core.load import load
from linne.core.recipe import Recipe
from linne.engine.data import examine
from linne.engine.log import Log

ROAD = (
    "linne train train/ --folds 5 --out runs/five",
    "linne train train/ --folds 5 --fit-all --out runs/all",
    "linne predict runs/five test/ --view flip --submission sample_submission.csv --out five.csv",
    "linne predict runs/all test/ --view flip --submission sample_submission.csv --out all.csv",
)
"""Word for word as docs/competition.md has them."""
TINY = "--model 'air(widths=(8,8))' --weights none --size 28 --check none"


def prepare(data: Path, place: Path) -> dict[str, str]:
    """What a competition hands out, below `place`; and the key that it keeps, picture to class."""
    for part in ("train", "validation"):
        for path in sorted((data / part).glob("*/*")):
            to = place / "train" / path.parent.name / f"{part}-{path.name}"
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    pictures = sorted((data / "test").glob("*/*"), key=lambda path: path.name)
    (place / "test").mkdir()
    key = {}
    for number, path in enumerate(pictures):
        key[f"{number:05d}"] = path.parent.name
        shutil.copy(path, place / "test" / f"{number:05d}{path.suffix}")
    classes = sorted(set(key.values()))
    with open(place / "sample_submission.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", *classes], *([name] + [1 / len(classes)] * len(classes) for name in key)])
    return key


def right(file: Path, key: dict[str, str]) -> np.ndarray:
    """(n,) bool, as the competition would score a submission; raises ValueError for ids that are not the key's."""
    with open(file, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if [row["id"] for row in rows] != list(key):
        raise ValueError(f"{file} does not hold the key's ids, each once, in order")
    classes = [name for name in rows[0] if name != "id"]
    return np.array([max(classes, key=lambda name: float(row[name])) == key[row["id"]] for row in rows])


def go(command: str, place: Path, more: str) -> None:
    """Run a command of the road there. Ends the bench where it fails."""
    words = shlex.split(f"{command} {more if 'train' in command.split() else ''}")
    done = timed("env", "-C", str(place), sys.executable, "-m", *words, "--quiet")
    print(f"{done['seconds']:6.1f} s  {command}", flush=True)
    if done["code"]:
        raise SystemExit(done["err"])


def twinned(data: Path) -> int:
    """Test pictures that have a verified twin among those to learn from."""
    found = examine(load(data), Recipe(check="none"), Log(quiet=True))
    test = found.images.split == "test"
    return int(np.isin(found.twins[test], found.twins[~test]).sum())


def main() -> None:
    """The road once, and its score."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--small", metavar="FOLDER", help="other pictures, a network of nothing; nothing is kept")
    given = asked.parse_args()
    data = Path(given.small) if given.small else DATA / "clothing"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        key = prepare(data, place)
        for command in ROAD:
            go(command, place, TINY if given.small else "")
        foretold = json.loads((place / "runs/five/figures.json").read_text())
        hits = {name: right(place / f"{name}.csv", key) for name in ("five", "all")}
    score: dict[str, Any] = {name: wilson(found).as_dict() for name, found in hits.items()}
    gap = paired(hits["five"], hits["all"])
    found = {
        "claim": __doc__.splitlines()[0], "road": ROAD, "learned": foretold["n"], "test": len(key),
        "out of fold": foretold["headline"], "score": score,
        "five minus all": gap.as_dict() | {"p": mcnemar(hits["five"], hits["all"])},
    }  # fmt: skip
    if given.small:
        print(json.dumps({"out of fold": foretold["headline"]["value"], "score": score}))
        return
    keep("competition", found | {"test pictures with a twin among those to learn from": twinned(data)})


if __name__ == "__main__":
    main()

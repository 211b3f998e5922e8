"""What helps a first classifier of few pictures, and of what looks alike: 20 resamples of clothing, a size for details.

    python bench/few.py [--resamples 20]      # goes on where it was stopped

Few: 100 or 300 of the training split's pictures, at least two a class; each way makes its first classifier of them.
Alike: the whole training split, pictures at 224 px and larger, judged on t-shirt, shirt and longsleeve. What is best is
read off the validation pictures; the test split says what it is worth. Gains are paired by picture and resample.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, keep

from linne.core.images import Images
from linne.core.intervals import paired, quantile
from linne.core.load import load
from linne.core.rng import rng
from linne.verbs.train import train

NAME, SIZES = "few", (100, 300)
KEPT = ROOT / "bench" / "results" / f"{NAME}.json"
FEW: dict[str, dict[str, Any]] = {
    "quick": {}, "flip": {"augment": "flip(p=1)"}, "plain, 2 copies": {"augment": "plain", "copies": 2},
    "plain, 4 copies": {"augment": "plain", "copies": 4}, "trivial, 2 copies": {"augment": "trivial", "copies": 2},
    "lda": {"classic": "lda"}, "lite2, 260 px": {"model": "tf_efficientnet_lite2"},
}  # fmt: skip
ALIKE: dict[str, dict[str, Any]] = {
    "quick": {}, "288 px": {"size": 288}, "320 px": {"size": 320}, "lite2, 260 px": {"model": "tf_efficientnet_lite2"},
    "lite2, 320 px": {"model": "tf_efficientnet_lite2", "size": 320},
}  # fmt: skip
THREE = ("t-shirt", "shirt", "longsleeve")


def drawn(images: Images, size: int, number: int) -> Images:
    """So many pictures of the training split, and all others to be judged."""
    draw = rng(number, "few", size)
    learn = draw.permutation(np.flatnonzero(images.split == "train"))
    first = np.concatenate([learn[images.labels[learn] == k][:2] for k in range(len(images.classes))])
    rest = learn[~np.isin(learn, first)][: size - len(first)]
    judged = np.flatnonzero(images.split != "train")
    found = images.take(np.sort(np.concatenate([first, rest, judged])))
    return replace(found, split=np.where(found.split == "train", "train", "test").astype(object))


def right(images: Images, settings: dict[str, Any]) -> str:
    """A 1 for each judged picture, by name, that the run which these settings make calls rightly, a 0 for others."""
    with tempfile.TemporaryDirectory() as folder:
        said = train(images, out=Path(folder) / "run", check="none", **settings).predictions("test")
    called = said.logits.argmax(1) == said.labels
    return "".join("01"[int(one)] for one in called[np.argsort(said.names.astype(str))])


def gains(each: dict[str, dict[str, str]], which: np.ndarray) -> dict[str, Any]:
    """Of every way over these pictures: its accuracy, and its gain over quick, over resamples that both have."""
    out: dict[str, Any] = {}
    for way, rows in each.items():
        both = sorted(set(rows) & set(each["quick"]), key=int)
        mine, plain = (np.array([list(one[r]) for r in both])[:, which] == "1" for one in (rows, each["quick"]))
        out[way] = {"accuracy": round(float(mine.mean()), 4), "resamples": len(both)}
        if way == "quick":
            continue
        if len(both) > 1:
            gap = mine.mean(1) - plain.mean(1)
            half = quantile(0.95, len(gap) - 1) * gap.std(ddof=1) / len(gap) ** 0.5
            found = [float(gap.mean()), float(gap.mean() - half), float(gap.mean() + half)]
        else:
            one = paired(mine[0], plain[0])
            found = [one.value, one.low, one.high]
        out[way]["gain"] = [round(part, 4) for part in found]
    return out


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--resamples", type=int, default=20)
    given = asked.parse_args()
    images = load(DATA / "clothing")
    judged = images.take(np.flatnonzero(images.split != "train"))
    judged = judged.take(np.argsort(judged.names.astype(str)))
    whole = replace(images, split=np.where(images.split == "train", "train", "test").astype(object))
    found: dict[str, Any] = json.loads(KEPT.read_text())["each"] if KEPT.exists() else {}
    jobs = [("alike", way, "0") for way in ALIKE]
    jobs += [(f"few {size}", way, str(r)) for r in range(given.resamples) for size in SIZES for way in FEW]
    for group, way, number in jobs:
        rows = found.setdefault(group, {}).setdefault(way, {})
        if number in rows:
            continue
        settings = (ALIKE if group == "alike" else FEW)[way]
        learn = whole if group == "alike" else drawn(images, int(group.split()[1]), int(number))
        rows[number] = right(learn, settings)
        print(group, way, number, round(rows[number].count("1") / len(judged), 4), flush=True)
        if way == list(ALIKE if group == "alike" else FEW)[-1]:
            keep(NAME, {"claim": __doc__.splitlines()[0], "gains": told(found, judged), "each": found})


def told(found: dict[str, Any], judged: Images) -> dict[str, Any]:
    """Gains by group and part."""
    three = np.isin(judged.labels, [judged.classes.index(name) for name in THREE])
    out: dict[str, Any] = {}
    for group, each in found.items():
        for part in ("validation", "test"):
            which = judged.split == part
            out[f"{group}, {part}"] = gains(each, which)
            if group == "alike":
                out[f"{group}, {part}, three"] = gains(each, which & three)
    return out


if __name__ == "__main__":
    main()

"""Several labels a picture: collages of two by two pictures of clothing and of CIFAR-10, and which classes are in them.

    python bench/multilabel.py [--set clothing|cifar10|both] [--pictures 1500] [--tiny]

Seeded. A collage has one to four tiles, each class drawn as often as one over its rank, so that labels are skewed; the
tiles of judging collages come from pictures that no learning collage shows. Runs of `linne train` on each set: the
network's features and a head a label with every answer known, half of the learning answers hidden, and the same half
taken for "no"; and a short `--method tail` with every answer known, beside the heads on the same judging collages.
Beside them what single-label accuracy implies: the first classifier of the same network, taught the single pictures,
says each tile by itself (where the tiles are is told to it), and a label's score is 1 - product of (1 - p) over tiles.
Shares of labels in the parts of the iterative split stand beside those of a random one. Collages lie in a temporary
folder; finished runs are kept under the cache's home, so the bench goes on where it was stopped. Claims: every label's
share within 10 % of what is asked (or one picture); the mean average precision of the tail above the heads', by a
paired interval.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, keep
from PIL import Image

import linne
from linne.core.deal_several import deal_several
from linne.core.decode import decode
from linne.core.images import Images, read
from linne.core.load import load
from linne.core.predictions import softmax
from linne.core.several import Several
from linne.engine import cache
from linne.engine.compare import compare
from linne.engine.figures_several import figures
from linne.engine.infer import model_of, predictions
from linne.engine.log import Log

SETS = ("clothing", "cifar10")
VERSION = "1"
"""Of what the runs that are kept learned from."""
RESULTS = ROOT / "bench" / "results"
SIDE = 112
"""Of a tile; a collage is twice as wide and high."""


def tile(images: Images, row: int) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: the middle square of a picture."""
    pixels = decode(read(images.items[row])).pixels
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side]).convert("RGB")
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def drawn(images: Images, rows: np.ndarray, n: int, seed: int) -> list[list[int]]:
    """Rows of each collage's tiles, classes skewed."""
    rng = np.random.default_rng(seed)
    own = {k: rows[images.labels[rows] == k] for k in range(len(images.classes))}
    share = 1 / np.arange(1, len(own) + 1)
    classes = [rng.choice(len(own), rng.integers(1, 5), p=share / share.sum()) for _ in range(n)]
    return [[int(rng.choice(own[k])) for k in each] for each in classes]


def written(images: Images, collages: list[list[int]], home: Path, part: str) -> list[str]:
    """The collages as JPEGs, and a line of a table for each."""
    lines = []
    for number, rows in enumerate(collages):
        canvas = np.full((2 * SIDE, 2 * SIDE, 3), 128, np.uint8)
        for place, row in enumerate(rows):
            y, x = divmod(place, 2)
            canvas[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = tile(images, row)
        name = f"{part}-{number:05d}.jpg"
        Image.fromarray(canvas).save(home / name, quality=92)
        has = set(images.labels[rows].tolist())
        lines.append(f"{name},{part}," + ",".join(str(int(k in has)) for k in range(len(images.classes))))
    return lines


def table(home: Path, lines: list[str], classes: tuple[str, ...], hidden: float, blank: str, name: str) -> str:
    """A table in which a share of the learning answers is `blank`; as linne train takes it."""
    rng, out = np.random.default_rng(7), []
    for line in lines:
        cells = line.split(",")
        if cells[1] == "train":
            cells[2:] = [blank if rng.random() < hidden else cell for cell in cells[2:]]
        out.append(",".join(cells))
    columns = [one.replace(",", " ").replace("+", " ") for one in classes]
    (home / name).write_text("\n".join([",".join(["image", "split", *columns]), *out]) + "\n")
    return f"several({home / name}, label='{'+'.join(columns)}')"


def implied(images: Images, tiles: list[list[int]], learn: np.ndarray, home: Path) -> dict[str, Any]:
    """mAP where the tiles are known and each is said by a classifier of single pictures."""
    rng = np.random.default_rng(3)
    learn = rng.permutation(learn)[:4000]
    shown = np.unique(np.concatenate(tiles))
    part = images.take(np.concatenate([learn, shown]))
    split = np.array(["train"] * len(learn) + ["test"] * len(shown), dtype=object)
    run = linne.train(part_of(part, split, home), out=home / "single", check="none")
    told = images.take(shown)
    items = [tile(images, int(row)) for row in shown]
    blank = Images.of(items, classes=run.classes, labels=[images.classes[k] for k in told.labels])
    said, _, _ = predictions(model_of(run), blank, Log(quiet=True))
    chances = softmax(said.logits / run.temperature)[:, [run.classes.index(name) for name in images.classes]]
    at = {int(row): place for place, row in enumerate(shown)}
    missing = np.stack([np.prod([1 - chances[at[row]] for row in rows], axis=0) for rows in tiles])
    targets = np.stack([np.bincount(images.labels[rows], minlength=len(images.classes)) > 0 for rows in tiles])
    odds = np.log(np.maximum(1 - missing, 1e-12)) - np.log(np.maximum(missing, 1e-12))
    n = len(tiles)
    empty = np.full(n, "", dtype=object)
    one = Several(odds, np.full(n, -1), np.arange(n), images.classes, np.arange(n).astype(str), empty,
                  targets=targets.astype(np.int8), thresholds=np.full(len(images.classes), 0.5))  # fmt: skip
    right = float((chances.argmax(1) == told.labels).mean())
    return {"single-label accuracy of tiles": round(right, 4), "mAP": short(figures(one)["headline"])}


def part_of(part: Images, split: np.ndarray, home: Path) -> Images:
    """These pictures as tiles, at the size that a collage shows them in, with their split."""
    from dataclasses import replace

    items = [tile(part, row) for row in range(len(part))]
    return replace(part, items=items, split=split, root=None, came_from="")


def short(figure: dict[str, Any]) -> list[float]:
    """[value, low, high]."""
    return [round(figure[end], 4) for end in ("value", "low", "high")]


def shares(lines: list[str]) -> dict[str, Any]:
    """The greatest relative error of a label's share in a fifth: iterative, and at random (median of 50)."""
    targets = np.array([[int(cell) for cell in line.split(",")[2:]] for line in lines], np.int8)
    goal, rng = 0.2 * targets.sum(0), np.random.default_rng(0)

    def worst(parts: np.ndarray) -> float:
        return float(np.max(np.abs(targets[parts == 1].sum(0) - goal) / goal))

    dealt = deal_several(targets, np.full(len(targets), "", dtype=object), (0.8, 0.2), rng)
    chance = [worst((rng.permutation(len(targets)) < len(targets) // 5).astype(int)) for _ in range(50)]
    return {"iterative": round(worst(dealt), 4), "random": round(float(np.median(chance)), 4)}


WAYS: tuple[tuple[str, float, str, dict[str, Any]], ...] = (
    ("probe", 0.0, "", {}),
    ("half hidden", 0.5, "", {}),
    ("half taken for no", 0.5, "0", {}),
    ("tail", 0.0, "", {"method": "tail(cut='blocks.4.2')", "epochs": 6}),
)
"""Name, the share of learning answers that is blank, what stands in its place, settings. Left to itself the tail would
begin a stage earlier and take three times as long."""
BESIDE = {"tail": "probe"}


def trained(source: str, place: Path, settings: dict[str, Any]) -> linne.Run:
    """The finished run of this folder, else one that goes on there."""
    if (place / "DONE.json").exists():
        return linne.Run(place)
    print(f"{place.name}: training", flush=True)
    return linne.train(source, out=place, check="none", **settings)


def gained(run: linne.Run, other: linne.Run) -> list[float]:
    """What a run's mean average precision gains over another's on the same collages: [value, low, high]."""
    return short(compare(run.predictions("test"), other.predictions("test"), metric="average_precision"))


def one(name: str, n: int, runs: Path, briefly: "dict[str, Any] | None" = None) -> dict[str, Any]:
    """All figures of one set. runs: where its runs are kept. briefly: more settings where steps are taken."""
    images = load(DATA / name)
    learn, judge = (np.flatnonzero((images.split == part) & (images.labels >= 0)) for part in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tiles = drawn(images, judge, n // 3, 2)
        lines = written(images, drawn(images, learn, n, 1), home, "train") + written(images, tiles, home, "test")
        out: dict[str, Any] = {"learning": n, "judging": len(tiles), "shares": shares(lines)}
        made: dict[str, linne.Run] = {}
        for way, hidden, blank, settings in WAYS:
            word = way.replace(" ", "-")
            source = table(home, lines, images.classes, hidden, blank, f"{word}.csv")
            more = briefly if settings and briefly else {}
            run = made[way] = trained(source, runs / word, settings | more)
            found = run.figures["figures"]
            out[way] = {k: short(found[k]) for k in ("average_precision", "macro_f1", "exact_match")}
            out[way]["seconds"] = run.json("DONE.json")["seconds"]
            if way in BESIDE:
                out[way]["gain over " + BESIDE[way]] = gained(run, made[BESIDE[way]])
        out["implied by single labels, tiles told apart"] = implied(images, tiles, learn, home)
    return out


def main() -> None:
    """Measure; --tiny shows that it runs and keeps nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="both", choices=(*SETS, "both"))
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    names = SETS if asked.set == "both" else (asked.set,)
    if asked.tiny:
        with tempfile.TemporaryDirectory() as folder:
            print({name: one(name, 120, Path(folder) / name, {"epochs": 1}) for name in names})
        return
    kept = RESULTS / "multilabel.json"
    before = json.loads(kept.read_text()) if kept.exists() else {}
    found = {name: before[name] for name in SETS if name in before}
    for name in names:
        found[name] = one(
            name, asked.pictures, cache.home() / "bench" / f"multilabel-{asked.pictures}-{VERSION}" / name
        )
        keep("multilabel", found)


if __name__ == "__main__":
    main()

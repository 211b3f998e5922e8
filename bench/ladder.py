"""The ladder's rule: over resamples of clothing, how far the kept rung's test accuracy lies from the better rung's.

    python bench/ladder.py [--sizes 100,300,1000] [--resamples 20] [--cut blocks.4.2]

Each resample draws so many learning pictures, every class among them, and climbs probe and tail; how the tail is fitted
is pinned, so that no clock decides, and every climb has one seed, so that activations are computed once for all. Both
rungs are read on the official test split, by the bench alone: the ladder decides by pictures that learned nothing.
Finished resamples are kept, so the bench goes on where it stopped.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep

from linne.core.images import Images
from linne.core.load import load
from linne.core.rng import rng
from linne.engine import ladder, rungs, trunk
from linne.engine.climb import Climb
from linne.engine.first import predict
from linne.engine.network import resolve
from linne.engine.rung import built
from linne.verbs.train import train

NAME, NETWORK, SIDE = "ladder", "tf_efficientnet_lite0", 224
GOAL = 0.005
KEPT = Path(__file__).parent / "results" / f"{NAME}.json"


def drawn(images: Images, size: int, number: int) -> Images:
    """So many learning pictures, at least two a class, and the whole test split."""
    draw = rng(number, "resample", size)
    learn = draw.permutation(np.flatnonzero(images.split != "test"))
    first = np.concatenate([learn[images.labels[learn] == k][:2] for k in range(len(images.classes))])
    rest = learn[~np.isin(learn, first)][: size - len(first)]
    rows = np.sort(np.concatenate([first, rest, np.flatnonzero(images.split == "test")]))
    found = images.take(rows)
    return replace(found, split=np.where(found.split == "test", "test", "train").astype(object))


def pinned(size: int, cut: str, folder: Path) -> Path:
    """A plan in which nothing is left to the clock: the epochs that are wanted, and all witnesses, as ten minutes
    afford for so few pictures (`budget.fit_tail` takes the plan with the most of those that are worth as much).
    """
    from linne.core.recipe import Recipe
    from linne.engine.recipes import steps_of

    found = next(one for one in trunk.cuts(resolve(NETWORK), SIDE) if one.cut == cut)
    epochs = steps_of(Recipe(), "tail", size).epochs
    views = int(max(1, min(12, round(epochs))))
    tail = {"cut": cut, "products": "bf16", "epochs": epochs, "folds": 3, "witnesses": rungs.FOLDS, "held": False,
            "views": views, "kept": views, "seconds": 1.0}  # fmt: skip
    costs = {"train": 0.01, "products": "bf16"}
    plan = {"cut": {"cut": cut, "shape": list(found.shape), "after": found.after, **costs},
            "tail costs": {**costs, "trunked": 0.005}, "tail": tail, "full epochs": 0.0,
            "pictures cost": {"seconds": 1.0, "channels_last": False, "compile": False}}  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    return folder / "plan.json"


def tested(up: Climb, made: Any) -> dict[str, float]:
    """Accuracy of both rungs on the test split."""
    import torch

    stood = up.stood
    net = built(stood.data.network, len(stood.data.images.classes), made.file).eval()
    feed = ladder.ways.shown(up, stood.test)
    mean, std = (torch.tensor(part).view(1, -1, 1, 1) * 255 for part in feed.scale)
    right = []
    for part in np.array_split(np.arange(len(stood.test)), len(stood.test) // 32 + 1):
        pixels = torch.from_numpy(feed.batch(part, part, part, "plain", "", 0)).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            right.append(net((pixels - mean) / std).argmax(1).numpy() == feed.labels[part])
    probe = predict(stood.data, stood.head, stood.test)
    return {"probe": float(probe.right.mean()), made.name: float(np.concatenate(right).mean())}


def resampled(images: Images, size: int, number: int, cut: str) -> dict[str, Any]:
    """One climb: what each rung came to, which was kept, and the gain that decided."""
    seen: dict[str, Any] = {}
    own = ladder.chosen

    def watched(up: Climb, best: Any, made: Any, alone: bool) -> Any:
        seen.update(tested(up, made))
        return own(up, best, made, alone)

    ladder.chosen = watched
    try:
        with tempfile.TemporaryDirectory() as folder:
            plan = pinned(size, cut, Path(folder))
            run = train(drawn(images, size, number), out=Path(folder) / "run", plan=plan, minutes=1000.0, check="none")
            figures = run.figures
    finally:
        ladder.chosen = own
    gain = figures["rungs"][0]["gain"]
    return {**seen, "kept": figures["rung"], "gain": [gain[end] for end in ("value", "low", "high")]}


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over resamples."""
    mean = {rung: float(np.mean([row[rung] for row in rows])) for rung in ("probe", "tail")}
    kept = float(np.mean([row[row["kept"]] for row in rows]))
    best = max(mean.values())
    return {"resamples": len(rows), "mean": mean, "kept": kept, "short_of_best": round(best - kept, 4),
            "tail_kept": sum(row["kept"] == "tail" for row in rows),
            "mistakes_removed": round(1 - (1 - mean["tail"]) / (1 - mean["probe"]), 3)}  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sizes", default="100,300,1000")
    asked.add_argument("--resamples", type=int, default=20)
    asked.add_argument("--first", type=int, default=0, help="resample to begin with, so that several may run at once")
    asked.add_argument("--cut", default="blocks.4.2")
    given = asked.parse_args()
    images = load(DATA / "clothing")
    found = json.loads(KEPT.read_text())["cuts"] if KEPT.exists() else {}
    known = found.setdefault(given.cut, {"summary": {}, "each": {}})
    for number in range(given.first, given.resamples):
        for size in map(int, given.sizes.split(",")):
            rows = known["each"].setdefault(str(size), {})
            if str(number) in rows:
                continue
            rows[str(number)] = resampled(images, size, number, given.cut)
            print(size, number, rows[str(number)], flush=True)
            known["summary"][str(size)] = summed(list(rows.values()))
            keep(NAME, {
                "claim": "the kept rung's mean test accuracy is within 0.5 point of the better rung's",
                "network": NETWORK, "goal": GOAL, "cuts": found,
            })  # fmt: skip


if __name__ == "__main__":
    main()

"""What pictures without labels are worth: clothing with 10 labels a class, all others of the training split as pool.

    python bench/semi.py [--draws 10] [--ways sure propagated freematch ...] [--each 10] [--tiny]

A draw takes so many labelled pictures of each class from the training split; the rest of it is the pool, its labels
hidden, twins of test pictures taken out. Beside the first classifier (labels alone): its pseudo-labels by threshold
(`sure`) and by propagation (`propagated`), each kept always and, as linne train --pool does, only where labelled
pictures see a gain; and methods that learn a head in steps on frozen features, by their own defaults, from copies by
their own chains (`supervised` is such steps without a pool). The test split judges. Gains are paired and cover pictures
and draws. Defaults were chosen on draws 100 and up by the validation split (--first 100 --judge validation), which
judges nothing here.

A finished draw of a way is in bench/results/semi.json and is not made again.
"""

import argparse
import json
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from pool import drawn, gain
from torch import nn

from linne.core.files import plain
from linne.core.load import load
from linne.core.lookup import find, offer
from linne.core.recipe import Recipe
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.data import Data, examine
from linne.engine.known import Known, copied
from linne.engine.log import Log
from linne.engine.loop import fit
from linne.engine.pseudo import Lesson, joined, pseudo, taught
from linne.engine.recipes import steps_of
from linne.engine.rung import NOT_SET, hooks_of
from linne.engine.settings import Settings

LABELS = ("sure", "propagated")
METHODS = ("supervised", "pseudo_label", "mean_teacher", "fixmatch", "freematch", "softmatch")
PATH = ROOT / "bench" / "results" / "semi.json"


class Head(nn.Module):
    """A linear head on features, as a network whose features they are."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.width = weight.shape[1]
        self.head = nn.Linear(*weight.shape[::-1])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weight))
            self.head.bias.copy_(torch.from_numpy(bias))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """As they are."""
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (B, K)."""
        return self.head(x)

    def parts(self) -> list[tuple[str, nn.Module]]:
        """None."""
        return []


@cache
def copies(spec: str, count: int) -> np.ndarray:
    """(count, n, width) features of changed copies of every picture that may learn; 0 where it may not."""
    data = clothing()
    rows, out = (
        np.flatnonzero((data.images.split == "train") & data.kept),
        np.zeros((count, *data.features.shape), "f4"),
    )
    out[:, rows] = copied(
        data, data.images.take(rows), data.facts["hash"][rows], spec, count, Recipe(), Log(quiet=True)
    )
    return out


@cache
def clothing() -> Data:
    """The pictures and their features."""
    return examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))


def feed(data: Data, rows: np.ndarray, hidden: bool) -> Known:
    """These pictures' features, and what gives those of changed copies; without labels where they are hidden."""
    labels = np.full(len(rows), -1) if hidden else data.images.labels[rows]
    plain = data.features[rows][None].astype(np.float32)
    return Known(labels, rows, data.facts["hash"][rows], plain, lambda spec, count: copies(spec, count)[:, rows])


def method(data: Data, name: str, known: np.ndarray, rest: np.ndarray, head: Any, seed: int) -> Any:
    """A head learned in steps by this method from the first classifier's, calibrated, as on the ladder."""
    steps = steps_of(Recipe(method=name, pool="x") if name != "supervised" else Recipe(method=name), name, len(known),
                     "cpu", "features")  # fmt: skip
    labels, where = data.images.labels[known], device.device("cpu")
    loss = Criterion(steps.loss, labels, len(data.images.classes), where)
    sure = np.float32(head.temperature)
    offered = {"model": Head(head.weight / sure, head.bias / sure), "loss": loss, "classes": len(data.images.classes),
               "images": data.images, "device": where.torch}  # fmt: skip
    made = offer(find("method", name), **offered)
    feeds = {"train": feed(data, known, False), "unlabelled": feed(data, rest, True)}
    for stream in getattr(made, "streams", {}).values():
        for spec in filter(None, stream.views.values()):
            feeds[stream.rows].prepare(spec)
    given = {key: value for key, value in asdict(steps).items() if key not in NOT_SET} | {"workers": 0}
    settings = Settings(steps=max(1, round(steps.epochs * len(known) / steps.batch)), seed=seed, **given)
    return fit(made, feeds, settings, where=where, hooks=hooks_of(steps)).module


def once(data: Data, ways: list[str], each: int, seed: int, split: str) -> dict[str, Any]:
    """Of one draw: for every way which judging pictures it calls rightly, as 0 and 1, and what else is to say."""
    known, rest = drawn(data, each, seed)
    test = np.flatnonzero((data.images.split == split) & data.kept)
    lesson = Lesson(data.features[known], data.images.take(known), data.features[rest], 0.95, seed=seed)
    head, out = lesson.plain(), {}
    truth, seen = data.images.labels[test], data.features[test]

    def put(name: str, scores: np.ndarray, **more: Any) -> None:
        right = scores.argmax(1) == truth
        out[name] = {
            "right": "".join("01"[int(one)] for one in right),
            "accuracy": round(float(right.mean()), 4),
            **more,
        }
        print(each, seed, name, out[name]["accuracy"], more, flush=True)

    put("labels alone", head.logits(seen))
    for way in ways:
        if way in LABELS:
            own = replace(lesson, way=way)
            found, _, told = taught(own, head)
            said = pseudo(own, head)
            used = said.teaches
            exact = float((said.guess[used] == data.images.labels[rest][used]).mean()) if used.any() else None
            always = joined(own, head, said) if used.any() else head
            more = {"used": int(used.sum()), "precision": exact, "verdict": told["verdict"], "kept": told["kept"]}
            put(way, always.logits(seen), **more)
            put(f"{way}, where it pays", found.logits(seen))
        else:
            module = method(data, way, known, rest, head, seed)
            with torch.no_grad():
                put(way, module.eval()(torch.from_numpy(seen).float()).numpy())
    return out


def told(draws: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Accuracy and paired gain over labels alone of every way, over the draws that have it."""
    names, out = dict.fromkeys(name for one in draws.values() for name in one), {}
    for name in names:
        have = [one for one in draws.values() if name in one]
        sides = [
            np.array([[int(bit) for bit in one[way]["right"]] for one in have], bool) for way in (name, "labels alone")
        ]
        out[name] = {"accuracy": round(float(sides[0].mean()), 4), "draws": len(have)}
        if len(have) > 1 and name != "labels alone":
            out[name]["gain"] = gain(*sides)
    return out


def main() -> None:
    """Every way over the draws."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--draws", type=int, default=10)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--each", type=int, default=10)
    asked.add_argument("--judge", choices=("test", "validation"), default="test")
    asked.add_argument("--ways", nargs="+", default=[*LABELS, *METHODS], choices=[*LABELS, *METHODS])
    asked.add_argument("--tiny", action="store_true", help="two draws, nothing is written")
    given = asked.parse_args()
    torch.set_num_threads(1)
    data = clothing()
    wanted = not given.tiny and given.judge == "test"
    before = json.loads(PATH.read_text(encoding="utf-8")) if wanted and PATH.exists() else {}
    every = before.get("each", {})
    draws = every.setdefault(f"{given.each} labels a class", {})
    for seed in range(given.first, given.first + (2 if given.tiny else given.draws)):
        own = draws.setdefault(str(seed), {})
        left = [way for way in given.ways if way not in own]
        if left:
            own |= once(data, left, given.each, seed, given.judge)
        if wanted:
            figures = {size: told(found) for size, found in every.items()}
            keep("semi", plain({"claim": __doc__.splitlines()[0], "figures": figures, "each": every}), False)
    print(json.dumps(told(draws), indent=1))


if __name__ == "__main__":
    main()

"""Results of papers, run again on a GPU: CIFAR-10's long tail, mixes on CIFAR-10, a wide network on Fashion-MNIST.

    python bench/published.py [--groups tail mixes fashion] [--seeds 3] [--minutes 9]
    python bench/published.py --small          # drawn pictures on any processor, seconds; nothing is kept

Each way has the network, epochs, batch, rate and decay of the paper (or of the code that its figure comes from), by the
project's own loop in bfloat16. Finished runs are kept in bench/results/published.json, so that the command goes on
where the time ended. Published figures: those of reference/numbers.md, 1.1 to 1.3, in points.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import torch
from _measure import DATA
from _paired import SEEDS, Book, Set, Way, compared, drawn, finish, go, points, results, rgb
from _small import ground

NAN = float("nan")
STANDARD = "flip,shift(4, fill=zero)"
TAIL = Way(
    model="resnet32_cifar", epochs=200, batch=128, rate=0.1, schedule="multistep(at=(0.8, 0.9), factor=0.01)",
    decay=2e-4, warmup=0.025, augment=STANDARD, precision="bf16", each=5000, tail=100.0,
)  # fmt: skip
MIX = Way(
    model="resnet18(small=true)", epochs=200, batch=128, rate=0.1, decay=5e-4, warmup=0.0, augment=STANDARD,
    precision="bf16", each=5000,
)  # fmt: skip
WIDE = Way(
    model="wrn28_10", epochs=200, batch=128, rate=0.1, schedule="multistep(at=(0.3, 0.6, 0.8), factor=0.2)",
    decay=5e-4, warmup=0.0, augment=f"{STANDARD},erase(p=.5)", precision="bf16", views="plain+moved", each=6000,
)  # fmt: skip
WAYS: dict[str, dict[str, tuple[Way, float]]] = {
    "tail": {
        "cross-entropy": (TAIL, 70.36),
        "balanced softmax": (replace(TAIL, loss="balanced_softmax"), 77.54),
        "ldam with deferred weights": (replace(TAIL, loss="ldam", head="cosine(scale=1)"), 77.73),
        "bbn": (replace(TAIL, method="bbn(epochs=200)", surgery="branches",
                        schedule="multistep(at=(0.6, 0.8), factor=0.01)"), NAN),
        "mislas": (replace(TAIL, method=f"mislas(share={10 / 210:.5f})", mix="mixup(alpha=1)", epochs=210), 82.5),
    },
    "mixes": {
        "plain": (MIX, 94.87),
        "mixup": (replace(MIX, mix="mixup(alpha=1)"), 95.70),
        "cutmix": (replace(MIX, mix="cutmix(alpha=.2)"), 96.11),
        "fmix": (replace(MIX, mix="fmix(alpha=.2)"), 96.17),
        "ricap": (replace(MIX, mix="ricap"), 96.55),
    },
    "fashion": {
        "wide": (WIDE, 96.35),
        "wide, moved views": (WIDE, 96.5),
    },
}  # fmt: skip
"""Group to way, and its published accuracy, NaN where none was read. RICAP's is of a pre-activation ResNet-20 four
times as wide; of the wide network's views the figure is one that is asked for."""
SOURCES: dict[str, Any] = {"tail": DATA / "cifar10", "mixes": DATA / "cifar10", "fashion": "fashion-mnist"}


def loaded(group: str) -> "Set | None":
    """The group's pictures in the order in which they lie, None where they are not here."""
    one = ground(SOURCES[group], "")
    if one is None:
        return None
    return Set(group, rgb(one.feed.pixels), one.feed.labels, rgb(one.pixels), one.labels)


def figures(book: Book, group: str, seeds: int, data: str) -> list[dict[str, Any]]:
    """Every way that has all its seeds: its accuracy, the published one, and the gain over the group's first."""
    first, *_ = WAYS[group]
    ways = {name: way for name, (way, _) in WAYS[group].items()}
    done = [name for name in ways if all(book.right(name, ways[name], seed, data) is not None for seed in range(seeds))]
    rows = []
    for name in done if first in done else []:
        found = compared(book, ways, name, first, seeds, data)
        row = {"way": name, "accuracy": found["accuracy"][0], "seconds": found["seconds"][0]}
        row |= {} if isnan(wanted := WAYS[group][name][1]) else {"published": wanted / 100}
        rows.append(row | ({"gain": found["gain"]} if name != first else {}))
    return rows


def table(found: Mapping[str, list[dict[str, Any]]]) -> str:
    """For a terminal."""
    lines = []
    for group, rows in found.items():
        lines.append(f"{group}:")
        for row in rows:
            beside = f", published {100 * row['published']:.2f} %" if "published" in row else ""
            more = f", gain {points(row['gain'])}" if "gain" in row else ""
            lines.append(f"  {row['way']:32} {100 * row['accuracy']:6.2f} %{beside}{more}")
    return "\n".join(lines)


def small() -> None:
    """Every way on drawn pictures, briefly."""
    with tempfile.TemporaryDirectory() as folder:
        book, found = Book(Path(folder) / "published.json"), {}
        for group, own in WAYS.items():
            net = "wrn10_1" if group == "fashion" else "resnet8_cifar"
            few = {"model": net, "epochs": 16.0 if group == "tail" else 5.0, "batch": 16, "precision": "f32"}
            go({name: replace(way, **few) for name, (way, _) in own.items()}, drawn(), book, 1, 60)
            found[group] = [{"way": name, "accuracy": book.runs[f"{name} 0"]["accuracy"]} for name in own]
        print(table(found))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--groups", nargs="+", choices=list(WAYS), default=list(WAYS))
    asked.add_argument("--seeds", type=int, default=SEEDS)
    asked.add_argument("--minutes", type=float, default=1e9, help="begin no run of a group after so many")
    asked.add_argument("--small", action="store_true")
    given = asked.parse_args()
    if given.small:
        torch.set_num_threads(1)
        small()
        return
    if not torch.cuda.is_available():
        raise SystemExit("No GPU is here: these runs take hours of one. --small tries them all on drawn pictures.")
    book, found = Book(results("published")), {}
    for group in given.groups:
        whole = loaded(group)
        if whole is None:
            print(f"{group}: {SOURCES[group]} is not on this machine")
            continue
        ways = {name: way for name, (way, _) in WAYS[group].items()}
        if not go(ways, whole, book, given.seeds, given.minutes, "cuda"):
            print(f"{group}: the time is up; what was finished is kept, and the same command goes on")
    for group in WAYS:
        found[group] = figures(book, group, given.seeds, group)
    finish("published", "published results, run again", {"gpu": torch.cuda.get_device_name(), "figures": found}, book)
    print(table(found))


if __name__ == "__main__":
    main()

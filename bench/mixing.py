"""Mixes on 10,000 small pictures and losses for rare classes on their 100:1 tail, beside plain training, three seeds.

    python bench/mixing.py                # about an hour of one core; goes on where it was stopped
    python bench/mixing.py --small        # drawn pictures, seconds, nothing is kept

A small residual net from random weights. Writes bench/results/mixing.json. The test split has as many pictures of every
class, so that its accuracy is the balanced one.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from _paired import SEEDS, Book, Way, compared, drawn, finish, go, points, real, results, verdict

PLAIN = Way(epochs=10)
TAIL = Way(epochs=24, tail=100.0)
MIXES = {
    "plain": PLAIN,
    "mixup": replace(PLAIN, mix="mixup"),
    "cutmix": replace(PLAIN, mix="cutmix"),
    "fmix": replace(PLAIN, mix="fmix"),
    "ricap": replace(PLAIN, mix="ricap"),
    "cutout": replace(PLAIN, augment="flip,shift(2),cutout"),
}
LOSSES = {
    "cross_entropy": TAIL,
    "focal": replace(TAIL, loss="focal"),
    "ohem": replace(TAIL, loss="ohem"),
    "balanced_softmax": replace(TAIL, loss="balanced_softmax"),
    "ldam with deferred weights": replace(TAIL, loss="ldam", head="cosine(scale=1)"),
    "bbn": replace(TAIL, method="bbn", surgery="branches"),
}
GROUPS = {"mixes": ("plain", MIXES), "losses on the 100:1 tail": ("cross_entropy", LOSSES)}
WAYS = {**MIXES, **LOSSES}


def figures(book: Book, ways: Mapping[str, Way], seeds: int, data: str) -> dict[str, list[dict[str, Any]]]:
    """Each group's ways beside its plain one, best first."""
    found = {}
    for group, (plain, own) in GROUPS.items():
        rows = [compared(book, ways, name, plain, seeds, data) for name in own if name != plain]
        rows = [{**one, "verdict": verdict(one["gain"])} for one in rows]
        found[group] = sorted(rows, key=lambda one: -one["gain"]["value"])
    return found


def table(found: Mapping[str, list[dict[str, Any]]]) -> str:
    """The gains as text for a terminal."""
    lines = []
    for group, rows in found.items():
        lines += [f"{group}, beside {rows[0]['second']} ({100 * rows[0]['accuracy'][1]:.1f} %):"]
        lines += [f"  {one['first']:28} {100 * one['accuracy'][0]:5.1f} %  {points(one['gain']):24} {one['verdict']}"
                  for one in rows]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--small", action="store_true", help="drawn pictures, two seeds, nothing is kept")
    asked.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.small:
        ways, whole = {name: replace(way, epochs=2.0, batch=16) for name, way in WAYS.items()}, drawn()
        with tempfile.TemporaryDirectory() as folder:
            book = Book(Path(folder) / "mixing.json")
            go(ways, whole, book, 2, given.minutes)
            print(table(figures(Book(book.path), ways, 2, whole.name)))
        return
    whole = real()
    if whole is None:
        raise SystemExit("Neither Fashion-MNIST nor CIFAR-10 is on this machine: set LINNE_DATA.")
    book = Book(results("mixing"))
    if not go(WAYS, whole, book, SEEDS, given.minutes):
        raise SystemExit("The time is up; what was finished is kept, and the same command goes on.")
    found = figures(book, WAYS, SEEDS, whole.name)
    claim = "what each mix brings on 10,000 pictures, and each loss on their 100:1 tail"
    finish("mixing", claim, {"data": whole.name, "gains": found}, book)
    print(table(found))


if __name__ == "__main__":
    main()

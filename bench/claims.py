"""What practitioners say, tested: two ways on the same 10,000 small pictures, three seeds, the gain with its interval.

    python bench/claims.py                # about an hour of one core; goes on where it was stopped
    python bench/claims.py --small        # drawn pictures, seconds, nothing is kept

Writes bench/results/claims.json and docs/claims.md. Rates are each way's usual ones, not searched for: a claim that
fails here may hold with other ones, and the table says which were used.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from _measure import ROOT
from _paired import SEEDS, Book, Way, compared, drawn, finish, go, points, real, results, verdict

BASE = Way()
LENET = Way(model="lenet_improved", epochs=20, rate=0.05, init="")
DEEP = Way(model="resnet18", epochs=5, rate=0.05, augment="", each=200)
LIGHT = Way(
    model="air(widths=(32,96,192))", epochs=50, rate=0.2, optimizer="sgd(momentum=.85)", decay=0.0013, warmup=0.0,
    schedule="one_cycle(up=.2,start=.1,end=.001)", loss="cross_entropy(smoothing=.2)", init="", mix="cutmix(p=.5)",
    augment="flip(alternate=true),shift(2)", each=200,
)  # fmt: skip
WAYS = {
    "SGD": BASE,
    "Adam": replace(BASE, optimizer="adam", rate=1e-3, decay=1e-4),
    "AdaBound": replace(BASE, optimizer="adabound", rate=1e-3, decay=1e-4),
    "Xavier": replace(BASE, init="xavier"),
    "squared error": replace(BASE, loss="mse"),
    "step schedule": replace(BASE, schedule="step"),
    "LeNet-5": replace(LENET, model="lenet5"),
    "LeNet improved": LENET,
    "LeNet-5 with 1-D norm": replace(LENET, model="lenet5", surgery="linear_norm"),
    "ResNet-18 plain": DEEP,
    "light with all tricks": LIGHT,
}
"""What is trained, by name."""
CLAIMS = (
    ("AdaBound is better than SGD", "AdaBound", "SGD"),
    ("AdaBound is better than Adam", "AdaBound", "Adam"),
    ("Kaiming is better than Xavier", "SGD", "Xavier"),
    ("Cross-entropy is better than squared error", "SGD", "squared error"),
    ("The improved LeNet is better than LeNet-5", "LeNet improved", "LeNet-5"),
    ("A light network with all tricks is better than a plain ResNet-18 (2,000 pictures)", "light with all tricks",
     "ResNet-18 plain"),
    ("Cosine is better than step", "SGD", "step schedule"),
    ("1-D norm in the linear layers is better than none", "LeNet-5 with 1-D norm", "LeNet-5"),
)  # fmt: skip
"""A sentence, and the two ways of which it says that the first is better."""


def page(found: Sequence[Mapping[str, Any]], ways: Mapping[str, Way], data: str, seeds: int) -> str:
    """docs/claims.md: a row a claim, then what each way was."""
    lines = [
        "# What practitioners say, tested here",
        "",
        f"Networks from random weights on {data}, {seeds} seeds, judged on the official test pictures. The gain is in",
        "points of accuracy, in brackets its 95 % interval over pictures and seeds. Made by `python bench/claims.py`,",
        "which writes `bench/results/claims.json`. Rates are each way's usual ones, not searched for.",
        "",
        "| claim | first | second | gain | here |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        pair = zip((one["first"], one["second"]), one["accuracy"], strict=True)
        sides = [f"{name} {100 * accuracy:.1f} %" for name, accuracy in pair]
        lines.append(f"| {one['claim']} | {' | '.join(sides)} | {points(one['gain'])} | {one['verdict']} |")
    lines += ["", "| way | what it is |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {told(way)} |" for name, way in ways.items())]) + "\n"


def told(way: Way) -> str:
    """A way in words: what every one has, and what it has beside the usual."""
    usual = f"{way.model}, {way.epochs:g} epochs of {way.each:,} pictures a class, batch {way.batch}, {way.schedule}"
    more = [
        f"{name} {value}" for name in ("init", "mix", "surgery", "head", "augment") if (value := getattr(way, name))
    ]
    steps = f"{way.optimizer} at {way.rate:g}, decay {way.decay:g}, {way.loss}"
    return ", ".join([usual, steps, *more]).replace("|", "/")


def figures(book: Book, ways: Mapping[str, Way], seeds: int, data: str) -> list[dict[str, Any]]:
    """Each claim with its figures and what they say."""
    found = []
    for sentence, first, second in CLAIMS:
        one = compared(book, ways, first, second, seeds, data)
        found.append({"claim": sentence, **one, "verdict": verdict(one["gain"])})
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--small", action="store_true", help="drawn pictures, two seeds, nothing is kept")
    asked.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.small:
        ways, whole = {name: replace(way, epochs=2.0, batch=16, each=24) for name, way in WAYS.items()}, drawn()
        with tempfile.TemporaryDirectory() as folder:
            book = Book(Path(folder) / "claims.json")
            go(ways, whole, book, 2, given.minutes)
            print(page(figures(Book(book.path), ways, 2, whole.name), ways, whole.name, 2))
        return
    whole = real()
    if whole is None:
        raise SystemExit("Neither Fashion-MNIST nor CIFAR-10 is on this machine: set LINNE_DATA.")
    book = Book(results("claims"))
    if not go(WAYS, whole, book, SEEDS, given.minutes):
        raise SystemExit("The time is up; what was finished is kept, and the same command goes on.")
    found = figures(book, WAYS, SEEDS, whole.name)
    finish("claims", "what practitioners say holds here, or does not", {"data": whole.name, "claims": found}, book)
    text = page(found, WAYS, f"{len(whole.labels):,} pictures of {whole.name}", SEEDS)
    (ROOT / "docs" / "claims.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""What an ablation's verdicts are worth: placebos, a planted harm, and how long a first table takes.

    python bench/ablate.py placebo [--trials 100]     # minutes of one core
    python bench/ablate.py table [--minutes 20]       # the command itself on clothing, twelve tricks

placebo: linear heads fitted in steps on clothing's features, learning pictures alone, as an ablation's rounds do. A
placebo is the plain fit with other draws (order, first weights, dropout), three of them a table; the planted harm
learns from labels of which a fifth were dealt anew. Writes bench/results/ablate.json.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep

from linne.core.deal import deal
from linne.core.evidence import Round, Table
from linne.core.load import load
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.learners import learning
from linne.engine.log import Log
from linne.verbs.ablate import ablate

NAME, FOLDS, ROUNDS, PLACEBOS = "ablate", 3, 6, 3
EPOCHS, BATCH, RATE, DROP, SHUFFLED = 4, 64, 1e-3, 0.2, 0.2
TRICKS = "mixup,cutmix,fmix,focal,ohem,balanced,sam,swa,head=cosine,trivial,cutout,sgd"


def fitted(features: torch.Tensor, labels: torch.Tensor, held: torch.Tensor, *where: Any) -> np.ndarray:
    """(m,) what a head says of the held features, fitted by AdamW with the draws of this place."""
    draw = torch.Generator().manual_seed(int(rng(*where).integers(2**62)))
    weight = (0.01 * torch.randn(features.shape[1], int(labels.max()) + 1, generator=draw)).requires_grad_()
    optimizer = torch.optim.AdamW([weight], lr=RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(labels), generator=draw).split(BATCH):
            kept = torch.rand(len(rows), features.shape[1], generator=draw) > DROP
            loss = torch.nn.functional.cross_entropy((features[rows] * kept) @ weight, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return (held @ weight.detach()).argmax(1).numpy()


def tabled(data: Any, trial: int, tricks: dict[str, float]) -> dict[str, str]:
    """Verdicts of a table. tricks: name to the share of its learning labels that were dealt anew."""
    learn = np.flatnonzero(data.kept & (data.images.split == "train"))
    images = data.images.take(learn)
    fold = deal(images.labels, images.group, [1] * FOLDS, rng(trial, "bench"))
    x = torch.from_numpy(np.asarray(data.features[learn], np.float32))
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    table, names = Table(images.group, ROUNDS), list(tricks)
    for number in range(ROUNDS):
        own, others = (np.flatnonzero((fold == number % FOLDS) == side) for side in (True, False))
        labels = torch.from_numpy(images.labels[others])
        right = fitted(x[others], labels, x[own], trial, number, "plain") == images.labels[own]
        gains = {}
        for name in table.open() if number else names:
            taught, draw = labels.clone(), rng(trial, number, name, "shuffled")
            some = torch.from_numpy(draw.random(len(labels)) < tricks[name])
            taught[some] = taught[some][torch.from_numpy(draw.permutation(int(some.sum())))]
            said = fitted(x[others], taught, x[own], trial, number, name) == images.labels[own]
            gains[name] = Round(own, said.astype(float) - right)
        if not gains:
            break
        table.add(gains)
    return {name: one.verdict for name, one in table.evidence().items()}


def placebo(trials: int) -> dict[str, Any]:
    """How often placebos are called something, and a planted harm harmful."""
    torch.set_num_threads(1)
    data = learning(load(DATA / "clothing"), Recipe(check="none"), Log())
    wrong, called, harms = 0, 0, []
    for trial in range(trials):
        said = tabled(data, trial, {f"placebo {k}": 0.0 for k in range(PLACEBOS)})
        wrong += any(one != "cannot tell" for one in said.values())
        called += sum(one != "cannot tell" for one in said.values())
        print(trial, wrong, called, flush=True)
    for trial in range(20):
        harms.append(tabled(data, 1000 + trial, {"shuffled": SHUFFLED, "placebo": 0.0})["shuffled"])
    return {
        "placebo": {
            "tables": trials, "placebos a table": PLACEBOS, "rounds": ROUNDS, "stated share": 0.05,
            "tables with a verdict": wrong, "placebos with a verdict": called,
        },
        "planted": {"share of labels shuffled": SHUFFLED, "tables": len(harms), "hurts": harms.count("hurts")},
    }  # fmt: skip


def timed(minutes: float) -> dict[str, Any]:
    """The command on clothing with an empty folder: how long it takes, and its table."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        found = ablate(DATA / "clothing", tricks=TRICKS, out=Path(folder) / "a", minutes=minutes, log=Log())
        took = time.monotonic() - begun
    rows = {line["name"]: line["found"] | {"times": round(line["seconds"], 2)} for line in found["added"]}
    own = {"seconds": round(took), "tricks": TRICKS, "facts": found["facts"], "base": found["base"], "added": rows}
    return {"table": own | {"kept": found["kept"], "left out": found["left_out"]}}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", choices=("placebo", "table"))
    asked.add_argument("--trials", type=int, default=100)
    asked.add_argument("--minutes", type=float, default=20.0)
    given = asked.parse_args()
    path = ROOT / "bench" / "results" / f"{NAME}.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    made = placebo(given.trials) if given.part == "placebo" else timed(given.minutes)
    kept = {name: before[name] for name in ("placebo", "planted", "table") if name in before} | made
    keep(NAME, {"claim": "verdicts of an ablation: placebos, a planted harm, the time of a first table"} | kept)


if __name__ == "__main__":
    main()

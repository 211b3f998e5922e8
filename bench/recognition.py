"""Recognition of identities that nobody trained on: the network as it comes beside the same one trained to compare.

    python bench/recognition.py [--set omniglot|clothing] [--ways arcface,...] [--minutes 6] [--tiny]

Omniglot: characters of half of the alphabets of the two small background sets teach, those of the others are asked.
Clothing: the pictures of five classes teach, those of the other five are asked. A way is `linne train --method WAY`
with a trunk computed once; `embedded` is the first classifier's network, which learned ImageNet alone. Figures are
those of `linne recognition`, with intervals over identities; gains in recall@1 are paired, with identities as groups.
`small` ways train a network of 48 px from random weights on Omniglot; quarter turns are identities of their own.
Two divisions, each half teaching once. Runs stay in runs/bench-recognition, so the same command goes on; every way
takes about its minutes of a core. Claim: on Omniglot recall@1 >= 0.90 after training, above the embedded network.
"""

import argparse
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from PIL import Image

import linne
from linne.core.intervals import Interval, paired
from linne.core.load import load
from linne.core.retrieval import recall
from linne.core.run import Run
from linne.engine.log import Log
from linne.engine.recognise import Recognised, recognised

HOME = ROOT / "runs" / "bench-recognition"
WAYS: dict[str, dict[str, Any]] = {
    "embedded": {},
    "cross-entropy": {"method": "tail"},
    "arcface": {"method": "arcface"},
    "arcface, three centres": {"method": "arcface(centres=3)"},
    "cosface": {"method": "cosface"},
    "proxy_anchor": {"method": "proxy_anchor"},
    "triplet": {"method": "triplet"},
    "multi_similarity": {"method": "multi_similarity"},
    "supcon": {"method": "supcon"},
}
OWN: dict[str, dict[str, Any]] = {"omniglot": {"size": 128}, "clothing": {}}
SMALL: dict[str, Any] = {
    "model": "air(widths=(32,64,128))", "weights": "none", "size": 48, "ground": "pictures", "epochs": 12, "batch": 160,
    "optimizer": "adamw", "lr": "0.001", "schedule": "flat_cosine", "hook": "ema(decay=.999)", "unknown": "none",
    "augment": "affine(degrees=12,shift=.08,scale=.15,shear=12)", "split": "grouped(validation=.05,test=.05)",
}  # fmt: skip
"""A small network of its own for drawings, whose quarter turns are classes of their own; no minutes, 12 epochs."""
TURNED = {
    "small, prototypical": {"method": "prototypical(ways=40,shots=1,queries=3)", **SMALL},
    "small, proxy_anchor": {"method": "proxy_anchor", **SMALL},
}


def omniglot() -> dict[str, list[tuple[str, bytes]]]:
    """Alphabet/character to its drawings; what is in both sets is taken once."""
    out: dict[str, dict[str, bytes]] = {}
    for number in (1, 2):
        with zipfile.ZipFile(DATA / "omniglot" / f"images_background_small{number}.zip") as file:
            for path in sorted(name for name in file.namelist() if name.endswith(".png")):
                _, alphabet, character, name = path.split("/")
                out.setdefault(f"{alphabet}/{character}", {})[name] = file.read(path)
    return {name: sorted(each.items()) for name, each in out.items()}


def laid(name: str, few: int) -> Path:
    """A folder with halves 0 and 1, each a folder per identity; `few` pictures of each, 0 for all."""
    place = HOME / (f"{name}-tiny" if few else name)
    if (place / "laid").exists():
        return place
    if name == "omniglot":
        known = omniglot()
        alphabets = sorted({one.split("/")[0] for one in known})
        for one, drawings in known.items():
            alphabet, character = one.split("/")
            folder = place / str(alphabets.index(alphabet) % 2) / f"{alphabet}-{character}"
            folder.mkdir(parents=True, exist_ok=True)
            for mark, data in drawings[: few or None]:
                Image.open(io.BytesIO(data)).convert("L").save(folder / mark)
    else:
        images = load(DATA / "clothing")
        for row, label in enumerate(images.labels):
            folder = place / str(label % 2) / images.classes[label]
            folder.mkdir(parents=True, exist_ok=True)
            if not few or len(list(folder.iterdir())) < few:
                source = images.items[row]
                shutil.copyfile(source, folder / f"{row}{Path(source).suffix}")
    (place / "laid").write_text("")
    return place


def turned(place: Path, half: int) -> Path:
    """The half's pictures in all four quarter turns, each turn of an identity an identity."""
    out = place / f"{half}-turned"
    for source in [] if (out / "laid").exists() else sorted((place / str(half)).glob("*/*.png")):
        for quarters in range(4):
            folder = out / f"{source.parent.name}-{90 * quarters}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.open(source).rotate(90 * quarters).save(folder / source.name)
    (out / "laid").write_text("")
    return out


def fitted(way: str, name: str, place: Path, half: int, given: Any) -> Run:
    """The way's run on this half."""
    out, images = place / f"{half}-{way.replace(' ', '-').replace(',', '')}", place / str(half)
    if (out / "DONE.json").exists():
        return Run(out)
    settings = {"check": "none", **OWN[name], **{**WAYS, **TURNED}[way]}
    if way in TURNED:
        images = turned(place, half)
        settings |= {"device": "cpu", "epochs": 1 if given.tiny else settings["epochs"]}
    elif WAYS[way]:
        settings |= {"minutes": given.minutes, "device": "cpu"}
    return linne.train(images, out=out, log=Log(), **settings)


def told(one: Interval) -> list[float]:
    """[value, low, high]."""
    return [round(float(end), 4) for end in (one.value, one.low, one.high)]


def gain(ours: list[Recognised], theirs: list[Recognised]) -> Interval:
    """recall@1 less another's over both halves, identities as groups."""
    hits = [np.concatenate([recall(half.likeness) for half in each]) for each in (ours, theirs)]
    group = np.concatenate([[f"{at}-{k}" for k in half.likeness.labels] for at, half in enumerate(ours)])
    asked = np.isfinite(hits[0])
    return paired(hits[0][asked] > 0, hits[1][asked] > 0, group[asked])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--set", default="omniglot", choices=("omniglot", "clothing"))
    asked.add_argument(
        "--ways", type=lambda text: text.split("+"), default=list(WAYS), help="way+way+..., also small, ... of Omniglot"
    )
    asked.add_argument("--minutes", type=float, default=6.0)
    asked.add_argument("--halves", type=int, default=2)
    asked.add_argument("--tiny", action="store_true", help="four pictures an identity, writes nothing")
    given = asked.parse_args()
    torch.set_num_threads(1)
    place, found = laid(given.set, 4 if given.tiny else 0), {}
    for way in dict.fromkeys(["embedded", *given.ways]):
        found[way] = []
        for half in range(given.halves):
            run = fitted(way, given.set, place, half, given)
            found[way].append(recognised(run, load(place / str(1 - half)), 0.01, Log(quiet=True)))
            print(way, half, {name: told(one) for name, one in found[way][-1].figures.items()}, flush=True)
    table = {}
    for way, halves in found.items():
        table[way] = {f"half {1 - at}": {name: told(one) for name, one in half.figures.items()}
                      for at, half in enumerate(halves)}  # fmt: skip
        table[way]["recall@1"] = round(float(np.mean([half.figures["recall@1"].value for half in halves])), 4)
        if way != "embedded":
            table[way]["gain in recall@1"] = told(gain(halves, found["embedded"]))
    figures = {"claim": __doc__.splitlines()[0], "minutes": given.minutes, "ways": table,
               "identities": [half.identities for half in found["embedded"]],
               "pictures": [half.pictures for half in found["embedded"]]}  # fmt: skip
    if given.tiny:
        print(json.dumps(figures, indent=1))
        return
    file = ROOT / "bench" / "results" / "recognition.json"
    before = json.loads(file.read_text()) if file.exists() else {}
    keep("recognition", {**before, given.set: figures})


if __name__ == "__main__":
    main()

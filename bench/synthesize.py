"""Pictures that nobody took, from 100 of each class of Fashion-MNIST on a CPU: are they what they were asked to be,
like real ones, copies, and does a classifier gain by them.

    python bench/synthesize.py                # about 40 minutes of one core; killed once on purpose, and goes on
    python bench/synthesize.py --cifar        # a GPU: CIFAR-10 with 500 a class, with and without drawn pictures
    python bench/synthesize.py --small        # drawn patterns, seconds, nothing is kept

The same command goes on where it was stopped (runs/bench-synthesize). Claims of the first part: a classifier of all
real learning pictures gives at least 80 % of the drawn ones the class that they were asked for; their Frechet distance
to held-out real pictures is smaller than that of a per-class Gaussian in pixels; they lie close to a learned picture no
oftener than held-out real ones do; whether they help, with an interval. Adds to bench/results/synthesize.json.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from _paired import Set, Way, drawn, gain, learned, rgb
from _small import ground
from PIL import Image

from linne.core.run import Run

LAID = {"fashion": (100, 100, 100), "cifar": (500, 100, 20)}
"""Pictures a class that learn, that judge the generator, and that test."""
LEARNS = {
    "fashion": ("--size", "28", "--minutes", "25", "--each", "100"),
    "cifar": ("--size", "32", "--minutes", "20", "--each", "500", "--generator", "fastgan(width=64)"),
}
WAY = Way(epochs=60.0, each=10**6)


def real(name: str) -> Set:
    """The set with its official test split. Ends where it is not on this machine."""
    one = ground({"fashion": "fashion-mnist", "cifar": str(DATA / "cifar10")}[name], "")
    if one is None:
        raise SystemExit(f"The set for {name} is not on this machine: set LINNE_DATA.")
    return Set(name, rgb(one.feed.pixels), one.feed.labels, rgb(one.pixels), one.labels)


def parts(whole: Set, each: Sequence[int]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(pixels, labels) of the parts: the first so many of each class learn, the next judge; of the test split test."""
    rows = [np.flatnonzero(whole.labels == k) for k in range(whole.classes)]
    learn, judge = (np.concatenate([own[a:b] for own in rows]) for a, b in ((0, each[0]), (each[0], sum(each[:2]))))
    test = np.concatenate([np.flatnonzero(whole.truth == k)[: each[2]] for k in range(whole.classes)])
    parted = {"train": (whole.pixels[learn], whole.labels[learn])}
    parted["validation"] = whole.pixels[judge], whole.labels[judge]
    return parted | {"test": (whole.test[test], whole.truth[test])}


def lay(place: Path, found: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """A folder for each part and class; done once."""
    if (place / "laid").exists():
        return
    for part, (pixels, labels) in found.items():
        for row, (one, label) in enumerate(zip(pixels, labels, strict=True)):
            (place / "photos" / part / f"c{label}").mkdir(parents=True, exist_ok=True)
            Image.fromarray(one).save(place / "photos" / part / f"c{label}" / f"{row:05d}.png")
    (place / "laid").write_text("")


def drawn_by(place: Path, flags: Sequence[str]) -> dict[str, Any]:
    """What `linne synthesize` makes of photos/, killed at its second sheet and started again. Its manifest."""
    out = place / "synthetic"
    words = [sys.executable, "-m", "linne", "synthesize", str(place / "photos"), *flags, "--out", str(out)]
    if not (out / "manifest.json").exists() and not (place / "killed").exists():
        process = subprocess.Popen(words, cwd=ROOT)
        while process.poll() is None and len(list(out.glob("sheet-*.png"))) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        (place / "killed").write_text(str(max(one.name for one in out.glob("sheet-*.png"))))
    if not (out / "manifest.json").exists():
        subprocess.run(words, cwd=ROOT, check=True)
    said = (out / "log.jsonl").read_text(encoding="utf-8")
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return told | {"killed": (place / "killed").read_text(), "went on": "going on from step" in said}


def trained(place: Path, flags: Sequence[str]) -> dict[str, Any]:
    """Test accuracy of the first classifier with --extra and without, and what the former decided."""
    found: dict[str, Any] = {}
    for name, more in (("plain", ()), ("extra", ("--extra", str(place / "synthetic")))):
        out = place / name
        if not (out / "DONE.json").exists():
            words = ["train", str(place / "photos"), *flags, *more, "--out", str(out), "--quiet"]
            subprocess.run([sys.executable, "-m", "linne", *words], cwd=ROOT, check=True)
        figures = Run(out).figures
        found[name] = {end: figures["headline"][end] for end in ("value", "low", "high")}
    return found | {"decision": Run(place / "extra").figures["extra"]}


def fashion(
    place: Path, whole: Set, each: Sequence[int], flags: Sequence[str], network: Sequence[str]
) -> dict[str, Any]:
    """The CPU's part."""
    lay(place, parts(whole, each))
    told = drawn_by(place, [*flags, *network])
    figures, trainings = told["figures"], trained(place, network + (("--size", "28") if network else ()))
    asked, copies = figures["asked"]["share"], figures["copies"]
    return {
        "claims": {
            "at least 80 % are what they were asked to be": asked["value"] >= 0.8,
            "nearer to real ones than a Gaussian in pixels": figures["likeness"]["nearer"]["low"] > 0,
            "copies no oftener than held-out real ones": not copies["copies"],
            "killed and went on": told["went on"],
        },
        "killed at": told["killed"], "pictures": len(told["learned"]), "seconds": told["seconds"],
        "generator": told["generator"], "figures": figures, "training": trainings,
    }  # fmt: skip


def cifar(
    place: Path, whole: Set, each: Sequence[int], flags: Sequence[str], way: Way, seeds: int, kind: str
) -> dict[str, Any]:
    """The GPU's part: a small residual net from random weights, as many steps with drawn pictures as without."""
    found = parts(whole, each)
    lay(place, found)
    told, out = drawn_by(place, flags), place / "synthetic"
    number = {folder: int(name[1:]) for folder, name in told["folders"].items()}
    more = [np.asarray(Image.open(out / name).convert("RGB")) for name in told["pictures"]]
    labels = np.array([number[Path(name).parent.name] for name in told["pictures"]])
    pixels, known = found["train"]
    plain = Set("plain", pixels, known, whole.test, whole.truth)
    wide = Set(
        "wide", np.concatenate([pixels, np.stack(more)]), np.concatenate([known, labels]), whole.test, whole.truth
    )
    share = len(known) / len(wide.labels)
    ways = {"plain": (plain, way), "with drawn pictures": (wide, replace(way, epochs=way.epochs * share))}
    right = {name: np.stack([learned(one, part, seed, kind)["plain"] for seed in range(seeds)])
             for name, (part, one) in ways.items()}  # fmt: skip
    return {"accuracy": {name: round(float(hits.mean()), 4) for name, hits in right.items()},
            "gain": gain(right["with drawn pictures"], right["plain"]), "seeds": seeds,
            "figures": told["figures"], "seconds": told["seconds"], "generator": told["generator"]}  # fmt: skip


def small() -> None:
    """Both parts on patterns, in seconds."""
    whole, network = drawn(100), ("--model", "air(widths=(8,8))", "--weights", "none")
    flags = ("--size", "28", "--steps", "40", "--each", "20", "--generator", "fastgan(width=4,noise=8)")
    with tempfile.TemporaryDirectory() as folder:
        one = fashion(Path(folder) / "a", whole, (50, 30, 10), flags, network)
        two = cifar(
            Path(folder) / "b", whole, (50, 30, 10), (*flags, *network), replace(WAY, epochs=2.0, batch=16), 2, "cpu"
        )
        print(json.dumps({"fashion": one["claims"], "cifar": two["accuracy"], "gain": two["gain"]}))


def main() -> None:
    """One part, added to what is kept of the other."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--small", action="store_true", help="drawn patterns, nothing is kept")
    asked.add_argument("--cifar", action="store_true", help="CIFAR-10 with 500 pictures a class, on a GPU")
    asked.add_argument("--seeds", type=int, default=3)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.small:
        return small()
    name = "cifar" if given.cifar else "fashion"
    place = Path(os.environ.get("LINNE_BENCH", ROOT / "runs")) / "bench-synthesize" / name
    if given.cifar:
        kind = "cuda" if torch.cuda.is_available() else "cpu"
        flags = (*LEARNS[name], "--device", kind)
        found = cifar(place, real(name), LAID[name], flags, WAY, given.seeds, kind)
    else:
        found = fashion(place, real(name), LAID[name], LEARNS[name], ())
    path = ROOT / "bench" / "results" / "synthesize.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    own = {part: before[part] for part in ("fashion", "cifar") if part in before}
    keep("synthesize", {"claim": " ".join(str(__doc__).split("\n\n")[0].split()), **own, name: found})
    return None


if __name__ == "__main__":
    main()

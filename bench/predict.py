"""linne predict on 3,000 and 30,000 pictures of 400x533, beside a plain timm + DataLoader + eager float32 loop."""

import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _measure import DATA, alone, keep
from PIL import Image

PEER = 320
"""Pictures for the plain loop: at 23 a second 3,000 would take two minutes."""


def make(folder: Path, count: int) -> None:
    """Clothing pictures at 400x533, each file with a comment of its own, so that none is known by its content."""
    folder.mkdir()
    sources = sorted((DATA / "clothing" / "train").rglob("*.jpg"))
    encoded: list[bytes] = []
    for place in range(count):
        if place < len(sources):
            buffer = io.BytesIO()
            Image.open(sources[place]).convert("RGB").resize((400, 533)).save(buffer, "JPEG", quality=88)
            encoded.append(buffer.getvalue())
        data, note = encoded[place % len(encoded)], f"{place:08d}".encode()
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        (folder / f"{place:06d}.jpg").write_bytes(data[:2] + comment + data[2:])


def peer(folder: Path) -> float:
    """Pictures a second of the loop that everybody writes."""
    import timm
    import torch
    from timm.data import create_transform
    from torch.utils.data import DataLoader, Dataset

    class Folder(Dataset):
        files = sorted(folder.iterdir())[:PEER]
        transform = create_transform(
            (3, 224, 224), interpolation="bicubic", mean=(0.5,) * 3, std=(0.5,) * 3, crop_pct=0.875
        )

        def __len__(self) -> int:
            return len(self.files)

        def __getitem__(self, place: int) -> torch.Tensor:
            return self.transform(Image.open(self.files[place]).convert("RGB"))

    net = timm.create_model("tf_efficientnet_lite0", num_classes=10).eval()
    begun, seen = time.monotonic(), 0
    with torch.no_grad():
        for batch in DataLoader(Folder(), 32, num_workers=2):
            seen += len(net(batch).softmax(1))
    return seen / (time.monotonic() - begun)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        env = {"LINNE_CACHE": str(place / "cache")}
        linne = [sys.executable, "-m", "linne"]
        make(place / "small", 3_000)
        alone(*linne, "train", str(DATA / "clothing"), "--out", str(place / "run"), env=env)
        figures: dict = {
            "claim": ">= 200 pictures/s end to end, >= 8x the plain loop, memory flat from 3,000 to 30,000"
        }
        for label, spec in (("auto", "auto"), ("bfloat16_off", "openvino(precision=f32)")):
            rates = []
            for turn in range(3):
                alone(*linne, "cache", "--keep-mb", "0", env={"LINNE_CACHE": str(place / "spare")})
                for part in (place / "cache" / "rows").glob("features-*"):
                    for shard in part.glob("*.rows"):
                        shard.unlink()
                words = [*linne, "predict", str(place / "run"), str(place / "small"), "--runtime", spec]
                words += ["--out", str(place / f"{turn}.csv"), "--quiet"]
                done = alone(*words, env=env)
                rates.append(round(3_000 / done["seconds"], 1))
            figures[label] = {"pictures_a_second_whole_process": rates, "median": float(np.median(rates)),
                              "peak_mb": done["peak_mb"]}  # fmt: skip
        figures["plain_timm_loop"] = round(peer(place / "small"), 1)
        figures["ratio"] = round(figures["auto"]["median"] / figures["plain_timm_loop"], 1)
        if "--large" in sys.argv:
            make(place / "large", 30_000)
            done = alone(
                *linne,
                "predict",
                str(place / "run"),
                str(place / "large"),
                "--out",
                str(place / "l.csv"),
                "--quiet",
                env=env,
            )
            figures["30,000"] = {"seconds": done["seconds"], "peak_mb": done["peak_mb"]}
        keep("predict", figures)


if __name__ == "__main__":
    main()

"""Augmentation, measured: pictures a second on one core, beside torchvision v2, Pillow, Albumentations and kornia.

    python bench/augment.py [seconds an operation and library, default 0.4]

Each gets a picture in the form it likes best, already in memory (Linne and Albumentations (H, W, 3) arrays, torchvision
(3, H, W) tensors and, beside them, Pillow images, kornia (1, 3, H, W) floats), and draws its own numbers. Libraries
that are not installed are left out. Writes bench/results/augment.json.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENCV_FOR_THREADS_NUM="1", NO_ALBUMENTATIONS_UPDATE="1")

import io
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from torchvision.transforms import v2

sys.path.insert(0, str(ROOT))

from linne.core.decode import decode
from linne.core.lookup import find, offer

SIZE, COUNT = 224, 24
MOST_USED = (
    "flip", "crop", "resized_crop", "rotate", "affine", "brightness", "contrast", "saturation", "blur", "erase",
)  # fmt: skip
Work = Callable[[Any], Any]
draw = np.random.default_rng(0)

LINNE = {
    "flip": "flip", "crop": "crop(side=224)", "resized_crop": "resized_crop", "rotate": "rotate(15)",
    "affine": "affine", "brightness": "brightness", "contrast": "contrast", "saturation": "saturation",
    "blur": "blur(p=1)", "erase": "erase(p=1, fill=0)", "hue": "hue", "grey": "grey(p=1)",
    "perspective": "perspective(p=1)", "equalise": "equalise(p=1)", "posterise": "posterise((4, 4), p=1)",
    "solarise": "solarise(p=1)", "sharpen": "sharpen", "jpeg": "jpeg(p=1)", "elastic": "elastic", "noise": "noise",
    "auto": "auto", "rand": "rand", "trivial": "trivial", "augmix": "augmix",
}  # fmt: skip
"""Operation to Linne's spec. Nothing is left to chance but flip and the policies, which are as published."""
TORCHVISION = {
    "flip": v2.RandomHorizontalFlip(), "crop": v2.RandomCrop(SIZE), "resized_crop": v2.RandomResizedCrop(SIZE),
    "rotate": v2.RandomRotation(15, v2.InterpolationMode.BILINEAR, fill=128),
    "affine": v2.RandomAffine(15, (0.1, 0.1), (0.9, 1.1), (-10, 10, -10, 10), v2.InterpolationMode.BILINEAR, fill=128),
    "brightness": v2.ColorJitter(brightness=0.4), "contrast": v2.ColorJitter(contrast=0.4),
    "saturation": v2.ColorJitter(saturation=0.4), "blur": v2.GaussianBlur(13, (0.1, 2.0)),
    "erase": v2.RandomErasing(p=1, scale=(0.02, 0.4)), "hue": v2.ColorJitter(hue=0.1), "grey": v2.RandomGrayscale(1),
    "perspective": v2.RandomPerspective(0.3, p=1, fill=128), "equalise": v2.RandomEqualize(1),
    "posterise": v2.RandomPosterize(4, 1), "solarise": v2.RandomSolarize(128, 1),
    "sharpen": v2.RandomAdjustSharpness(1.5, 1), "jpeg": v2.JPEG((30, 95)), "elastic": v2.ElasticTransform(),
    "auto": v2.AutoAugment(), "rand": v2.RandAugment(), "trivial": v2.TrivialAugmentWide(), "augmix": v2.AugMix(),
}  # fmt: skip
NOT_PILLOW = {"erase", "jpeg"}
"""What torchvision does to tensors alone, or turns Pillow images into tensors for."""


def saved(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=int(draw.integers(30, 96)))
    again = Image.open(io.BytesIO(out.getvalue()))
    again.load()
    return again


def box(image: Image.Image) -> tuple[int, int, int, int]:
    wide, high = (round(side * float(draw.uniform(0.3, 1))) for side in image.size)
    left, top = int(draw.integers(image.width - wide + 1)), int(draw.integers(image.height - high + 1))
    return left, top, left + wide, top + high


def enhanced(kind: Any, image: Image.Image) -> Image.Image:
    return kind(image).enhance(float(draw.uniform(0.6, 1.4)))


def warped(image: Image.Image) -> Image.Image:
    numbers = (np.array([1, 0, 0, 0, 1, 0]) + draw.uniform(-0.1, 0.1, 6)).tolist()
    return image.transform(image.size, Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR, fillcolor=(9, 9, 9))


BILINEAR = Image.Resampling.BILINEAR
PILLOW: dict[str, Work] = {
    "flip": lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else i,
    "crop": lambda i: i.crop((9, 9, 9 + SIZE, 9 + SIZE)),
    "resized_crop": lambda i: i.crop(box(i)).resize((SIZE, SIZE), BILINEAR),
    "rotate": lambda i: i.rotate(float(draw.uniform(-15, 15)), BILINEAR, fillcolor=(9, 9, 9)),
    "affine": warped,
    "brightness": partial(enhanced, ImageEnhance.Brightness), "contrast": partial(enhanced, ImageEnhance.Contrast),
    "saturation": partial(enhanced, ImageEnhance.Color), "sharpen": partial(enhanced, ImageEnhance.Sharpness),
    "blur": lambda i: i.filter(ImageFilter.GaussianBlur(float(draw.uniform(0.1, 2)))),
    "grey": lambda i: i.convert("L").convert("RGB"), "equalise": ImageOps.equalize,
    "posterise": lambda i: ImageOps.posterize(i, 4), "solarise": ImageOps.solarize, "jpeg": saved,
}  # fmt: skip


def albumentations() -> dict[str, Work]:
    if find_spec("albumentations") is None:
        return {}
    import albumentations as library
    import cv2

    cv2.setNumThreads(1)
    jitter = partial(library.ColorJitter, brightness=0, contrast=0, saturation=0, hue=0, p=1)
    works = {
        "flip": library.HorizontalFlip(), "crop": library.RandomCrop(SIZE, SIZE, p=1),
        "resized_crop": library.RandomResizedCrop((SIZE, SIZE), p=1), "rotate": library.Rotate(15, p=1),
        "affine": library.Affine(scale=(0.9, 1.1), translate_percent=0.1, rotate=(-15, 15), shear=(-10, 10), p=1),
        "brightness": jitter(brightness=0.4), "contrast": jitter(contrast=0.4), "saturation": jitter(saturation=0.4),
        "hue": jitter(hue=0.1), "blur": library.GaussianBlur(sigma_limit=(0.1, 2), p=1),
        "erase": library.Erasing((0.02, 0.4), p=1), "grey": library.ToGray(p=1),
        "perspective": library.Perspective(p=1), "equalise": library.Equalize(p=1),
        "posterise": library.Posterize(4, p=1), "solarise": library.Solarize((0.5, 0.5), p=1),
        "sharpen": library.Sharpen(p=1), "jpeg": library.ImageCompression(quality_range=(30, 95), p=1),
        "elastic": library.ElasticTransform(p=1), "noise": library.GaussNoise((0.05, 0.05), p=1),
    }  # fmt: skip
    return {name: (lambda image, work=work: work(image=image)["image"]) for name, work in works.items()}


def kornia() -> dict[str, Work]:
    if find_spec("kornia") is None:
        return {}
    import kornia.augmentation as library

    return {
        "flip": library.RandomHorizontalFlip(), "crop": library.RandomCrop((SIZE, SIZE)),
        "resized_crop": library.RandomResizedCrop((SIZE, SIZE)), "rotate": library.RandomRotation(15.0, p=1),
        "affine": library.RandomAffine(15.0, (0.1, 0.1), (0.9, 1.1), 10.0, p=1),
        "brightness": library.ColorJiggle(brightness=0.4, p=1), "contrast": library.ColorJiggle(contrast=0.4, p=1),
        "saturation": library.ColorJiggle(saturation=0.4, p=1), "hue": library.ColorJiggle(hue=0.1, p=1),
        "blur": library.RandomGaussianBlur((13, 13), (0.1, 2.0), p=1), "erase": library.RandomErasing(p=1),
        "grey": library.RandomGrayscale(p=1), "equalise": library.RandomEqualize(p=1),
    }  # fmt: skip


def ours(spec: str) -> Work:
    trick, generator = find("augment", spec), np.random.Generator(np.random.Philox(0))
    return lambda image: offer(trick, image=image, rng=generator, size=SIZE, epoch=0, content=b"a")


def rates(works: dict[str, tuple[Work, list[Any]]], seconds: float) -> dict[str, float]:
    """Pictures a second of CPU time in this thread for each library: the best of five parts, taken in turns."""
    for work, pictures in works.values():
        for picture in pictures:
            work(picture)
    best = dict.fromkeys(works, 0.0)
    for _ in range(5):
        for library, (work, pictures) in works.items():
            begun, done = time.thread_time(), 0
            while time.thread_time() - begun < seconds / 5:
                for picture in pictures:
                    work(picture)
                done += len(pictures)
            best[library] = max(best[library], done / (time.thread_time() - begun))
    return {library: round(value, 1) for library, value in best.items()}


def pictures() -> list[np.ndarray]:
    files = sorted((DATA / "clothing").glob("*/*/*.jpg"))
    chosen = [files[i] for i in np.random.default_rng(0).permutation(len(files))[:COUNT]]
    found = [decode(path).pixels for path in chosen]
    return [np.asarray(ImageOps.fit(Image.fromarray(one), (341, 256))) for one in found]


def main(seconds: float) -> None:
    torch.set_num_threads(1)
    arrays = pictures()
    images = [Image.fromarray(one) for one in arrays]
    tensors = [torch.from_numpy(one.transpose(2, 0, 1).copy()) for one in arrays]
    floats = [one[None].float() / 255 for one in tensors]
    libraries: dict[str, tuple[dict[str, Work], list[Any]]] = {
        "linne": ({name: ours(spec) for name, spec in LINNE.items()}, arrays),
        "torchvision, tensors": (TORCHVISION, tensors),  # type: ignore[dict-item]
        "torchvision, Pillow": ({n: w for n, w in TORCHVISION.items() if n not in NOT_PILLOW}, images),
        "Pillow": (PILLOW, images),
        "albumentations": (albumentations(), arrays),
        "kornia": (kornia(), floats),
    }
    table = {}
    for name in LINNE:
        asked = {library: (works[name], given) for library, (works, given) in libraries.items() if name in works}
        table[name] = rates(asked, seconds)
        print(name, table[name], flush=True)
    slower = {
        rival: [n for n in MOST_USED if table[n]["linne"] < table[n].get(rival, 0)]
        for rival in ("torchvision, tensors", "torchvision, Pillow")
    }
    best = [n for n in MOST_USED if table[n]["linne"] == max(table[n].values())]
    figures = {
        "unit": "pictures of 341 x 256 a second of one core's time",
        "libraries": [name for name, (works, _) in libraries.items() if works],
        "most used": list(MOST_USED),
        "slower than": slower,
        "best of all": best,
        "table": table,
    }
    keep("augment", figures)


if __name__ == "__main__":
    with torch.inference_mode():
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.4)

"""A cache of the tests' own, and pictures made here: no test needs a file that is not in the repository."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from linne.engine import plan
from linne.web.decoder import kept

plan.TIMES = 1  # of what is timed before a run; which way is the quickest here decides no test

# a busy machine is no failure: what is drawn is bounded by its number
settings.register_profile("linne", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linne")

if "PYTEST_XDIST_WORKER" in os.environ:  # two workers of two threads each wait for one another: 1.6 times the time
    os.environ.setdefault("OMP_NUM_THREADS", "1")

kept()  # memory that is given back after every picture costs a sixth of the time here, in commands too
os.environ |= {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a hundred commands that are started, and the workers, compile once

OURS = "LINNE_TESTS_CACHE"
"""Names the cache of all workers: what one of them has computed, none computes again."""
MADE = os.environ.get(OURS) is None
if MADE:
    os.environ[OURS] = tempfile.mkdtemp(prefix="linne-tests-")
HOME = Path(os.environ[OURS])
os.environ["LINNE_CACHE"] = str(HOME / "cache")


def pytest_unconfigure() -> None:
    """Whoever made the cache takes it away, after its workers."""
    if MADE:
        os.environ.pop(OURS, None)
        shutil.rmtree(HOME, ignore_errors=True)


def once(name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one worker fills for all of them, and no test changes; whoever comes meanwhile waits."""
    try:
        import fcntl
    except ImportError:  # Windows: each worker its own
        fcntl, name = None, f"{name}-{os.getpid()}"
    place, whole = HOME / name, HOME / f"{name}.whole"
    with open(HOME / f"{name}.lock", "w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            whole.touch()
    return place


SHAPES = ("disc", "bars", "cross")


def draw(shape: str, seed: int, side: int = 96) -> np.ndarray:
    """(side, side, 3) uint8: one of three shapes, anywhere, in any colour, on a textured ground."""
    rng = np.random.default_rng([seed, SHAPES.index(shape)])
    ground = rng.integers(40, 120, 3) + rng.normal(0, 12, (side, side, 3))
    y, x = np.mgrid[:side, :side] / side
    cx, cy, r = rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65), rng.uniform(0.15, 0.28)
    inside = {
        "disc": (x - cx) ** 2 + (y - cy) ** 2 < r**2,
        "bars": ((y * rng.uniform(6, 9)) % 1 < 0.5) & (abs(x - cx) < r) & (abs(y - cy) < r),
        "cross": (abs(x - cx) < r / 4) | (abs(y - cy) < r / 4),
    }[shape]
    ground[inside] = rng.integers(140, 255, 3)
    return np.clip(ground, 0, 255).astype(np.uint8)


def write_folder(root: Path, each: int = 12, shapes: tuple[str, ...] = SHAPES, start: int = 0) -> Path:
    """A folder per class with `each` JPEGs in it."""
    for shape in shapes:
        (root / shape).mkdir(parents=True, exist_ok=True)
        for seed in range(start, start + each):
            Image.fromarray(draw(shape, seed)).save(root / shape / f"{shape}-{seed:03d}.jpg", quality=92)
    return root


MANY = 1000
"""Tests from which on it pays to convert the usual network first."""


@pytest.fixture(scope="session", autouse=True)
def converted(request: pytest.FixtureRequest) -> None:
    """Where many tests run, one worker converts the usual network for all: then a picture takes a tenth of the time."""
    if len(request.session.items) < MANY or os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
        return
    from linne.engine.choose import choose
    from linne.engine.log import Log
    from linne.engine.network import resolve

    samples = [draw(SHAPES[seed % 3], seed, 224) for seed in range(8)]
    choose(resolve("tf_efficientnet_lite0"), 224, "openvino(f32)", 1, samples, Log(quiet=True))


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder per class: 3 classes of 12 pictures."""
    return write_folder(tmp_path_factory.mktemp("data") / "photos")


@pytest.fixture(scope="session")
def clothing() -> Path:
    """The real pictures, where they are."""
    place = Path(os.environ.get("LINNE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "clothing"
    if not place.is_dir():
        pytest.skip(
            f"needs the clothing pictures: set LINNE_DATA to the folder that holds clothing/ ({place} is absent)"
        )
    return place


@pytest.fixture(scope="session")
def shipped() -> tuple[Path, Path]:
    """A finished run of a tiny network with sets and a score of strangeness, and its bundle in every format."""
    import linne

    def make(place: Path) -> None:
        write_folder(place / "photos", each=80)
        linne.train(
            place / "photos", out=place / "run", model="lenet5", weights="none", size=32, check="none", unknown="vim",
            split="grouped(validation=.25,test=.3)",
        )  # fmt: skip
        linne.export(place / "run", to="onnx,openvino,program", out=place / "bundle")

    place = once("shipped", make)
    return place / "run", place / "bundle"


@pytest.fixture(scope="session")
def exported_parts(shipped: tuple[Path, Path]) -> Any:
    """What an exporter is given of that run; traced once for all tests, with 20 pictures of noise to calibrate by."""
    from linne.engine.answering import gather
    from linne.engine.graph import Parts

    pictures = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    return Parts(gather(shipped[0]), pictures)


@pytest.fixture(scope="session")
def shapes() -> Path:
    """run/, trained on photos/ of 3 classes of 24, and new/ of 4 each; nothing is written there by a test."""
    import linne

    def make(root: Path) -> None:
        write_folder(root / "photos", 24)
        write_folder(root / "new", 4, start=900)
        linne.train(root / "photos", out=root / "run")
        linne.predict(
            root / "run", root / "new", runtime="openvino(f32)"
        )  # tried beside float32 once, which takes torch

    return once("shapes", make)

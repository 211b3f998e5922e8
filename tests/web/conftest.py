"""A small Result made without any network: noise pictures, random features, predictions that are mostly right."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from linne.core.decode import Geometry
from linne.core.facts import FACT, THUMB, Facts
from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.predictions import Predictions
from linne.engine.data import Data
from linne.engine.figures import figures
from linne.engine.first import Result
from linne.engine.network import Network
from linne.engine.probe import Probe

for part in ("connect", "read", "write", "pool"):  # a busy machine is no failure; five seconds are none
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, part, 60.0)

HOSTILE = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {n}",
    "猫 & 狗",
    "🦊|`code`|*b*",
    "caf\udce9 \ud83d",
    "a/b\\c,d\u202etxt",
)


def made(
    classes: "tuple[str, ...]" = ("cat", "dog", "eel"),
    each: int = 30,
    side: int = 24,
    findings: "tuple[Finding, ...]" = (),
    twins: "tuple[tuple[int, int], ...]" = (),
) -> Result:
    """`each` pictures a class; of every five, three train, one is for validation and one for test."""
    n, k = each * len(classes), len(classes)
    draw = np.random.default_rng(0)
    labels = np.arange(n) % k
    split = np.array(["train", "train", "train", "validation", "test"], dtype=object)[(np.arange(n) // k) % 5]
    items = [draw.integers(0, 256, (side, side + row % 7, 3), dtype=np.uint8) for row in range(n)]
    images = Images.of(
        items, labels, classes=None, split=split, names=[f"{classes[c]}/{i}.jpg" for i, c in enumerate(labels)]
    )
    images = Images(**{**vars(images), "classes": tuple(classes), "came_from": "some/where/pets"})
    table = np.zeros(n, FACT)
    table["format"], table["width"], table["height"], table["bytes"] = b"JPEG", 640, 480, 20_000
    facts = Facts(table, np.zeros((n, THUMB, THUMB), np.uint8), np.zeros((n, 8, 8, 3), np.uint8))
    why = np.full(n, "", dtype=object)
    number = np.arange(n)
    for first, second in twins:
        number[second] = first
    network = Network(
        "net", "id", "package some-net", 8, 1000, 224, 0.875, "bicubic", (0.5,) * 3, (0.5,) * 3, "apache-2.0"
    )
    data = Data(images, facts, draw.normal(size=(n, 8)).astype(np.float32), why, number, network, Geometry())
    logits = 3 * np.eye(k)[labels] + draw.gumbel(size=(n, k))
    every = Predictions(logits, labels, np.arange(n), images.classes, images.names, images.group, 1.1)
    parts = {part: every.take(np.flatnonzero(split == part)) for part in ("train", "validation", "test")}
    path = [{"strength": s, "figure": f, "log_loss": 0.5} for s, f in ((10.0, 0.7), (1.0, 0.9), (0.1, 0.8))]
    head = Probe(
        np.zeros((k, 8)),
        np.zeros(k),
        images.classes,
        1.0,
        1.1,
        parts["train"],
        path,
        np.ones(1, bool),
        "18 learning pictures",
    )
    found = figures(parts["test"]) | {"path": path}
    how = "test pictures that neither learned nor chose"
    return Result(data, head, np.flatnonzero(split == "train"), parts, found, how, list(findings))


@pytest.fixture
def result() -> Callable[..., Result]:
    """The maker of small results."""
    return made


@pytest.fixture
def hostile() -> tuple[str, ...]:
    """Names that break pages which do not escape."""
    return HOSTILE


@pytest.fixture
def page(result: Callable[..., Result]) -> dict[str, Any]:
    """What `gather` gives for three classes, with a duplicate group, doubtful labels and stray files."""
    from linne.core.recipe import Recipe
    from linne.web.report import gather

    groups, uneven = {"groups": [[3, 4], [8, 9]]}, {"table": [{"class": "cat", "n": 3}, {"class": "dog", "n": 4}]}
    found = (
        Finding((3, 4, 8, 9), "near duplicates", "high", "4 pictures.", "Keep one.", details=groups),
        Finding((7, 20), "wrong label", "medium", "2 labels.", "Look.", details={"suggested": ["eel", "cat"]}),
        Finding((), "stray files", "low", "20 files.", "Nothing.", files=tuple(f".DS_{i}" for i in range(20))),
        Finding((), "imbalance", "low", "Uneven.", "More.", details=uneven),
    )  # fmt: skip
    return gather(result(findings=found), Recipe(seed=7), "linne train some/where/pets --seed 7 --out runs/a")


@pytest.fixture(scope="module")
def held() -> Any:
    """What a server of one small model holds; a module may have its own."""
    from tests.serving import Bright, state

    return state(Bright(), deadline=20, decoders=2)


@pytest.fixture(scope="module")
def base(held: Any) -> Iterator[tuple[str, str]]:
    """(address, token) of a server of `held` that runs while the module's tests do."""
    from tests.serving import running

    with running(held) as found:
        yield found

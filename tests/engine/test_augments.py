"""augment=auto: each measured fact has its effect and its line, and what judges has none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.lookup import find, offer
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.core.spec import chain
from linne.engine import course
from linne.engine.augments import SMALL, Seen, choose, seen, settled
from linne.engine.budget import Clock
from linne.engine.data import Data, examine
from linne.engine.either import first
from linne.engine.log import Log
from linne.engine.small import able

UPRIGHT = {"mirror": "natural"} | dict.fromkeys(
    ("upside down", "half turn", "quarter turn", "quarter turn back"), "foreign"
)
PHOTOS = Seen(n=3000, each=200, side=224, short=400, verdicts=UPRIGHT, grey=0.02, light=0.25, soft=0.01, scratch=False)
SETTINGS = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none", "augment": "auto"}


def said(**changed: Any) -> tuple[str, str]:
    text, reasons = choose(replace(PHOTOS, **changed))
    return text, "\n".join(reasons)


def test_photographs() -> None:
    text, why = said()
    assert text == "flip,resized_crop(area=(0.35, 1.0)),brightness(0.25),contrast(0.25),saturation(0.25)"
    lines = why.split("\n")
    assert len(lines) == 5, "a line for symmetry, part, colour, blur and policy each"
    assert "keep their class" in lines[0]
    assert "200 pictures in the median class" in lines[1]
    assert "98% are in colour" in lines[2]


@pytest.mark.parametrize(
    ("changed", "there", "absent", "why"),
    [
        ({"verdicts": UPRIGHT | {"mirror": "changes classes"}}, (), ("flip",), "look like another class"),
        ({"verdicts": UPRIGHT | {"mirror": "foreign"}}, (), ("flip",), "do not occur here"),
        ({"verdicts": dict.fromkeys(UPRIGHT, "natural")}, ("symmetry",), ("flip",), "all eight ways"),
        ({"verdicts": UPRIGHT | {"upside down": "natural"}}, ("flip,flip(vertical=true)",), (), "both ways"),
        ({"verdicts": {}}, ("flip",), (), "too few pictures to measure"),
        ({"grey": 0.9}, ("brightness", "contrast"), ("saturation",), "90% are grey"),
        ({"light": 0.0}, ("brightness(0.1)",), (), "varies by 0%"),
        ({"light": 2.0}, ("brightness(0.4)", "saturation(0.4)"), (), "varies by 200%"),
        ({"soft": 0.1}, ("blur(p=0.2)",), (), "10% are much less sharp"),
        ({"soft": 0.9}, ("blur(p=0.5)",), (), "50% are blurred"),
        ({"each": 5}, ("area=(0.5, 1.0)",), (), "5 pictures in the median class"),
        ({"each": 5000}, ("area=(0.2, 1.0)",), (), "5,000 pictures in the median class"),
        ({"short": 100}, ("area=(0.5, 1.0)",), (), "100 px are enlarged to 224"),
        ({"scratch": True}, (), ("trivial",), "3,000 pictures are few"),
        ({"scratch": True, "n": 50_000}, ("trivial",), (), "TrivialAugment"),
        ({"scratch": True, "n": 50_000, "verdicts": UPRIGHT | {"half turn": "changes classes"}}, (), ("trivial",),
         "a half turn changes classes"),
        ({"n": 50_000}, (), ("trivial",), "trained weights"),
    ],
)  # fmt: skip
def test_each_fact_has_its_effect(changed: Any, there: Any, absent: Any, why: str) -> None:
    text, reasons = said(**changed)
    assert all(part in text for part in there)
    assert not any(part in text for part in absent)
    assert why in reasons


@pytest.mark.parametrize("side", [20, 28, 32, SMALL])
def test_small_pictures_stay_in_memory(side: int) -> None:
    """Whatever is chosen for them can be done to a whole batch at once; 28 px as without a chain: by two pixels."""
    for verdict in ("natural", "foreign", "changes classes"):
        text, _ = said(side=side, short=side, verdicts=dict.fromkeys(UPRIGHT, verdict), scratch=True, n=50_000)
        assert able(text, side)
        assert ("flip" in text) == (verdict == "natural")
    assert said(side=28, verdicts={})[0] == "shift(2)"


@pytest.mark.parametrize("known", [PHOTOS, replace(PHOTOS, soft=0.2, scratch=True, n=90_000, verdicts={}),
                                   replace(PHOTOS, verdicts=dict.fromkeys(UPRIGHT, "natural"), grey=1.0)])  # fmt: skip
def test_what_is_chosen_runs(known: Seen) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    text = choose(known)[0]
    assert Recipe(augment=text).augment_text() == ",".join(map(str, chain(text)))
    for place, part in enumerate(chain(text)):
        image = offer(find("augment", part), image=np.ascontiguousarray(image), rng=rng(place), size=224)
    assert image.dtype == np.uint8


class Heard(Log):
    """A log that remembers."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, text: str, **data: Any) -> None:
        self.lines.append(text)


def arrows(each: int = 70, seed: int = 0, turned: bool = True) -> Images:
    """Pictures of 28 px: a grey arrow to the right, and one to the left, or where not `turned` a block."""
    draw, items, labels = np.random.default_rng(seed), [], []
    y, x = np.mgrid[:14, :14]
    right = ((abs(y - 6.5) < 2) & (x < 8)) | ((x >= 7) & (abs(y - 6.5) < 14 - x))
    other = right[:, ::-1] if turned else (abs(y - 6.5) < 4) & (abs(x - 6.5) < 5)
    for shape in (right, other):
        for _ in range(each):
            pixels = draw.normal(60, 8, (28, 28))
            top, left = draw.integers(4, 11, 2)
            pixels[top : top + 14, left : left + 14] += 120 * (
                shape if turned or draw.random() < 0.5 else shape[:, ::-1]
            )
            items.append(np.repeat(np.clip(pixels, 0, 255).astype(np.uint8)[..., None], 3, 2))
            labels.append("right" if shape is right else "other")
    return Images.of(items, labels)


def examined(images: Images, **changed: Any) -> tuple[Data, Recipe]:
    recipe = Recipe(**{**SETTINGS, **changed})
    return examine(images, recipe, Log(quiet=True)), recipe


def test_arrows_are_not_mirrored_and_shapes_are() -> None:
    for turned in (True, False):
        data, recipe = examined(arrows(turned=turned))
        log = Heard()
        first(data, recipe, log)
        chosen = next(line for line in log.lines if line.startswith(("augment: shift", "augment: flip")))
        assert ("flip" in chosen) != turned, log.lines
        assert any("mirror" in line for line in log.lines)


def test_pictures_that_judge_have_no_say() -> None:
    """Half of the pictures are the test part; whatever they show, the choice is the same."""
    made = arrows(140)
    split = np.where(np.arange(280) % 2 == 0, "train", "test").astype(object)
    images = replace(made, split=split)
    data, recipe = examined(images)
    rows = np.flatnonzero(split == "train")
    known = seen(data, rows, recipe)
    assert known.verdicts["mirror"] == "changes classes"
    data.facts.table["brightness"][split == "test"] = 0.9
    data.facts.table["saturation"][split == "test"] = 0.9
    data.facts.thumbs[split == "test"] = 0
    data.images.labels[split == "test"] = 0
    assert seen(data, rows, recipe) == known


def test_another_chain_stays_as_it_is() -> None:
    data, _ = examined(arrows(30))
    rows = np.arange(60)
    log = Heard()
    for given in ("", "flip", "auto(table=cifar10)", "flip,auto", lambda image: image):
        recipe = Recipe(**{**SETTINGS, "augment": given})
        assert settled(data, rows, recipe, log) is recipe
    assert log.lines == []
    one, two = (settled(data, rows, Recipe(**SETTINGS), log) for _ in range(2))
    assert one == two
    assert one.augment != "auto"


def test_later_rungs_get_the_chosen_chain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever comes after the first classifier is told the chain, not the word."""
    data, recipe = examined(arrows(140), method="supervised")

    class Caught(Exception):
        pass

    def climb(stood: Any, given: Recipe, *rest: Any) -> None:
        raise Caught(given.augment)

    monkeypatch.setattr(course, "Climb", climb)
    with pytest.raises(Caught, match=r"^shift\(2\)$"):
        course.course(data, recipe, Heard(), tmp_path, Clock(0), lambda _: None, lambda: None)

import importlib.util
import json
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.errors import InputError, MissingExtra, OptionError
from linne.core.lookup import find
from linne.core.rng import rng
from linne.tricks.augment import albumentations as module
from linne.tricks.augment.albumentations import albumentations

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
here = pytest.mark.skipif(importlib.util.find_spec("albumentations") is None, reason="albumentations is not installed")


def told(*transforms: Any) -> dict[str, Any]:
    import albumentations as library

    return library.to_dict(library.Compose(list(transforms)))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "albumentations", None)
    monkeypatch.setattr(module, "_KEPT", threading.local())
    with pytest.raises(MissingExtra, match=r"linne\[albumentations\]") as caught:
        albumentations(IMAGE, rng(0), pipeline="some.json")
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"][caught.value.extra] == ["albumentations==2.0.8"]


@here
def test_a_file_a_dict_and_the_library_agree(tmp_path: Path) -> None:
    import albumentations as library

    flip = library.Compose([library.HorizontalFlip(p=1), library.InvertImg(p=1)])
    library.save(flip, tmp_path / "flip.json")
    known = 255 - IMAGE[:, ::-1]
    np.testing.assert_array_equal(albumentations(IMAGE, rng(0), pipeline=str(tmp_path / "flip.json")), known)
    np.testing.assert_array_equal(albumentations(IMAGE, rng(0), pipeline=library.to_dict(flip)), known)
    trick = find("augment", f"albumentations(pipeline={library.to_dict(flip)!r})")
    np.testing.assert_array_equal(trick(IMAGE, rng(0)), known)


@here
def test_draws_depend_on_the_row_alone() -> None:
    """Nested ones too: the same row gives the same picture in any thread and after any other, others differ."""
    import albumentations as library

    pipeline = told(
        library.OneOf([library.GaussNoise(p=1), library.ISONoise(p=1)], p=0.9),
        library.SomeOf([library.RandomBrightnessContrast(p=1), library.HorizontalFlip(p=0.5)], n=1),
    )

    def one(seed: int) -> bytes:
        return albumentations(IMAGE, rng(seed), pipeline=pipeline).tobytes()

    alone = [one(seed) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(40))) == alone
        assert list(pool.map(one, reversed(range(40)))) == alone[::-1]
    assert len(set(alone)) > 30


@here
def test_a_share_p_is_flipped() -> None:
    import albumentations as library

    pipeline = told(library.HorizontalFlip(p=0.3))
    flipped = sum(not np.array_equal(albumentations(IMAGE, rng(seed), pipeline=pipeline), IMAGE) for seed in range(500))
    assert abs(flipped - 150) < 4 * np.sqrt(500 * 0.21)


@here
def test_what_it_does_not_take_is_said(tmp_path: Path) -> None:
    import albumentations as library

    pipeline = told(library.HorizontalFlip())
    text = json.dumps(pipeline)
    with pytest.raises(OptionError, match=r"no transform 'HorizontalFlop'.*Did you mean 'HorizontalFlip'"):
        albumentations(IMAGE, rng(0), pipeline=json.loads(text.replace("HorizontalFlip", "HorizontalFlop")))
    with pytest.raises(OptionError, match="cannot be built"):
        albumentations(IMAGE, rng(0), pipeline=json.loads(text.replace('"p": 0.5', '"p": "often"')))
    with pytest.raises(OptionError, match="cannot be built"):
        albumentations(IMAGE, rng(0), pipeline=json.loads(text.replace('"p": 0.5', '"strength": 1')))
    (tmp_path / "broken.json").write_text("{")
    for path in ("", str(tmp_path / "none.json"), str(tmp_path / "broken.json")):
        with pytest.raises(OptionError, match="no JSON file that can be read"):
            albumentations(IMAGE, rng(0), pipeline=path)
    with pytest.raises(InputError, match=r"float32, expected \(H, W, 3\) of uint8. Drop Normalize"):
        albumentations(IMAGE, rng(0), pipeline=told(library.Normalize()))

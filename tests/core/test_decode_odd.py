"""Odd but legal pictures give exactly the pixels that they mean."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from linne.core.decode import decode


def beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = list(beside("odd_pictures").cases(beside("picture_writers")))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_odd_picture(case) -> None:
    got, expected = decode(case.item), np.asarray(case.pixels)
    assert got.pixels.dtype == np.uint8
    assert got.pixels.shape == expected.shape
    assert np.abs(got.pixels.astype(int) - expected.astype(int)).max() <= case.tolerance
    assert {name: getattr(got, name) for name in case.told} == case.told
    assert got.pixels.flags.c_contiguous
    assert got.pixels.flags.owndata or got.pixels.base is not case.item


def test_there_are_at_least_a_hundred_and_nearly_all_are_exact() -> None:
    assert len(CASES) >= 180
    assert len({case.name for case in CASES}) == len(CASES)
    assert [case.name for case in CASES if case.tolerance] == ["png display p3", "tiff display p3", "tiff lab"]


def test_all_at_once_in_threads() -> None:
    files = [case for case in CASES if isinstance(case.item, bytes)]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda case: decode(case.item).pixels, files))
    far = [case.name for case, one in zip(files, got, strict=True)
           if np.abs(one.astype(int) - np.asarray(case.pixels).astype(int)).max() > case.tolerance]  # fmt: skip
    assert far == []

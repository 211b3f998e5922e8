"""Small pictures on disk for the sources' tests."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def encoded(value: int = 0, kind: str = "PNG") -> bytes:
    """A real picture of 4x4 pixels whose grey says which it is."""
    out = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), value % 256, np.uint8)).save(out, kind)
    return out.getvalue()


@pytest.fixture(name="encoded")
def _encoded() -> Callable[..., bytes]:
    return encoded


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """tree("a/1.png", "b/2.png"): these files below a fresh folder; an ending "/" makes a folder."""

    def make(*names: str, below: str = "photos") -> Path:
        root = tmp_path / below
        root.mkdir(exist_ok=True)
        for place, name in enumerate(names):
            path = root / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encoded(place))
        return root

    return make

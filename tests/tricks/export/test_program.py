"""Programs that torch.export loads again, and archives without a pickle."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_answers_pictures_of_any_size(shipped: tuple[Path, Path]) -> None:
    module = torch.export.load(shipped[1] / "model.pt2").module()
    for high, wide in ((40, 55), (1, 300), (200, 31)):
        found = module(torch.zeros(1, high, wide, 3, dtype=torch.uint8))
        assert float(found[0].detach().sum()) == pytest.approx(1, abs=1e-5)


def test_holds_no_pickle(shipped: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(shipped[1] / "model.pt2") as archive:
        for info in archive.infolist():
            start = archive.read(info)[:2]
            assert start[:1] != b"\x80"
            assert start != b"PK"


def test_a_precision_that_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Take --to onnx or openvino"):
        find("export", "program(precision=int8)")(None, tmp_path)


def test_bfloat16_is_near(shipped: tuple[Path, Path]) -> None:
    from linne.engine.answering import gather
    from linne.engine.graph import Parts

    parts = Parts(gather(shipped[0]), np.zeros((0, 32, 32, 3), np.uint8))
    pictures = torch.randint(0, 256, (4, 50, 60, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        exact, near = (parts.whole(kind)(pictures)[0] for kind in ("float32", "bfloat16"))
    assert 0 < float((exact - near).abs().max()) < 0.05

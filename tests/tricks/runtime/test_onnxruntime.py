import sys
from pathlib import Path

import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find

sys.path.insert(0, str(Path(__file__).parent))
from _alike import SIDE, agrees, network


def test_gives_torch_s_answer() -> None:
    agrees("onnxruntime(batch=4)", 2e-3, 0.99999)


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from linne.core.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[onnx\]'"):
        find("runtime", "onnxruntime")(network(), SIDE)


def test_has_no_other_precision() -> None:
    with pytest.raises(OptionError, match="no option 'precision'"):
        find("runtime", "onnxruntime(precision=bf16)")

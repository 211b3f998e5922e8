import sys
from pathlib import Path

import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find

sys.path.insert(0, str(Path(__file__).parent))
from _alike import SIDE, agrees, network


def test_gives_torch_s_answer() -> None:
    agrees("openvino(precision=f32)", 2e-3, 0.99999)


def test_starts_again_without_torch_and_without_telemetry() -> None:
    import subprocess

    agrees("openvino(precision=f32, batch=3)", 2e-3, 0.99999)
    code = (
        "import sys, numpy as np\n"
        "from linne.core.lookup import find\n"
        "from linne.engine.network import resolve\n"
        f"run = find('runtime', 'openvino')(resolve('tf_efficientnet_lite0'), {SIDE})\n"
        f"print(len(list(run([np.zeros(({SIDE}, {SIDE}, 3), np.uint8)]))))\n"
        "print([name for name in ('torch', 'timm', 'openvino_telemetry') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["1", "[]"]


def test_other_precisions_are_refused() -> None:
    with pytest.raises(OptionError, match="auto, bf16, f32"):
        find("runtime", "openvino(precision=int4)")(network(), SIDE)

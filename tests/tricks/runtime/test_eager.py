import sys
from pathlib import Path

import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find

sys.path.insert(0, str(Path(__file__).parent))
from _alike import SIDE, agrees, network


def test_gives_torch_s_answer() -> None:
    agrees("eager(batch=4)", 2e-3, 0.99999)


def test_bfloat16_is_near_and_others_are_refused() -> None:
    agrees("eager(precision=bf16, batch=4)", 1.0, 0.99)
    with pytest.raises(OptionError, match="auto, bf16, f32"):
        find("runtime", "eager(precision=f8)")(network(), SIDE)
    with pytest.raises(OptionError, match="auto, cpu, cuda"):
        find("runtime", "eager(device=tpu)")(network(), SIDE)


def test_a_gpu_that_is_not_there_is_said() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(OptionError, match="sees no GPU"):
        find("runtime", "eager(device=cuda)")(network(), SIDE)

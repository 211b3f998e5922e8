import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _alike import SIDE, network, pictures, reference

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not shutil.which("c++"), reason="torch.compile needs a C++ compiler, and there is none")
def test_gives_torch_s_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network of one convolution: compiling a whole one takes minutes."""
    import torch

    class Tiny:
        def graph(self) -> torch.nn.Module:
            torch.manual_seed(0)

            class Graph(torch.nn.Module):
                def __init__(self) -> None:
                    super().__init__()
                    self.conv = torch.nn.Conv2d(3, 4, 3)

                def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
                    y = self.conv(x.permute(0, 3, 1, 2).float() / 255).relu().mean((2, 3))
                    return y, y * 2

            return Graph().eval()

    images = pictures(5)
    runner = find("runtime", "compiled(batch=2)")(Tiny(), SIDE)
    with torch.inference_mode():
        features, logits = (part.numpy() for part in Tiny().graph()(torch.from_numpy(images)))
    for (ours, scores), mine, theirs in zip(runner.both(images), features, logits, strict=True):
        assert abs(ours - mine).max() < 1e-5
        assert abs(scores - theirs).max() < 1e-5


def test_other_precisions_are_refused() -> None:
    with pytest.raises(OptionError, match="auto, bf16, f32"):
        find("runtime", "compiled(precision=f8)")(network(), SIDE)


def test_the_reference_is_the_network_s_own_answer() -> None:
    features, logits = reference(pictures(2))
    assert features.shape == (2, 1280)
    assert logits.shape == (2, 1000)

from pathlib import Path

import pytest
import torch

from linne.core.errors import InputError, OptionError
from linne.tricks.model.torchvision import torchvision


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "alexnet"])
def test_features_then_head_is_the_library_s_own_answer(name: str, tmp_path: Path) -> None:
    from torchvision import models

    torch.manual_seed(0)
    theirs = models.get_model(name, weights=None).eval()
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    net = torchvision(name, None, weights=str(tmp_path / "w.pth")).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        features = net.features(x)
        assert features.shape == (2, net.width)
        torch.testing.assert_close(net(x), theirs(x))
    assert torchvision(name, 3)(x).shape == (2, 3)


def test_wrong_weights_and_names_are_said(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"Cannot use .* as weights of resnet18"):
        torchvision("resnet18", 3, weights=str(tmp_path / "w.pth"))
    with pytest.raises(OptionError, match="Did you mean 'resnet18'"):
        torchvision("resnet8", 3)

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.engine import network
from linne.tricks.model.timm import read_tensors, timm


def test_features_then_head_is_the_library_s_own_answer() -> None:
    import timm as library

    for name in ("test_resnet", "test_vit", "test_convnext"):
        torch.manual_seed(0)
        net = find("model", name)(classes=5).eval()
        x = torch.rand(2, 3, 160, 160)
        with torch.inference_mode():
            features = net.features(x)
            assert features.shape == (2, net.width)
            torch.testing.assert_close(net.head(features), net.body(x))
        assert net.body.num_classes == 5
        config = library.get_pretrained_cfg(name)
        assert config is not None
        assert net.preprocess["mean"] == pytest.approx(config.mean)


def test_the_packaged_weights_know_imagenet() -> None:
    """Names are in another scheme but in timm's order: the batch norm counters and every shape agree, and a wrong order
    would give noise. A picture of stripes and its mirror image get one top class."""
    net = network.resolve("tf_efficientnet_lite0").module()
    wave = (np.sin(np.arange(224) / 4) * 127 + 128).astype(np.float32) / 127.5 - 1
    x = torch.from_numpy(np.broadcast_to(wave, (1, 3, 224, 224)).copy())
    with torch.inference_mode():
        one, other = net(x), net(x.flip(3))
    assert one.argmax() == other.argmax()
    assert one.softmax(1).max() > 0.2  # random weights stay near 0.001


def test_weights_files(tmp_path: Path) -> None:
    net = timm("test_resnet", 4)
    save_file(net.body.state_dict(), tmp_path / "a.safetensors")
    torch.save({"state_dict": {f"module.{k}": v for k, v in net.body.state_dict().items()}}, tmp_path / "b.pth")
    for file in ("a.safetensors", "b.pth"):
        again = timm("test_resnet", None, weights=str(tmp_path / file))
        assert again.body.num_classes == 4
        for name, value in net.body.state_dict().items():
            torch.testing.assert_close(again.body.state_dict()[name], value)
    assert timm("test_resnet", 7, weights=str(tmp_path / "a.safetensors")).body.num_classes == 7


def test_wrong_weights_are_said(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="missing"):
        timm("test_resnet", 4, weights=str(tmp_path / "x.safetensors"))
    with pytest.raises(InputError, match="There is no weights file"):
        read_tensors(tmp_path / "no.pth")
    (tmp_path / "bad.pth").write_bytes(b"not weights")
    with pytest.raises(InputError, match="cannot be read as weights"):
        read_tensors(tmp_path / "bad.pth")


def test_code_in_a_weights_file_is_never_run(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "touched",)

    torch.save({"state_dict": Payload()}, tmp_path / "evil.pth")
    with pytest.raises(InputError, match="cannot be read as weights"):
        read_tensors(tmp_path / "evil.pth")
    assert not (tmp_path / "touched").exists()


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(OptionError, match="Did you mean 'resnet50'"):
        timm("resnet5", 3)

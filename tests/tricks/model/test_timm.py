import json
import os
import subprocess
import sys
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


def test_a_head_can_be_set() -> None:
    net = timm("test_resnet", 4).eval()
    own = torch.nn.Linear(net.width, 7)
    net.head = own
    assert net.head is own
    x = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(net(x), own(net.features(x)))
    inside = {name for name, _ in net.named_parameters()}
    assert {"own.weight", "own.bias"} <= inside
    assert not any("fc" in name for name in inside), "the old one is gone"
    assert net.tensors()["fc.weight"] is own.weight or torch.equal(net.tensors()["fc.weight"], own.weight)


def test_heads_that_are_no_linear_layer() -> None:
    """A convolution (DPN), two heads on two tokens (DeiT) or on one vector (LeViT): as the library answers itself."""
    for name, size in (("dpn48b", 64), ("deit_tiny_distilled_patch16_224", 32), ("levit_128s", 224)):
        torch.manual_seed(0)
        net = timm(name, 5, size=size, small=False).eval()
        x = torch.rand(2, 3, size, size)
        with torch.no_grad():
            features = net.features(x)
            assert features.shape == (2, net.width)
            torch.testing.assert_close(net.head(features), net.body(x))
        assert net.head.out_features == 5


def test_a_list_of_heads_becomes_one(tmp_path: Path) -> None:
    net = timm("efficientvim_m1", 5).eval()
    save_file(net.tensors(), tmp_path / "w.safetensors")
    again = timm("efficientvim_m1", None, weights=str(tmp_path / "w.safetensors")).eval()
    x = torch.rand(1, 3, 224, 224)
    assert torch.equal(net(x), again(x))
    assert again.head.out_features == 5


def test_an_encoder_without_a_head_is_said() -> None:
    with pytest.raises(OptionError, match="encoder without a head"), torch.device("meta"):
        timm("gemma4_vit_167m_enc", 2)


def test_files_without_a_head_and_runs_of_headless_networks(tmp_path: Path) -> None:
    net = timm("test_resnet", 4)
    body = {name: value for name, value in net.tensors().items() if not name.startswith("fc.")}
    save_file(body, tmp_path / "headless.safetensors")
    assert timm("test_resnet", 6, weights=str(tmp_path / "headless.safetensors")).head.out_features == 6
    assert timm("test_resnet", None, weights=str(tmp_path / "headless.safetensors")).body.num_classes == 0
    uncounted = {name: value for name, value in net.tensors().items() if "num_batches" not in name}
    save_file(uncounted, tmp_path / "uncounted.safetensors")
    assert timm("test_resnet", None, weights=str(tmp_path / "uncounted.safetensors")).head.out_features == 4


def test_weights_of_another_width_are_said(tmp_path: Path) -> None:
    found = timm("test_resnet", 4).tensors()
    found["fc.weight"] = torch.zeros(4, 5)
    save_file(found, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match=r"fc.weight is \(4, 5\), expected \(4, \d+\)\. Name the network"):
        timm("test_resnet", None, weights=str(tmp_path / "w.safetensors"))
    with pytest.raises(OptionError, match="at least 1 class"):
        timm("test_resnet", 0)


def test_hub_code_with_a_local_folder(tmp_path: Path) -> None:
    """What timm's hub gives, from a folder of the same layout: tensors, preprocessing and head; other channels too."""
    torch.manual_seed(0)
    net = timm("test_resnet", 4).eval()
    save_file(net.tensors(), tmp_path / "model.safetensors", {"format": "pt"})
    config = {
        "input_size": [3, 96, 96], "mean": [0.1, 0.2, 0.3], "std": [1, 1, 1], "interpolation": "bilinear",
        "crop_pct": 0.9, "num_classes": 4, "classifier": "fc", "first_conv": "conv1.0", "license": "mit",
    }  # fmt: skip
    about = {"architecture": "test_resnet", "num_classes": 4, "num_features": net.width, "pretrained_cfg": config}
    (tmp_path / "config.json").write_text(json.dumps(about))
    again = timm(f"local-dir:{tmp_path}", None, download=True).eval()
    x = torch.rand(2, 3, 96, 96)
    torch.testing.assert_close(again(x), net(x))
    assert again.preprocess["mean"] == (0.1, 0.2, 0.3)
    assert (again.preprocess["size"], again.preprocess["crop"], again.preprocess["licence"]) == (96, 0.9, "mit")
    grey = timm(f"local-dir:{tmp_path}", None, channels=1, download=True).eval()
    torch.testing.assert_close(grey(x[:, :1]), net(x[:, :1].expand(-1, 3, -1, -1)), atol=1e-5, rtol=1e-4)


def test_the_hub_s_cache_and_its_absence(tmp_path: Path) -> None:
    """What an earlier download left is used without a network; what it did not is an error that says what to do."""
    place = tmp_path / "hub" / "models--timm--test_resnet.r160_in1k"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    (place / "snapshots" / "abc").mkdir(parents=True)
    net = timm("test_resnet", None)
    save_file(net.tensors(), place / "snapshots" / "abc" / "model.safetensors", {"format": "pt"})
    code = (
        "import torch\n"
        "from linne.core.errors import InputError\n"
        "from linne.core.lookup import find\n"
        "net = find('model', 'test_resnet(download=true)')(classes=None)\n"
        "print(float(net.body.fc.weight.detach().double().sum()))\n"
        "try: find('model', 'test_vit(download=true)')(classes=None)\n"
        "except InputError as error: print(error)\n"
    )
    env = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    total, said = done.stdout.strip().split("\n", 1)
    assert float(total) == float(net.body.fc.weight.detach().double().sum())
    assert "timm cannot get the weights of 'test_vit' from the hub" in said
    assert "--weights FILE" in said

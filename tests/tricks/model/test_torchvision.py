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


def test_squeezenet_s_head_on_the_averaged_map(tmp_path: Path) -> None:
    """Where no map of scores is negative anywhere, the ReLU before the average does nothing and both answers agree."""
    from torchvision import models

    theirs = models.get_model("squeezenet1_1", weights=None).eval()
    with torch.no_grad():
        theirs.classifier[1].weight.abs_()
        theirs.classifier[1].bias.abs_()
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    net = torchvision("squeezenet1_1", None, weights=str(tmp_path / "w.pth")).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(net(x), theirs(x), atol=1e-4, rtol=1e-4)
    assert net.width == 512


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_halves_instead_of_a_renormalised_input(name: str, tmp_path: Path) -> None:
    """torchvision normalises as for ImageNet and undoes it within; here the picture is normalised once, to -1..1. The
    auxiliary classifiers of its files are left out."""
    from torchvision import models

    theirs = models.get_model(name, weights=None, transform_input=True, init_weights=False).eval()
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    net = torchvision(f"torchvision:{name}", None, weights=str(tmp_path / "w.pth")).eval()
    values = torch.rand(2, 3, 96, 96)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    ours = [torch.tensor(net.preprocess[k]).view(3, 1, 1) for k in ("mean", "std")]
    with torch.no_grad():
        torch.testing.assert_close(
            net((values - ours[0]) / ours[1]), theirs((values - mean) / std), atol=1e-4, rtol=1e-3
        )
    assert not any("aux" in key.lower() for key in net.state_dict())


def test_a_head_for_other_classes(tmp_path: Path) -> None:
    net = torchvision("shufflenet_v2_x0_5", 4)
    torch.save(net.tensors(), tmp_path / "w.pth")
    assert set(net.tensors()) >= {"fc.weight", "fc.bias", "conv1.0.weight"}
    again = torchvision("shufflenet_v2_x0_5", None, weights=str(tmp_path / "w.pth"))
    assert again.head.out_features == 4
    assert torch.equal(again.head.weight, net.head.weight)
    assert torchvision("shufflenet_v2_x0_5", 7, weights=str(tmp_path / "w.pth")).head.out_features == 7


def test_what_torch_s_cache_holds_is_used_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import models

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = models.get_model_weights("shufflenet_v2_x0_5").DEFAULT.url.rpartition("/")[2]
    net = torchvision("shufflenet_v2_x0_5", None)
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(net.tensors(), tmp_path / "hub" / "checkpoints" / file)
    again = torchvision("shufflenet_v2_x0_5", None, download=True)
    assert torch.equal(again.head.weight, net.head.weight)
    monkeypatch.setattr(
        "torch.hub.download_url_to_file", lambda *args, **kwargs: (_ for _ in ()).throw(OSError("no way"))
    )
    with pytest.raises(InputError, match="torchvision cannot get the weights of 'shufflenet_v2_x1_0': no way"):
        torchvision("shufflenet_v2_x1_0", None, download=True)


def test_a_name_of_both_libraries() -> None:
    from linne.core.lookup import find

    assert type(find("model", "resnet18")(classes=2).body).__module__.startswith("timm")
    assert type(find("model", "torchvision:resnet18")(classes=2).body).__module__.startswith("torchvision")

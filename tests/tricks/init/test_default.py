import pytest
import timm
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def truncated(deviation):
    """timm's practice cuts at 2, which for so small a deviation cuts nothing."""
    return pytest.approx(deviation, rel=0.05)


def test_layers_by_their_place(wide) -> None:
    assert find("init", "default")(wide) is wide
    for name, fan in {"conv": 128 * 9, "grouped": 64 * 9, "depthwise": 9, "hidden": 300}.items():
        assert getattr(wide, name).weight.var().item() == pytest.approx(2 / fan, rel=0.03), name
    assert wide.head.weight.std().item() == truncated(0.02)
    assert (wide.norm.weight == 1).all()
    for part in (wide.conv, wide.norm, wide.hidden, wide.head):
        assert (part.bias == 0).all()


@pytest.mark.parametrize(("residual", "silent"), [("zero", 8), ("keep", 0)])
def test_residual_branches(residual, silent) -> None:
    net = find("init", f"default(residual={residual})")(
        timm.create_model("resnet18", zero_init_last=residual == "keep")
    )
    gammas = [part.weight for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
    assert sum(bool((gamma == 0).all()) for gamma in gammas) == silent
    assert sum(bool((gamma == 1).all()) for gamma in gammas) == len(gammas) - silent
    assert net.fc.weight.std().item() == truncated(0.02)
    assert net.conv1.weight.var().item() == pytest.approx(2 / (64 * 49), rel=0.05)


def test_transformers_begin_small() -> None:
    encoder = nn.TransformerEncoderLayer(128, 4, 512)
    net = find("init", "default")(nn.Sequential(nn.Conv2d(3, 128, 4, 4), encoder, nn.Linear(128, 10)))
    for weight in (encoder.linear1.weight, encoder.self_attn.in_proj_weight, encoder.self_attn.out_proj.weight):
        assert weight.std().item() == truncated(0.02)
    assert net[0].weight.var().item() == pytest.approx(2 / (128 * 16), rel=0.1)


def test_not_torchs_legacy_and_keeps_the_signal() -> None:
    """Thirty layers deep, torch's own beginning loses the picture; this one does not."""
    torch.manual_seed(0)
    net = nn.Sequential(*(part for _ in range(30) for part in (nn.Conv2d(32, 32, 3, padding=1), nn.ReLU())))
    x = torch.randn(8, 32, 8, 8)
    with torch.no_grad():
        legacy = net(x).std(0).mean()
        begun = find("init", "default")(nn.Sequential(*net, nn.Flatten(), nn.Linear(2048, 2)))[:-2](x).std(0).mean()
    assert legacy < 1e-6 < 0.01 < begun


@pytest.mark.parametrize("spec", ["default(residual=one)"])
def test_refuses(wide, spec) -> None:
    with pytest.raises(OptionError):
        find("init", spec)(wide)
    with pytest.raises(OptionError, match="changes nothing"):
        find("init", "default")(nn.ReLU())

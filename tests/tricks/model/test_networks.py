"""Every network that is named keeps the one interface: built, run forwards and backwards, cut where it can be cut.

The large ones are marked nightly: pytest -m nightly tests/tricks/model (12 minutes on one core, 6 GB).
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from linne.core import lookup
from linne.core.errors import OptionError
from linne.core.lookup import find, offer

QUICK = """
lenet5@32 lenet_improved@64 resnet20_cifar@32 wrn10_1@32 preact_resnet18@32 pyramidnet20_a12(shakedrop=0.5)@32
shufflenet_v1@64 bn_inception@64 inception_v2@64
alexnet@64 vgg11_bn@32 resnet18@32 resnet50@32 resnet18d@32 resnext50_32x4d@32 resnetv2_18@64 torchvision:resnet18@32
inception_v1@64 inception_v3@96 inception_v4@75 densenet121@32 xception@64 seresnet50@32 seresnext26d_32x4d@32
mobilenet_v1@32 mobilenet_v2@32 mobilenetv3_small_100@32 mobilenetv4_conv_small@32 shufflenet_v2_x0_5@64
squeezenet1_0@64 efficientnet_b0@32 tf_efficientnet_lite0@32 tf_efficientnetv2_b0@32 dpn68@64 dla34@64
hrnet_w18_small@64 res2net50_26w_4s@32 convnext_atto@64 vit_tiny_patch16_224@32 swin_tiny_patch4_window7_224@64
deit_tiny_patch16_224@32 deit_tiny_distilled_patch16_224@32 dinov2_vits14@28 dinov3_vits16@32
"""
NIGHTLY = """
resnet32_cifar@32 resnet44_cifar@32 resnet56_cifar@32 resnet110_cifar@32 wrn28_10@32 wrn40_4@32 preact_resnet152@32
pyramidnet110_a48@32 pyramidnet272_a200(shakedrop=0.5)@32 shufflenet_v1_x2_0@64
vgg13@64 vgg16_bn@64 vgg19_bn@64 torchvision:vgg11@64 resnet34@64 resnet101@64 resnet152@64 resnet50d@64 resnet152d@64
resnext101_32x8d@64 wide_resnet50_2@64 resnetv2_50@64 resnetv2_152x2_bit@64 inception_resnet_v2@96 densenet201@64
nasnet@96 pnasnet@96 senet154@64 legacy_senet154@64 seresnet152@64 seresnext101_32x4d@64 mobilenetv3_large_100@64
mobilenetv4_hybrid_medium@64 shufflenet_v2_x2_0@64 squeezenet1_1@64 efficientnet_b1@64 efficientnet_b3@64
efficientnet_b7@64 tf_efficientnet_lite4@64 efficientnetv2_s@64 efficientnetv2_m@64 efficientnetv2_l@64 dpn131@64
dla169@64 hrnet_w18@64 hrnet_w48@64 res2net101_26w_4s@64 convnext_base@64 vit_base_patch16_224@32
swin_base_patch4_window7_224@64 deit3_small_patch16_224@32 vit_base_patch14_dinov2@28 vit_base_patch16_dinov3@32
regnety_032@64 maxvit_tiny_tf_224@64 crossvit_tiny_240@240 levit_128s@224 volo_d1_224@224 efficientvit_m0@224
"""
WHOLE = ("hrnet", "levit", "crossvit", "volo", "nasnet", "pnasnet")
"""Networks whose blocks do not follow one another in a row, so that they cannot be cut."""


@pytest.mark.parametrize("named", QUICK.split())
def test_contract(named: str, composed: Callable[..., torch.Tensor]) -> None:
    keep(named, composed)


@pytest.mark.nightly
@pytest.mark.parametrize("named", NIGHTLY.split())
def test_contract_of_the_large(named: str, composed: Callable[..., torch.Tensor]) -> None:
    keep(named, composed)


def keep(named: str, composed: Callable[..., torch.Tensor]) -> tuple[int, int]:
    """One network: its interface, its gradient, its parts. (parameters, parts; 1 where it cannot be cut)."""
    spec, _, side = named.rpartition("@")
    torch.manual_seed(0)
    net: Any = offer(find("model", spec), classes=3, channels=3, size=int(side))
    x = torch.rand(2, 3, int(side), int(side))
    runs(net, x)
    if spec.startswith(WHOLE):
        with pytest.raises(OptionError, match="cannot be cut"):
            net.parts()
        return sum(p.numel() for p in net.parameters()), 1
    before = [module.training for module in net.modules()]
    parts = net.parts()
    assert [module.training for module in net.modules()] == before
    assert len({name for name, _ in parts}) == len(parts) >= 3
    own, shared = dict.fromkeys(map(id, net.parameters())), dict.fromkeys(map(id, net.head.parameters()))
    inside = [id(p) for _, part in parts for p in part.parameters()]
    assert len(set(inside)) == len(inside), "a parameter lies in one part"
    assert set(inside) | set(shared) == set(own), "the parts hold the network's own parameters, all but the head's"
    size = sum(p.numel() for p in net.parameters())
    with torch.no_grad():
        assert torch.equal(composed(parts, x), net.features(x))
        if size < 1e8:  # the same while training; a large one takes too long
            net.train()
            torch.manual_seed(1)
            whole = net.features(x)
            torch.manual_seed(1)
            assert torch.equal(composed(parts, x), whole)
    return size, len(parts)


def runs(net: Any, x: torch.Tensor) -> None:
    """Forwards in both modes, and backwards to every parameter."""
    scores = net.train()(x)
    assert scores.shape == (2, 3)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    net.eval()
    with torch.no_grad():
        features = net.features(x)
        assert features.shape == (2, net.width)
        assert torch.equal(net.head(features), net(x))
    assert net.head.out_features == 3
    assert set(net.preprocess) == {"size", "mean", "std", "interpolation", "crop", "licence"}
    assert len(net.preprocess["mean"]) == len(net.preprocess["std"]) == 3


def test_every_file_of_networks_is_run() -> None:
    tried = [find("model", named.rpartition("@")[0]) for named in QUICK.split()]
    files = {getattr(trick, "func", trick).__name__ for trick in tried}
    assert files >= set(lookup.names("model")) - {"air"}

"""Layers as matrix products against the library's own, forward, backward and in their statistics."""

import copy

import pytest
import torch
from torch import Tensor, nn

from linne.tricks.method._matrix import KINDS, matrix


class Act(nn.BatchNorm2d):
    """A norm with an activation inside, as timm has them."""

    def __init__(self, wide: int, act: nn.Module) -> None:
        super().__init__(wide)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        return self.act(super().forward(x))


class Block(nn.Module):
    """An inverted residual: a point-wise layer, a depth-wise one, a point-wise one, and a sum."""

    def __init__(self, wide: int, act: nn.Module, kernel: int = 3, stride: int = 1, padding: int = 1) -> None:
        super().__init__()
        self.grow, self.one = nn.Conv2d(wide, 3 * wide, 1, bias=False), Act(3 * wide, act)
        self.deep = nn.Conv2d(3 * wide, 3 * wide, kernel, stride, padding, groups=3 * wide)
        self.two, self.back, self.three = Act(3 * wide, act), nn.Conv2d(3 * wide, wide, 1), nn.BatchNorm2d(wide)
        self.gate = nn.Conv2d(wide, wide, 1)
        self.stays = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.three(self.back(self.two(self.deep(self.one(self.grow(x))))))
        y = y * torch.sigmoid(self.gate(y.mean((2, 3), keepdim=True)))
        return x + y if self.stays else y


def network(act: nn.Module, **options: int) -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(Block(8, act, **options), Block(8, act), nn.Conv2d(8, 6, 3))
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias)
            nn.init.normal_(part.running_mean)
            nn.init.uniform_(part.running_var, 0.5, 2)
    return net


def passed(net: nn.Module, x: Tensor, train: bool) -> dict[str, Tensor]:
    """Result, gradients and buffers of one pass."""
    x = x.clone().requires_grad_()
    y = net.train(train)(x)
    (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum().backward()
    assert x.grad is not None
    grads = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    return {"y": y.detach(), "x": x.grad, **grads, **dict(net.named_buffers())}


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("act", [nn.ReLU6(inplace=True), nn.ReLU(), nn.SiLU(inplace=True), nn.Identity()])
@pytest.mark.parametrize(
    "options", [{}, {"kernel": 5, "stride": 2, "padding": 2}, {"kernel": 3, "stride": 2, "padding": 0}]
)
def test_the_same_as_the_library(act: nn.Module, options: dict[str, int], train: bool) -> None:
    plain, x = (
        network(copy.deepcopy(act), **options),
        torch.randn(5, 8, 7, 9, generator=torch.Generator().manual_seed(1)),
    )
    quick = matrix(copy.deepcopy(plain), x, "f32")
    changed = [part for part in quick.modules() if type(part).__module__.startswith("linne")]
    assert len(changed) == 14  # three convolutions, three norms and a gate a block; not the dense 3 x 3 at the end
    want, got = passed(plain, x, train), passed(quick, x, train)
    assert want.keys() == got.keys()
    for name, value in want.items():
        scale = max(float(value.float().abs().max()), 1.0)
        assert float((got[name].float() - value.float()).abs().max()) < 3e-4 * scale, (
            name
        )  # a bias before a norm has none but noise


def test_tensorflow_margins() -> None:
    from timm.layers import Conv2dSame

    torch.manual_seed(0)
    for kernel, stride, side in ((3, 2, 8), (5, 2, 7), (3, 1, 6)):
        conv = Conv2dSame(4, 4, kernel, stride, groups=4, bias=False)
        x = torch.randn(2, 4, side, side)
        quick = matrix(nn.Sequential(copy.deepcopy(conv)), x, "f32")
        assert type(quick[0]).__name__ == "_Depthwise"
        assert torch.allclose(quick(x), conv(x), atol=1e-5)


def test_bfloat16_keeps_float32_parameters() -> None:
    plain, x = network(nn.ReLU6()), torch.randn(6, 8, 7, 7)
    quick = matrix(copy.deepcopy(plain), x, "bf16")
    want, got = passed(plain, x, False), passed(quick, x, False)
    assert set(KINDS) == {"f32", "bf16"}
    for name, value in want.items():
        assert got[name].dtype == value.dtype, name
        cosine = torch.nn.functional.cosine_similarity(got[name].float().flatten(), value.float().flatten(), dim=0)
        assert float(cosine) > 0.98 or float(value.float().norm()) < 1e-3, name
    assert plain.state_dict().keys() == quick.state_dict().keys()


def test_large_maps_and_dilation_stay_as_they_are() -> None:
    net = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1, groups=2), nn.Conv2d(2, 2, 3, padding=2, dilation=2, groups=2))
    for side, kept in ((20, {nn.Conv2d}), (14, {nn.Conv2d})):
        quick = matrix(copy.deepcopy(net), torch.zeros(1, 2, side, side), "f32")
        assert type(quick[1]) in kept
    assert type(matrix(copy.deepcopy(net), torch.zeros(1, 2, 20, 20), "f32")[0]) is nn.Conv2d

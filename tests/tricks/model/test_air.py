"""air: airbench94's size and cost, patches that come out white, an identity to begin with, fast biases."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def pictures(channels: int = 3, side: int = 32) -> torch.Tensor:
    """Smooth, correlated noise, unlike white patches."""
    torch.manual_seed(0)
    fine = torch.rand(64, channels, side, side) * 0.3
    coarse = nn.functional.interpolate(torch.rand(64, 1, 4, 4), side, mode="bilinear")
    return fine + coarse


def test_size_and_cost_of_airbench94() -> None:
    """The paper: 0.36 PFLOPs for 9.9 epochs of 50,000 pictures, forward and backward: 121 M multiply-adds a picture."""
    net, count = find("model", "air")(10, 3, 32), [0]

    def note(module: nn.Module, given: tuple[torch.Tensor], made: torch.Tensor) -> None:
        count[0] += made[0].numel() * module.weight[0].numel()  # type: ignore[index, operator]

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(note)
    net.eval()(pictures()[:1])
    assert count[0] == pytest.approx(0.36e15 / (9.9 * 50_000) / 6, rel=0.03)
    by_hand = 24 * 13 + 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256) + 4 * (64 + 256 + 256) + 2560
    assert sum(p.numel() for p in net.parameters()) == by_hand


@pytest.mark.parametrize(("channels", "patch"), [(3, 2), (1, 2), (1, 3)])
def test_patches_come_out_white(channels: int, patch: int) -> None:
    net, x = find("model", "air")(10, channels, 28, patch=patch), pictures(channels, 28)
    net.whiten(x, eps=0)
    half = channels * patch**2
    out = net.body[0](x)
    flat = out.permute(0, 2, 3, 1).reshape(-1, 2 * half)
    torch.testing.assert_close(flat[:, :half].T @ flat[:, :half] / len(flat), torch.eye(half), atol=1e-3, rtol=0)
    torch.testing.assert_close(flat[:, half:], -flat[:, :half])
    assert not net.body[0].weight.requires_grad


def test_convolutions_begin_as_the_identity() -> None:
    net = find("model", "air")(4, 3, 32, widths=(40, 48))
    for conv in (layer for layer in list(net.body)[1:] if isinstance(layer, nn.Conv2d)):
        x = torch.rand(2, conv.in_channels, 9, 9)
        torch.testing.assert_close(conv(x)[:, : conv.in_channels], x)
    drawn = net.body[2].weight[24:]  # the maps beyond the identity are drawn as torch does
    assert 0.5 < drawn.std() * (3 * 24 * 9) ** 0.5 < 1.5


def test_biases_of_norms_learn_64_times_as_fast() -> None:
    net, x = find("model", "air")(10, 3, 32, widths=(16, 16, 16)), pictures()
    norm = next(part for part in net.modules() if isinstance(part, nn.BatchNorm2d))
    seen: list[torch.Tensor] = []
    norm.register_full_backward_hook(lambda module, given, made: seen.append(made[0]))
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 0.01)
    before, weight = norm.bias.detach().clone(), norm.weight.detach().clone()
    nn.functional.cross_entropy(net(x), torch.arange(64) % 10).backward()
    optimizer.step()
    torch.testing.assert_close(norm.bias - before, -64 * 0.01 * seen[0].sum((0, 2, 3)), rtol=1e-4, atol=1e-7)
    assert (norm.weight - weight).abs().max() > 0


@pytest.mark.parametrize("size", [9, 28, 64])
def test_any_size_and_its_parts(size: int) -> None:
    net, x = find("model", "air")(5, 1, size, widths=(8, 12, 16)).eval(), pictures(1, size)[:2]
    assert net(x).shape == (2, 5)
    y = x
    for _, part in net.parts():
        y = part(y)
    assert torch.equal(y, net.features(x))
    assert y.shape == (2, net.width) == (2, 16)


def test_what_it_does_not_take_is_said() -> None:
    with pytest.raises(OptionError, match="does not take pictures of 8 px"):
        find("model", "air")(10, 3, 8)
    with pytest.raises(OptionError, match="gelu or relu"):
        find("model", "air")(10, 3, 32, act="mish")

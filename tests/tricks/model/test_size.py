"""Which sides networks take, and what is said about the others."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from linne.core.errors import OptionError
from linne.tricks.model.timm import timm
from linne.tricks.model.torchvision import torchvision


@pytest.mark.parametrize("size", [33, 96, 160, 225])
def test_a_convolutional_network_takes_any_side(size: int) -> None:
    net = timm("test_resnet", 2, size=size)
    assert net.preprocess["size"] == size
    assert net(torch.rand(2, 3, size, size)).shape == (2, 2)


def test_a_transformer_is_built_for_its_side() -> None:
    net = timm("vit_tiny_patch16_224", 2, size=64)
    assert net.body.pos_embed.shape == (1, 1 + 16, 192)
    assert net(torch.rand(2, 3, 64, 64)).shape == (2, 2)


def test_a_side_between_patches_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        OptionError, match=r"vit_tiny_patch16_224 does not take pictures of 100 px .*takes: 96 or 112 px"
    ):
        timm("vit_tiny_patch16_224", 2, size=100)


def test_a_side_that_ends_in_an_empty_map_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        OptionError, match=r"alexnet does not take pictures of 32 px .*the nearest that it takes: 64 px"
    ):
        torchvision("alexnet", 2, size=32)
    with pytest.raises(
        OptionError, match=r"inception_v3 does not take pictures of 64 px .*the nearest that it takes: 96 px"
    ):
        torchvision("torchvision:inception_v3", 2, size=64)


def test_a_table_of_places_is_resampled(tmp_path: Path) -> None:
    """One that is linear across the picture stays so for another side, its class token as it was."""
    net = timm("test_vit", 2)
    side = net.body.patch_embed.grid_size[0]
    ramp = torch.linspace(-1, 1, side).expand(side, side).reshape(1, -1, 1)
    with torch.no_grad():
        net.body.pos_embed[:, 1:] = ramp
    save_file(net.tensors(), tmp_path / "w.safetensors")
    small = timm("test_vit", None, size=96, weights=str(tmp_path / "w.safetensors"))
    tokens, cells = small.body.pos_embed.detach(), small.body.patch_embed.grid_size[0]
    assert cells == 6
    assert torch.equal(tokens[:, 0], net.body.pos_embed[:, 0])
    rows = tokens[0, 1:, 0].view(cells, cells)
    assert (rows.std(0) < 0.02).all(), "equal down the columns"
    assert (rows.diff(dim=1) > 0.2).all(), "rising along the rows"

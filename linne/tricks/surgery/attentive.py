"""attentive: attention maps say where the parts are, and in use the network looks at them again (Hu et al. 2019)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._body import Body
from ._net import done, picture, still
from ._pools import behead, outputs

EPS = 1e-6
SCALE = 100.0
"""What features of length 1 are multiplied by before the head, as in the authors' code: it would learn slowly."""
FINE, MARGIN = 0.1, 0.1
"""Of the box that is looked at again in use: the share of the highest attention, and what is added on each side."""


def attentive(module: nn.Module, *, maps: int = 32) -> nn.Module:
    """Bilinear attention pooling in the place of the global pool: what the method wsdan teaches (arXiv:1901.09891).

    A convolution of 1 x 1 on the last maps (B, C, h, w) gives so many attentions A_k >= 0; features (B, maps C) are the
    means over places of A_k times every channel, by signed roots, at length 100. In use features are the mean of the
    whole picture's and of those of the box around the mean attention, cut out and enlarged; in training the whole one's
    alone. (The paper averages the two pictures' probabilities; the mean of features is that of their logits, and keeps
    the last layer an ordinary one.) A network so changed has no parts in a row and cannot be cut; in use a picture
    takes twice as long. Convolution and head begin new. Returns the network, changed in place. Raises OptionError for
    maps below 1, and for a network that gives no maps of more than one place.
    """
    net: Any = module
    if maps < 1:
        raise OptionError(f"attentive: maps is a whole number from 1, got {maps}.")
    if isinstance(module, Looking):
        raise OptionError(f"surgery 'attentive': {net.name} looks closer already.")
    row, channels = _until_maps(net)
    head = nn.Linear(maps * channels, outputs(net, "attentive"))
    body = Body(row, Pool(channels, maps))
    net.__class__ = type("Attentive", (Looking, type(net)), {})
    behead(net, head)
    like = next(net.parameters())
    net.body = body.to(device=like.device, dtype=like.dtype).train(net.training)
    net.width = maps * channels
    return done(net, "attentive", "map", row, ["attention and the head begin new"])


class Looking:
    """Goes before a network's class: its features by where it looks, and a closer look in use."""

    body: Any
    training: bool

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, width)."""
        whole, attention = self.look(x)
        if self.training:
            return whole
        seen = scaled(attention.mean(1, keepdim=True), x.shape[2:])
        return (whole + self.look(closer(x, seen, torch.full_like(seen[:, 0, 0], FINE)))[0]) / 2

    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) to (features (B, width), attention (B, maps, h, w))."""
        maps = self.body.trunk(x)
        attention = self.body.end.attend(maps)
        return self.body.end.join(attention, maps), attention

    def scaled(self, attention: Tensor, size: Any) -> Tensor:
        """As below: for a method that is handed the network alone."""
        return scaled(attention, size)

    def closer(self, images: Tensor, attention: Tensor, shares: Tensor) -> Tensor:
        """As below."""
        return closer(images, attention, shares)


class Pool(nn.Module):
    """Maps x (B, C, h, w) to (B, M C): the means over places of A_k x by signed roots, at length 100.

    centres: (M, C), where a method keeps what each attention usually finds.
    """

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, 1, bias=False)
        self.norm = nn.BatchNorm2d(maps)
        self.register_buffer("centres", torch.zeros(maps, channels))

    def attend(self, x: Tensor) -> Tensor:
        """(B, M, h, w), at least 0."""
        return F.relu(self.norm(self.conv(x)))

    def join(self, attention: Tensor, x: Tensor) -> Tensor:
        """(B, M C), map by map."""
        y = (attention.flatten(2) @ x.flatten(2).transpose(1, 2)).flatten(1) / (x.shape[2] * x.shape[3])
        return SCALE * F.normalize(y * (y.abs() + EPS).rsqrt())

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.attend(x), x)


def _until_maps(net: Any) -> tuple[list[nn.Module], int]:
    """(the parts up to the last that gives maps of more than one place, its channels); rows of layers are cut within.

    Raises OptionError where there is none.
    """
    row: list[nn.Module] = []
    for _, part in net.parts():
        row += list(part.children()) if type(part) is nn.Sequential else [part]
    last, channels = 0, 0
    with still(net):
        x = picture(net)
        for at, part in enumerate(row, 1):
            x = part(x)
            if x.dim() == 4 and x[0, 0].numel() > 1:
                last, channels = at, x.shape[1]
    if not last:
        raise OptionError(f"surgery 'attentive' looks at a network's maps, and {net.name} has none.")
    return row[:last], channels


def scaled(attention: Tensor, size: Any) -> Tensor:
    """(B, H, W) of (B, 1, h, w), bilinear, each from 0 to 1; a flat one is 0: all of it is looked at, none left out."""
    large = F.interpolate(attention.float(), tuple(size), mode="bilinear", align_corners=False)[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return (large - low) / torch.maximum(high - low, 1e-5 * high + 1e-12)  # interpolating leaves a flat one uneven


def box(mask: Tensor, margin: float) -> Tensor:
    """(B, 2, 2) int64: first and one past the last, of rows and columns, around what is true in (B, H, W), a share
    `margin` of the sides added on each; of nothing the whole."""
    ends = []
    for side, axis in ((mask.shape[1], 2), (mask.shape[2], 1)):
        inside, more = mask.any(axis), round(margin * int(side))
        place = torch.arange(int(side), device=mask.device)
        there = inside.any(1, keepdim=True)
        first = torch.where(inside | ~there, place, int(side)).amin(1) - more
        last = torch.where(inside | ~there, place + 1, 0).amax(1) + more
        ends.append(torch.stack([first.clamp(min=0), last.clamp(max=int(side))], 1))
    return torch.stack(ends, 1)


def closer(images: Tensor, attention: Tensor, shares: Tensor) -> Tensor:
    """(B, C, H, W): of each image the box where attention (B, H, W) reaches its share (B,), enlarged to the whole.

    Each place is looked up as bilinear resizing of the box alone would: nothing from beyond its edge comes in.
    """
    found = box(attention >= shares[:, None, None], MARGIN).to(images.dtype)
    axes = []
    for axis, side in enumerate(images.shape[2:]):
        first, length = found[:, axis, :1], found[:, axis, 1:] - found[:, axis, :1]
        step = (torch.arange(int(side), device=images.device, dtype=images.dtype) + 0.5) / int(side)
        at = torch.minimum((step * length - 0.5).clamp(min=0), length - 1) + first
        axes.append(at * (2 / (int(side) - 1)) - 1)
    rows, columns = torch.broadcast_tensors(axes[0][:, :, None], axes[1][:, None, :])
    grid = torch.stack([columns, rows], 3)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=True)

"""wsdan: looks again at the parts that matter, and without them (Hu et al. 2019, arXiv:1901.09891)."""

from math import log
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.batch import Batch, Step
from ...core.errors import OptionError

EPS = 1e-6
SCALE = 100.0
"""What features of length 1 are multiplied by before the head, as in the authors' code: it would learn slowly."""
FINE, MARGIN = 0.1, 0.1
"""Of the box that is looked at again in use: the share of the highest attention, and what is added on each side."""


class wsdan:
    """Attention maps on a network's last maps say where to look closer, and what to do without.

    A convolution of 1 x 1 gives `maps` attentions A_k >= 0; features are the means over places of A_k times every
    channel, by signed roots, at length 1 (bilinear attention pooling). One A_k is drawn for each row, with chances by
    the roots of their sums as in the authors' code, and brought to 0..1 and to the picture's size: the box around what
    reaches a drawn share of `crop` is cut out and enlarged, and what lies above one of `drop` is blanked (0, the mean
    colour). The loss is the mean of all three pictures' and `weight` times sum_k |f_k - c_k|^2, which keeps each map on
    one part: f_k are the first picture's features, and the centres c_k, zero at first, move by `rate` of the way to the
    batch's mean (the paper's; its code has centres for each class). In use the logarithm of the mean of two pictures'
    probabilities is given: the whole one's, and that of the box around the mean attention.

    The network's own layers are kept up to its last maps; pool and head are new. Over several processes, centres go by
    each one's rows, as batch norms do. Raises OptionError for maps below 1, ranges that do not rise within 0..1, a
    negative weight, a rate outside 0..1, and for a network without maps.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, *, maps: int = 32, crop: tuple[float, float] = (0.4, 0.6),
        drop: tuple[float, float] = (0.2, 0.5), weight: float = 1.0, rate: float = 0.05,
    ) -> None:  # fmt: skip
        for name, pair in (("crop", crop), ("drop", drop)):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not 0 < pair[0] <= pair[1] < 1:
                raise OptionError(f"wsdan: {name} is a range of shares between 0 and 1, as (0.4, 0.6), got {pair!r}.")
        if maps < 1 or not weight >= 0 or not 0 < rate <= 1:
            raise OptionError(
                f"wsdan takes maps >= 1, weight >= 0 and 0 < rate <= 1, got maps={maps}, weight={weight}, rate={rate}."
            )
        self.model, self.loss, self.weight = _Attentive(model, classes, maps, rate), loss, weight
        self.crop, self.drop = tuple(crop), tuple(drop)

    def __call__(self, batch: Batch) -> Step:
        logits, attention, spread = self.model(batch.images, True)
        with torch.no_grad():
            chosen = _chosen(attention, _even(batch, "wsdan map"), batch.images.shape[2:])
            shares = [low + (high - low) * _even(batch, name) for name, (low, high) in
                      (("wsdan crop", self.crop), ("wsdan drop", self.drop))]  # fmt: skip
            closer = _closer(batch.images, chosen, shares[0])
            without = batch.images * (chosen <= shares[1][:, None, None])[:, None]
        others = self.model(torch.cat([closer, without]), False)[0].chunk(2)
        losses = [self.loss(one, batch.targets, batch.rows) for one in (logits, *others)]
        return Step(sum(losses) / 3 + self.weight * spread, logits, {"spread": spread.detach().mean()})


class _Attentive(nn.Module):
    """A network up to its last maps (B, C, h, w), and bilinear attention pooling to (B, maps C) before a new head."""

    def __init__(self, network: Any, classes: int, maps: int, rate: float) -> None:
        super().__init__()
        row, channels = _until_maps(network)
        self.names = [name for name, _ in row]
        self.trunk = nn.Sequential(*(part for _, part in row))
        self.pool = _Pool(channels, maps)
        self.width, self.rate = maps * channels, rate
        self.head = nn.Linear(self.width, classes)
        self.register_buffer("centres", torch.zeros(maps, channels))
        self.name, self.preprocess = getattr(network, "name", ""), getattr(network, "preprocess", {})

    def forward(self, x: Tensor, first: "bool | None" = None) -> Any:
        """(B, C, H, W) to (B, K): in training of the picture, in use of it and of a closer look.

        first: to (logits (B, K), attention (B, maps, h, w), sum of squared distances of features to centres (B,)), and
        whether centres move.
        """
        if first is not None:
            return self._looked(x, first)
        if self.training:
            return self.head(self.features(x))
        whole, attention, _ = self._looked(x, False)
        shares = torch.full((len(x),), FINE, device=x.device)
        closer = _closer(x, _scaled(attention.mean(1, keepdim=True), x.shape[2:]), shares)
        both = torch.stack([whole, self.head(self.features(closer))]).float()
        return both.log_softmax(2).logsumexp(0) - log(2)

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, width)."""
        return self.pool(self.trunk(x))

    def _looked(self, x: Tensor, first: bool) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.trunk(x)
        attention = self.pool.attend(maps)
        features = self.pool.join(attention, maps)
        centres = self.get_buffer("centres")
        parts = features.float().view(len(x), *centres.shape) / SCALE
        spread = (parts - centres).square().sum((1, 2))
        if first:
            with torch.no_grad():
                centres += self.rate * (parts.mean(0) - centres)
        return self.head(features), attention, spread

    def parts(self) -> list[tuple[str, nn.Module]]:
        """Modules in a row from the picture to the features."""
        return [*zip(self.names, self.trunk, strict=True), ("pool", self.pool)]


class _Pool(nn.Module):
    """Maps x (B, C, h, w) to (B, M C): the means over places of A_k x by signed roots, at length SCALE."""

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, 1, bias=False)
        self.norm = nn.BatchNorm2d(maps)

    def attend(self, x: Tensor) -> Tensor:
        """(B, M, h, w), at least 0."""
        return F.relu(self.norm(self.conv(x)))

    def join(self, attention: Tensor, x: Tensor) -> Tensor:
        """(B, M C), map by map."""
        y = (attention.flatten(2) @ x.flatten(2).mT / attention[0, 0].numel()).flatten(1)
        return SCALE * F.normalize(y * (y.abs() + EPS).rsqrt())

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.attend(x), x)


def _until_maps(network: Any) -> tuple[list[tuple[str, nn.Module]], int]:
    """(the network's parts up to the last that gives maps of more than one place, its channels); parts that are rows
    of layers are cut within. Raises OptionError where there is none."""
    if not getattr(network, "preprocess", None):
        raise OptionError("wsdan looks at maps of pictures, and this network takes none.")
    row = []
    for name, part in network.parts():
        inner = list(part.named_children()) if type(part) is nn.Sequential else []
        row += [(f"{name}.{own}", layer) for own, layer in inner] or [(name, part)]
    side, like = int(network.preprocess["size"]), next(network.parameters())
    x, last, channels = torch.zeros(1, network.channels, side, side, device=like.device, dtype=like.dtype), 0, 0
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with torch.no_grad():
        for at, (_, part) in enumerate(row, 1):
            x = part(x)
            if x.dim() == 4 and x[0, 0].numel() > 1:
                last, channels = at, x.shape[1]
    for module, mode in modes:
        module.training = mode
    if not last:
        raise OptionError(f"wsdan looks at a network's maps, and {getattr(network, 'name', 'this one')} has none.")
    return row[:last], channels


def _even(batch: Batch, what: str) -> Tensor:
    """(B,) draws between 0 and 1, the same for a row however the batch is split."""
    return torch.special.ndtr(batch.normal(what=what))


def _chosen(attention: Tensor, draws: Tensor, size: Any) -> Tensor:
    """(B, H, W) in 0..1: of (B, M, h, w) one map a row, with chances by the roots of their sums, at the given size."""
    weights = (attention.float().sum((2, 3)) + EPS).sqrt().cumsum(1)
    place = (draws[:, None] * weights[:, -1:] >= weights).sum(1).clamp(max=attention.shape[1] - 1)
    rows = torch.arange(len(attention), device=attention.device)
    return _scaled(attention[rows, place][:, None], size)


def _scaled(attention: Tensor, size: Any) -> Tensor:
    """(B, H, W) of (B, 1, h, w), bilinear, each from 0 to 1; a flat one is 0: all of it is looked at, none left out."""
    large = F.interpolate(attention.float(), tuple(size), mode="bilinear", align_corners=False)[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return (large - low) / torch.maximum(high - low, 1e-5 * high + 1e-12)  # interpolating leaves a flat one uneven


def _box(mask: Tensor, margin: float) -> list[tuple[int, int, int, int]]:
    """[(top, bottom, left, right)] around what is true in (B, H, W), a share `margin` of the sides added on each; of
    nothing the whole."""
    ends = []
    for side, axis in ((mask.shape[1], 2), (mask.shape[2], 1)):
        inside, more = mask.any(axis).int(), round(margin * side)
        first = inside.argmax(1) - more
        last = side - inside.flip(1).argmax(1) + more
        ends += [first.clamp(min=0).tolist(), last.clamp(max=side).tolist()]
    return list(zip(*ends, strict=True))


def _closer(images: Tensor, attention: Tensor, shares: Tensor) -> Tensor:
    """(B, C, H, W): of each image the box where attention (B, H, W) reaches its share (B,), enlarged to the whole."""
    boxes = _box(attention >= shares[:, None, None], MARGIN)
    size = (images.shape[2], images.shape[3])
    parts = [images[row : row + 1, :, top:bottom, left:right] for row, (top, bottom, left, right) in enumerate(boxes)]
    return torch.cat([F.interpolate(part, size, mode="bilinear", align_corners=False) for part in parts])

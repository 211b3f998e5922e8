"""The stem for pictures of 28 to 64 px: 3 x 3 with stride 1 and no pooling instead of a quarter of the side."""

from torch import nn

from ...core.errors import OptionError

LITTLE = 64
STEMS = {"conv1": "maxpool", "conv_stem": "", "features.conv0": "features.pool0", "features.0.0": ""}
"""Where the first convolution of a ResNet-like, EfficientNet-like, DenseNet or torchvision network stands; its pool."""


def small_or_not(name: str, wanted: bool | None, size: int, weights: str | None, download: bool) -> bool | None:
    """Whether the stem must be small (True), must not (False), or may be where there is one (None: up to 64 px).

    Weights belong to the stem that they were trained with: published ones to the large one, a file's to the small one
    only where the person says so. Raises OptionError for a small stem with published weights.
    """
    if wanted and download:
        raise OptionError(f"{name}: small=True changes the stem that published weights need. Drop small, or weights.")
    return wanted if wanted is not None or (0 < size <= LITTLE and weights is None and not download) else False


def little(name: str, body: nn.Module, wanted: bool | None) -> bool:
    """Change the stem of `body` in place, as `small_or_not` says; whether it was changed.

    Raises OptionError where it must be and the network has no such stem.
    """
    asked = wanted is True
    if wanted is False:
        return False
    place = next((path for path in STEMS if _conv(body, path)), "")
    conv = _conv(body, place)
    if conv is None or max(conv.stride) != 2:
        if asked:
            raise OptionError(f"{name} has no stem that small=True could change. Drop it, or take another network.")
        return False
    _put(body, place, conv)
    if STEMS[place]:
        parent, _, last = STEMS[place].rpartition(".")
        setattr(body.get_submodule(parent), last, nn.Identity())
    return True


def _conv(body: nn.Module, path: str) -> nn.Conv2d | None:
    """The first convolution below `path`, where the network has one there."""
    try:
        found = body.get_submodule(path) if path else None
    except AttributeError:
        return None
    pool = STEMS.get(path, "")
    if found is None or (pool and "." not in pool and not hasattr(body, pool)):
        return None
    return next((module for module in found.modules() if isinstance(module, nn.Conv2d)), None)


def _put(body: nn.Module, place: str, conv: nn.Conv2d) -> None:
    if max(conv.kernel_size) <= 3:
        conv.stride = (1, 1)
        return
    fresh = nn.Conv2d(conv.in_channels, conv.out_channels, 3, 1, 1, groups=conv.groups, bias=conv.bias is not None)
    nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
    path = next(name for name, module in body.named_modules() if module is conv)
    parent, _, last = path.rpartition(".")
    setattr(body.get_submodule(parent), last, fresh)

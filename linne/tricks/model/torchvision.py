"""torchvision: any classification network of torchvision by its name (TorchVision maintainers 2016, BSD-3)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ...core.errors import InputError, OptionError, nearest

family = True
HEADS = ("fc", "classifier", "heads", "head")


def has(name: str) -> bool:
    """Whether torchvision has a classification network of this name."""
    from torchvision import models

    return name in models.list_models(models)


def torchvision(name: str, classes: int | None, *, weights: str | None = None, download: bool = False) -> nn.Module:
    """A network with `features(x)` (B, width), `head`, `width` and `preprocess`; classes None keeps its own.

    weights: a file of the network's state_dict (.safetensors, or .pth read with `weights_only=True`); None leaves them
    random. download: fetch torchvision's default weights. Raises InputError for weights of another network and
    OptionError for a name that torchvision does not have.
    """
    from torchvision import models

    if not has(name):
        raise OptionError(f"torchvision has no network {name!r}. {nearest(name, models.list_models(models))}")
    body = models.get_model(name, weights="DEFAULT" if download else None)
    if weights is not None:
        _fill(body, Path(weights), name)
    return _Net(body, classes)


class _Net(nn.Module):
    """x is (B, C, H, W) float; the head is the last linear layer, the features are what comes into it."""

    def __init__(self, body: nn.Module, classes: int | None) -> None:
        super().__init__()
        where = next((place for place in HEADS if hasattr(body, place)), "")
        linear = [(n, m) for n, m in body.named_modules() if isinstance(m, nn.Linear) and n.split(".")[0] == where]
        if not linear:
            raise OptionError(f"{type(body).__name__} has no linear head to take features from. Take another network.")
        whole, last = linear[-1]
        path = whole.partition(".")[2]
        self.width = last.in_features
        self.head: nn.Module = last if classes in (None, last.out_features) else nn.Linear(self.width, classes)
        parent = body.get_submodule(".".join([where, *path.split(".")[:-1]]).strip(".")) if path else body
        setattr(parent, path.split(".")[-1] if path else where, nn.Identity())
        self.body = body
        self.preprocess = {
            "size": 224,
            "mean": (0.485, 0.456, 0.406),
            "std": (0.229, 0.224, 0.225),
            "interpolation": "bilinear",
            "crop": 0.875,
            "licence": "",
        }

    def features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def _fill(body: nn.Module, path: Path, name: str) -> None:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
        body.load_state_dict(found)
    except Exception as error:
        raise InputError(f"{path} cannot be used as weights of {name}: {str(error).splitlines()[0]}") from error

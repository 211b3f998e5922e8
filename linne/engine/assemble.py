"""A network by its name, which may say what is changed in it: `resnet50(surgery='attention,activation(mish)')`.

What a run is made of is thus one name: it goes into caches, configurations and teachers as any other network's does.
Weights of the plain network are put in before it is changed; a file that Linne wrote of the changed one, after.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputError
from ..core.lookup import find, offer
from ..core.rng import key
from ..core.spec import Spec, chain, parse

if TYPE_CHECKING:
    from .network import Network

CHANGES = ("surgery", "head")
"""Options of a name that are no option of the network's trick."""


def plain(name: str) -> tuple[Spec, str, str]:
    """(the network as its trick knows it, the chain of what is changed in it, its head or "")."""
    spec = parse(name)[0]
    changes = {option: value for option, value in spec.options if option in CHANGES}
    kept = tuple(option for option in spec.options if option[0] not in CHANGES)
    return Spec(spec.name, spec.args, kept), str(changes.get("surgery", "")), str(changes.get("head", ""))


def changed(name: str, surgery: str = "", head: str = "") -> str:
    """The name of a network with this, too, changed in it; a head takes the place of the one that it names."""
    spec, before, own = plain(name)
    whole = ",".join(part for part in (before, ",".join(map(str, chain(surgery)))) if part)
    options = [(kind, value) for kind, value in zip(CHANGES, (whole, head or own), strict=True) if value]
    return str(Spec(spec.name, spec.args, (*spec.options, *options)))


def headless(name: str) -> str:
    """The name without its head: what has a head of one linear layer."""
    spec, surgery, _ = plain(name)
    return changed(str(spec), surgery)


def assemble(
    name: str, file: str = "", *, classes: int | None = None, channels: int = 3, size: int = 0, download: bool = False
) -> Any:
    """The network of a name in torch with a file's weights, the hub's, or random ones of torch's generator.

    classes: of its head; None keeps the file's, or its own: a head that the name gives is then only there where the
    file holds it. What surgery adds is drawn from a generator of its own, the same each time. Raises what the trick
    raises, InputError for a file of another network, OptionError for surgery that finds nothing to change. Imports
    torch.
    """
    spec, surgery, head = plain(name)
    offered: dict[str, Any] = {"classes": classes, "channels": channels, "size": size}
    written, told = written_as(file)
    held = plain(written)[2] if written else ""
    if not (surgery or head or held) or not written or headless(written) != headless(name):
        given = (("weights", file),) if file else (("download", True),) if download else ()
        net = _operated(offer(find("model", Spec(spec.name, spec.args, (*spec.options, *given))), **offered), surgery)
        return _headed(net, head, classes) if head and classes is not None else net
    net = _operated(offer(find("model", spec), **offered | {"classes": told}), surgery)
    net = _headed(net, held, told) if held else net
    _take(net, file, name)
    if classes is None:
        return _headed(net, "", told) if held and not head else net
    return net if classes == told and head == held else _headed(net, head, classes)


def written_as(file: str) -> tuple[str, int]:
    """The name of the network whose tensors Linne wrote into a file, and its classes; ("", 0) where it is another's."""
    if not str(file).endswith(".safetensors"):
        return "", 0
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "numpy") as found:
            about = found.metadata() or {}
    except (OSError, SafetensorError):
        return "", 0  # who reads the tensors says what is wrong with them
    return about.get("network", ""), int(about.get("classes", 0))


def sign(path: Path, name: str, classes: int) -> None:
    """Write into a file of tensors by which name it is built and for how many classes, as `written_as` reads it.

    One order of words: safetensors itself writes several in any, and two files of the same run would differ.
    """
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header, rest = json.loads(file.read(size)), file.read()
    about = {"format": "pt", "network": name, "classes": str(classes)}
    text = json.dumps({"__metadata__": about, **{k: v for k, v in header.items() if k != "__metadata__"}})
    told = text.encode() + b" " * (-len(text.encode()) % 8)
    path.write_bytes(len(told).to_bytes(8, "little") + told + rest)


def built(network: "Network", classes: int, file: "Path | None" = None, seed: int = 0) -> Any:
    """A network that was resolved, in torch, its weights or another file's, with a head for `classes` drawn by `seed`.

    Else what was measured before would move torch's own draws, and a run that goes on would begin elsewhere.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(key(seed, "built", network.trained, classes) % 2**63)
        return assemble(network.trained, str(file or network.file), classes=classes, channels=len(network.mean),
                        size=network.size)  # fmt: skip


def _operated(net: Any, surgery: str) -> Any:
    """The network with what surgery changes in it, its own draws aside from all others."""
    if not surgery:
        return net
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(key(0, "surgery", surgery) % 2**63)
        for part in chain(surgery):
            net = offer(find("surgery", part), module=net)
    return net


def _headed(net: Any, head: str, classes: int) -> Any:
    """The network with a new head for so many classes: the named one, else one linear layer, with a bias unless its own
    has none."""
    import torch

    if head:
        net.head = offer(find("head", head), width=net.width, classes=classes)
    else:
        bare = isinstance(net.head, torch.nn.Linear) and net.head.bias is None
        net.head = torch.nn.Linear(net.width, classes, bias=not bare)
    return net


def _take(net: Any, file: str, name: str) -> None:
    """The file's tensors by name. Raises InputError for another network's."""
    import torch
    from safetensors.torch import load_file

    found, own = load_file(file), net.tensors()
    wrong = [each for each in own if each not in found or found[each].shape != own[each].shape]
    if wrong or set(found) - set(own):
        raise InputError(f"{file} does not hold the tensors of {name}, beginning with {[*wrong, *found][0]!r}.")
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(found[name])

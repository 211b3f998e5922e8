"""A network by its name, which may say what is changed in it: `resnet50(surgery='se,activation(kind=mish)')`.

What a run is made of is thus one name: it goes into caches, configurations and teachers as any other network's does.
Weights of the plain network are put in before it is changed; a file that Linne wrote of the changed one, after.
"""

from typing import Any

from ..core.errors import OptionError
from ..core.lookup import find, offer
from ..core.spec import Spec, chain, parse

CHANGES = ("surgery",)
"""Options of a name that are no option of the network's trick."""


def plain(name: str) -> tuple[Spec, str]:
    """(the network as its trick knows it, the chain of what is changed in it). Raises OptionError for several names."""
    parts = parse(name)
    if len(parts) != 1:
        raise OptionError(f"model takes one network, got {len(parts)}: {name!r}.")
    spec = parts[0]
    changes = dict(option for option in spec.options if option[0] in CHANGES)
    kept = tuple(option for option in spec.options if option[0] not in CHANGES)
    return Spec(spec.name, spec.args, kept), str(changes.get("surgery", ""))


def changed(name: str, surgery: Any) -> str:
    """The name of a network with more changed in it. Raises OptionError for a chain with callables: it has no text."""
    parts = chain(surgery)
    if not parts:
        return name
    if not all(isinstance(part, Spec) for part in parts):
        raise OptionError("surgery is written as text, so that the run can be made again: 'se,activation(kind=mish)'.")
    spec, before = plain(name)
    whole = ",".join([*([before] if before else []), *map(str, parts)])
    return str(Spec(spec.name, spec.args, (*spec.options, ("surgery", whole))))


def assemble(name: str, file: str = "", *, classes: int | None = None, size: int = 0, download: bool = False) -> Any:
    """The network of a name in torch with a file's weights, the hub's, or random ones of torch's generator.

    classes: of its head; None keeps the file's, or its own. Raises what the trick raises, InputError for a file of
    another network, OptionError for surgery that finds nothing to change. Imports torch.
    """
    spec, surgery = plain(name)
    offered: dict[str, Any] = {"classes": classes, "channels": 3, "size": size}
    ours = bool(surgery and file) and written_as(file) == name
    given = (("weights", file),) if file and not ours else (("download", True),) if download else ()
    if ours and classes is None:
        offered["classes"] = heads(file)
    net = offer(find("model", Spec(spec.name, spec.args, (*spec.options, *given))), **offered)
    for part in chain(surgery):
        net = offer(find("surgery", part), module=net)
    if ours:
        from safetensors.torch import load_file

        tensors = load_file(file)
        if classes is not None and classes != heads(file):
            own = net.tensors()
            tensors |= {key: value for key, value in own.items() if key.startswith(f"{net.place}.")}
        net.load(tensors, f"{file} as weights of {name}")
    return net


def written_as(file: str) -> str:
    """The name of the network whose tensors Linne wrote into a file; "" where it is another's."""
    if not str(file).endswith(".safetensors"):
        return ""
    from safetensors import safe_open

    with safe_open(file, "numpy") as found:
        return (found.metadata() or {}).get("network", "")


def heads(file: str) -> int:
    """Classes of a file that Linne wrote, as its metadata says."""
    from safetensors import safe_open

    with safe_open(file, "numpy") as found:
        return int((found.metadata() or {})["classes"])

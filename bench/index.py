"""Makes linne/tricks/model/index.json.gz: every network that timm, torchvision and Linne have, counted on no device.

Run it by hand after an update of timm or torchvision: python bench/index.py (about 25 minutes on one core).
"""

import gzip
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parent.parent))

from linne.core.lookup import declared, find, names
from linne.core.spec import Spec
from linne.core.zoo import INDEX
from linne.tricks.model._names import USUAL
from linne.tricks.model.timm import _takes_size

KEPT = ("timm", "torchvision")


def main() -> None:
    """Count them all and write the index."""
    import timm.layers
    from torchvision import models

    warnings.simplefilter("ignore")
    timm.layers.set_fused_attn(False)
    own = [one for file in names("model") if file not in KEPT for one in declared("model", file, "members") or (file,)]
    theirs, others = timm.list_models(), models.list_models(models)
    rows: dict[str, Any] = {}
    for family, members in (("linne", own), ("timm", theirs), ("torchvision", others)):
        for name in members:
            if name in rows:
                rows[name][-1] = family
                rows[f"torchvision:{name}"] = row(f"torchvision:{name}", family)
            elif found := row(name, family):
                rows[name] = found
        print(f"{family}: {len(members)} networks, {len(rows)} rows", flush=True)
    rows = {name: value for name, value in sorted(rows.items()) if value}
    data = {"versions": {name: version(name) for name in KEPT}, "usual": USUAL, "networks": rows}
    text = json.dumps(data, separators=(",", ":")).encode()
    INDEX.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(rows)} networks, {len(text)} bytes, {INDEX.stat().st_size} compressed")


def row(name: str, family: str) -> list[Any] | None:
    """[family, parameters, macs, size, sized, weights, also] of one network; None where it cannot be built."""
    net, count = None, 0
    for device in ("meta", "cpu"):  # a few read their own weights while they are built, or run on none
        try:
            with torch.device(device):
                net = find("model", Spec(name))(classes=None).eval().requires_grad_(False)
            count = macs(net, int(net.preprocess["size"]), device)
            break
        except Exception as error:
            print(f"{name} on {device}: {type(error).__name__}: {str(error)[:100]}", flush=True)
    if net is None:
        return None
    size = int(net.preprocess["size"])
    sized = {"timm": lambda: _takes_size(name), "torchvision": lambda: "vit_" in name, "linne": lambda: False}[family]()
    weights = {"timm": timm_weights, "torchvision": torchvision_weights, "linne": lambda _: []}[family](name)
    return [family, sum(p.numel() for p in net.parameters()), count, size, sized, weights, ""]


def macs(net: Any, size: int, device: str) -> int:
    """Multiply-adds of convolutions and matrix products for one picture."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.empty(1, 3, size, size, device=device))
    return counter.get_total_flops() // 2


def timm_weights(name: str) -> list[list[Any]]:
    """[tag, licence, size, hub, file] of each published set, timm's default first."""
    from timm.models import get_pretrained_cfg, list_pretrained

    first = get_pretrained_cfg(name)
    tags = {full.partition(".")[2]: get_pretrained_cfg(full) for full in list_pretrained(f"{name}.*") or [name]}
    if first is not None and first.has_weights:
        tags = {first.tag or "": first, **tags}
    return [
        [tag, said(one.license), one.input_size[-1], one.hf_hub_id or "", "" if one.hf_hub_id else file_of(one.url)]
        for tag, one in tags.items()
        if one is not None and one.has_weights
    ]


def file_of(url: str | None) -> str:
    """The last part of an address: the name that torch keeps the file under."""
    return (url or "").rpartition("/")[2]


def said(licence: str | None) -> str:
    """A licence as it is stated, "" where it is not."""
    return "" if licence in (None, "unknown") else str(licence)


def torchvision_weights(name: str) -> list[list[Any]]:
    """The same of torchvision's, its default first; it states no licences of weights."""
    from torchvision import models

    sets: Any = models.get_model_weights(name.removeprefix("torchvision:"))
    ordered = sorted(sets, key=lambda one: one is not sets.DEFAULT)
    return [[one.name, "", one.transforms().crop_size[0], "", file_of(one.url)] for one in ordered]


if __name__ == "__main__":
    main()

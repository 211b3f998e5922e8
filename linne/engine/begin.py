"""How random weights begin: as their network was published, by the default for training from scratch, or as asked."""

from typing import Any

from ..core.lookup import find, offer
from ..core.rng import key

SEEN = 5000
"""Pictures that a whitened first layer is made from, as in airbench; other beginnings look at far fewer."""
FEW = 64


def begin(net: Any, init: str, pictures: Any, seed: int) -> None:
    """Draw the weights of `net` anew, in place, as a function of (its name, init, seed).

    init: "auto" is the network's own way where it brings one (`whiten`, `drawn`), else the trick `default`; "torch" is
    PyTorch's own, layer by layer; or an init trick. pictures(n): (n, C, H, W) float that the network would be given.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(key(seed, "init", net.name, init) % 2**63)
        if init == "auto" and hasattr(net, "whiten"):
            net.whiten(pictures(SEEN))
        elif init == "torch":
            for part in net.modules():
                if hasattr(part, "reset_parameters"):
                    part.reset_parameters()
        elif init != "auto" or not getattr(net, "drawn", False):
            offer(find("init", "default" if init == "auto" else init), module=net, example=pictures(FEW))

"""eager: the network in PyTorch as it is, on the GPU where there is one."""

from typing import Any

from ._runner import Runner
from ._torch import fetch, torch_forward

package = "torch"
# seconds to get ready first and again, pictures/s (EfficientNet-Lite0, 2 cores): a guess until measured here
expected = {"eager": (5.0, 5.0, 40)}


def eager(network: Any, size: int, *, precision: str = "auto", batch: int = 16, device: str = "auto") -> Runner:
    """A Runner on PyTorch, channels last.

    precision: "f32", "bf16", or "auto": bf16 on a GPU that has it, f32 on the processor (the reference that other
    runtimes are accepted against). batch: pictures a start. device: "auto", "cpu" or "cuda". Raises OptionError for
    anything else, and for a GPU where there is none.
    """
    run, precision = torch_forward(network.graph(), precision, device)
    return Runner("eager", precision, batch, run, fetch, ahead=1)

"""compiled: the network through torch.compile, weights frozen into the code (Ansel et al. 2024, ASPLOS, PyTorch 2)."""

from typing import Any

from ._runner import Runner
from ._torch import fetch, torch_forward

package = "torch"
compiler = True
# seconds to get ready first and again, pictures/s (EfficientNet-Lite0, 2 cores): a guess until measured here
expected = {"compiled": (60.0, 40.0, 100)}


def compiled(network: Any, size: int, *, precision: str = "auto", batch: int = 16, device: str = "auto") -> Runner:
    """A Runner on PyTorch's inductor; needs a C++ compiler on the processor and tens of seconds to compile.

    precision: "f32", "bf16", or "auto" (bf16 on a GPU that has it, f32 on the processor). batch: pictures a start, one
    fixed shape. device: "auto", "cpu" or "cuda". Raises OptionError for other values.
    """
    import torch
    from torch._inductor import config

    config.freezing = True
    run, precision = torch_forward(torch.compile(network.graph()), precision, device)
    return Runner("compiled", precision, batch, run, fetch, ahead=1)

"""What the two runtimes of PyTorch share."""

from typing import Any

import numpy as np

from ...core.errors import OptionError

PRECISIONS = ("auto", "bf16", "f32")


def torch_forward(graph: Any, precision: str, device: str) -> tuple[Any, str]:
    """(callable from a uint8 batch to tensors still on the device, the precision chosen)."""
    import torch

    if precision not in PRECISIONS:
        raise OptionError(f"precision is one of {', '.join(PRECISIONS)}, got {precision!r}.")
    if device not in ("auto", "cpu", "cuda"):
        raise OptionError(f"device is one of auto, cpu, cuda, got {device!r}.")
    if device == "cuda" and not torch.cuda.is_available():
        raise OptionError("device='cuda' was asked for but PyTorch sees no GPU here. Use device='cpu' or 'auto'.")
    place = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else device.replace("auto", "cpu"))
    if precision == "auto":
        precision = "bf16" if place.type == "cuda" and torch.cuda.is_bf16_supported() else "f32"
    graph = graph.to(place, memory_format=torch.channels_last)

    def run(pictures: np.ndarray) -> Any:
        with torch.inference_mode(), torch.autocast(place.type, torch.bfloat16, enabled=precision == "bf16"):
            return graph(torch.from_numpy(pictures).to(place, non_blocking=True))

    return run, precision


def fetch(outputs: Any) -> tuple[np.ndarray, ...]:
    """Tensors to float32 arrays."""
    return tuple(output.float().cpu().numpy() for output in outputs)

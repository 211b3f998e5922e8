"""program: a bundle's model.pt2 by PyTorch (torch.export, Ansel et al. 2024, ASPLOS, PyTorch 2)."""

import io
from typing import Any

import numpy as np

from linne.core.errors import MissingExtra, RunError

from ._archive import checked

package = "torch"
extra = "torch"
files = (("model.pt2",),)
entries = ("pictures",)


class program:
    """Call it with uint8 pictures (B, H, W, 3) of one size to its answers by name.

    content: the bytes of the files by name, hashes compared. entry: "pictures"; a program has no other. outputs: the
    answers' names in order. threads: 0 for what PyTorch takes. Raises RunError for an archive that holds anything to be
    run but plain operations, or that PyTorch cannot read.
    """

    def __init__(
        self, content: dict[str, bytes], entry: str, *, threads: int = 0, outputs: tuple[str, ...] = ()
    ) -> None:  # fmt: skip
        if entry != "pictures":
            raise RunError(f"a program is entered at 'pictures' alone, not at {entry!r}")
        checked(content["model.pt2"])
        try:
            import torch
        except ImportError as error:
            raise MissingExtra("The runtime 'program'", "torch") from error
        if threads:
            torch.set_num_threads(threads)
        try:
            self._module: Any = torch.export.load(io.BytesIO(content["model.pt2"])).module()
        except Exception as error:
            raise RunError(f"PyTorch cannot read it: {str(error)[:200]}") from error
        self.name, self.version, self._outputs = "program", str(torch.__version__), outputs

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        import torch

        with torch.inference_mode():
            found = self._module(torch.from_numpy(np.array(pictures)))
        return dict(zip(self._outputs, (one.numpy() for one in found), strict=True))

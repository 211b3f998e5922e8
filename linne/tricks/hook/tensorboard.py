"""tensorboard: curves of every figure, and histograms of weights and gradients, for TensorBoard (Abadi et al. 2016)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import MissingExtra, OptionError
from ._curves import Curves, Page


class tensorboard(Curves):
    """Writes the loss and rate of every step and the figures of every evaluation (as epoch/...) as TensorBoard events.

    histograms: of every parameter and its last gradient too, at each evaluation. folder: where to; "" is `tensorboard`
    in the run's folder. After a restart the curves go on where the checkpoint stood. Look with: tensorboard --logdir
    FOLDER. Raises MissingExtra without the extra `tensorboard`, OptionError where there is no folder.
    """

    def __init__(self, *, histograms: bool = False, folder: str = "") -> None:
        super().__init__()
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError as error:
            raise MissingExtra("The hook 'tensorboard'", "tensorboard") from error
        self.histograms, self.folder, self._make = histograms, folder, SummaryWriter

    def on_start(self, loop: Any) -> None:
        """See that there is somewhere to write."""
        if not self.folder and loop.place is None:
            raise OptionError("tensorboard writes into the run's folder, and this run has none. Give folder=....")

    def on_epoch(self, loop: Any, record: Mapping[str, Any]) -> None:
        """The evaluation's figures, and the histograms."""
        super().on_epoch(loop, record)
        if not self._open:
            return
        for name, parameter in loop.module.named_parameters() if self.histograms else ():
            self._histogram(f"weights/{name}", parameter, loop.step)
            if parameter.grad is not None:
                self._histogram(f"gradients/{name}", parameter.grad, loop.step)
        self._writer.flush()

    def state(self) -> None:
        """Nothing to keep: a restart disowns the events of later steps."""
        self._flush()
        if self._open:
            self._writer.flush()

    def _begin(self, loop: Any) -> None:
        folder = Path(self.folder) if self.folder else loop.place / "tensorboard"
        self._writer: Any = self._make(str(folder), purge_step=loop.step)

    def _write(self, pages: list[Page]) -> None:
        for step, at, figures in pages:
            for name, value in figures.items():
                self._writer.add_scalar(name, value, step, walltime=at)

    def _close(self) -> None:
        self._writer.close()

    def _histogram(self, name: str, value: Any, step: int) -> None:
        finite = value.detach().float()
        finite = finite[finite.isfinite()]
        if finite.numel():
            self._writer.add_histogram(name, finite.cpu().numpy(), step)

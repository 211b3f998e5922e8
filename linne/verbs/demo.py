"""linne demo: train on built-in pictures, nothing to download."""

from pathlib import Path

from ..core.run import Run
from ..engine.log import Log


def demo(*, out: Path = Path("runs/demo"), log: Log | None = None) -> Run:
    """Train on 1,797 handwritten digits that come with scikit-learn, print the figures and write a report.

    A finished demo in the same folder is shown again.

    Parameters
    ----------
    out
        The run's folder.
    """
    from .train import train

    if (Path(out) / "DONE.json").exists():
        return Run(out)
    return train("digits", out=out, log=log)

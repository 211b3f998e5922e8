"""linne export: a run as one folder that answers the same anywhere."""

from pathlib import Path
from typing import Any

from ..core.run import Run
from ..engine.log import Log


def export(
    run: str | Path | Run,
    *,
    to: str = "onnx",
    out: Path | None = None,
    precision: str = "float32",
    limit: float = 1.0,
    coverage: float = 0.0,
    log: Log | None = None,
) -> Any:
    """Write a run as a bundle: a folder that takes a picture of any size and answers as the run does, without PyTorch.

    It is verified on every runtime that is here, and kept only if it holds.

    Parameters
    ----------
    run
        A finished run's folder.
    to
        The format, or several: onnx, openvino, program, as in 'onnx,openvino'. See: linne list export.
    out
        The bundle's folder, new or empty; the run's name with -bundle when not given.
    precision
        float32; float16 (weights of half the size), bfloat16 (faster where the processor has it), or int8 (calibrated
        by the run's own pictures). What it costs in accuracy is measured, paired, with its interval.
    limit
        Points of accuracy that a lower precision may lose. int8 keeps layers in float32 until it holds.
    coverage
        Of the sets of classes in the answers, e.g. 0.9; 0.95 when not given, where the run can promise it.
    """
    from ..engine.export import export as made

    return made(run, to, out, coverage=coverage, precision=precision, limit=limit, log=log)

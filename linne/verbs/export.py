"""linne export: a run as one folder that answers the same anywhere."""

from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.run import Run
from ..core.spec import Spec, parse
from ..engine.log import Log

PAGE, LIMIT = "web", 1.0


def export(
    run: str | Path | Run,
    *,
    to: str = "onnx",
    out: Path | None = None,
    precision: str = "float32",
    limit: float = LIMIT,
    coverage: float = 0.0,
    runtime_files: Path | None = None,
    log: Log | None = None,
) -> Any:
    """Write a run as a bundle: a folder that takes a picture of any size and answers as the run does, without PyTorch.

    It is verified on every runtime that is here, and kept only if it holds. With --to web the folder is a page that
    answers in a browser, offline, opened from a disk or put on any static host.

    Parameters
    ----------
    run
        A finished run's folder; with --to web a bundle that holds model.onnx, too.
    to
        The format, or several: onnx, openvino, program, as in 'onnx,openvino'. See: linne list export. Or: web;
        'web(webgpu=False)' leaves out the 9 MB that a browser loads only where it has a graphics processor.
    out
        The folder, new or empty; the run's name with -bundle, or -page, when not given.
    precision
        float32; float16 (weights of half the size), bfloat16 (faster where the processor has it), or int8 (calibrated
        by the run's own pictures). What it costs in accuracy is measured, paired, with its interval.
    limit
        Points of accuracy that a lower precision may lose. int8 keeps layers in float32 until it holds.
    coverage
        Of the sets of classes in the answers, e.g. 0.9; 0.95 when not given, where the run can promise it.
    runtime_files
        With --to web: onnxruntime-web's .tgz from npm, for a machine without a network; fetched once when not given.
    """
    formats = parse(to)
    if PAGE not in [spec.name for spec in formats]:
        if runtime_files:
            raise OptionError(f"--runtime-files has no effect: it is for --to web, and this is --to {to}. Drop it.")
        from ..engine.export import export as made

        return made(run, to, out, coverage=coverage, precision=precision, limit=limit, log=log)
    if len(formats) > 1:
        raise OptionError(f"--to {to}: a page is a folder by itself. Give --to web alone, and the others once more.")
    from ..web.browser import export_page

    changed = {} if precision == "float32" else {"precision": precision}
    changed |= {} if limit == LIMIT else {"limit": limit}
    webgpu = _webgpu(formats[0])
    return export_page(run, out, runtime_files=runtime_files, webgpu=webgpu, log=log, coverage=coverage, **changed)


def _webgpu(page: Spec) -> bool:
    """Whether a page gets what the graphics processor needs. Raises OptionError for any other option."""
    told = dict(page.options)
    if page.args or set(told) - {"webgpu"} or not isinstance(told.get("webgpu", True), bool):
        raise OptionError(f"--to {page} is not allowed. web takes one option: web(webgpu=False).")
    return told.get("webgpu", True)

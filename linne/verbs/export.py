"""linne export: a run as one folder that answers the same anywhere."""

from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.run import Run
from ..core.ship import Ship
from ..core.spec import parse
from ..engine.log import Log

PAGE = "web"
OPTIONS = Ship


def export(
    run: str | Path | Run,
    *,
    to: str = "onnx",
    out: Path | None = None,
    runtime_files: Path | None = None,
    webgpu: bool = True,
    log: Log | None = None,
    **how: Any,
) -> Any:
    """Write a run as a bundle: a folder that takes a picture of any size and answers as the run does, without PyTorch.

    It is verified on every runtime that is here, and kept only if it holds. With --to web the folder is a page that
    answers in a browser, offline, opened from a disk or put on any static host.

    Parameters
    ----------
    run
        A finished run's folder; with --to web a bundle that holds model.onnx, too.
    to
        The format, or several: onnx, openvino, program, as in 'onnx,openvino'. See: linne list export. Or: web.
    out
        The folder, new or empty; the run's name with -bundle, or -page, when not given.
    runtime_files
        With --to web: onnxruntime-web's .tgz from npm, for a machine without a network; fetched once when not given.
    webgpu
        With --to web: put in what the graphics processor needs, 9 MB that a browser loads only where it has one.
    """
    ship = Ship.of(how)
    formats = [spec.name for spec in parse(to)]
    if PAGE not in formats:
        wrong = "--runtime-files" if runtime_files else "" if webgpu else "--no-webgpu"
        if wrong:
            raise OptionError(f"{wrong} has no effect: it is for --to web, and this is --to {to}. Drop it.")
        from ..engine.export import export as made

        return made(run, to, out, **vars(ship), log=log)
    if len(formats) > 1:
        raise OptionError(f"--to {to}: a page is a folder by itself. Give --to web alone, and the others once more.")
    from ..web.browser import export_page

    changed = {name: value for name, value in vars(ship).items() if value != getattr(Ship(), name)}
    return export_page(run, out, runtime_files=runtime_files, webgpu=webgpu, log=log, **changed)

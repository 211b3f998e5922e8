"""One small trained run for all tests of what answers with one."""

import os
import tempfile
from functools import cache
from pathlib import Path

import linne
from tests.conftest import write_folder


@cache
def trained() -> tuple[Path, Path]:
    """(pictures, run); kept until the process ends, never changed by a test."""
    root = Path(tempfile.mkdtemp(prefix="linne-run-", dir=os.environ["LINNE_CACHE"]))
    photos = write_folder(root / "photos", 8)
    return photos, linne.train(photos, out=root / "runs" / "first", check="none", runtime="eager").path

"""One small trained run for all tests of what answers with one."""

from pathlib import Path

import linne
from tests.conftest import once, write_folder


def trained() -> tuple[Path, Path]:
    """(pictures, run); kept until the tests end, never changed by one."""

    def make(root: Path) -> None:
        write_folder(root / "photos", 8)
        linne.train(root / "photos", out=root / "runs" / "first", check="none", runtime="eager")

    root = once("trained", make)
    return root / "photos", root / "runs" / "first"

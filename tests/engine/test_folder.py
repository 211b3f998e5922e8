"""A begun folder is taken back where nothing in it is worth keeping, and only there."""

from pathlib import Path

import pytest

from linne.engine.folder import BEGUN, DEALT, undo


def begun(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        (path / name).write_text("x")
    return path


@pytest.mark.parametrize(
    ("names", "wrong", "gone"),
    [
        (BEGUN, False, True),
        (BEGUN, True, True),
        ((*BEGUN, *DEALT), True, True),
        ((*BEGUN, "images.parquet"), False, False),
        ((*BEGUN, *DEALT, "notes.txt"), True, False),
        ((*BEGUN, *DEALT, "ladder"), True, False),
    ],
)
def test_what_is_taken_back(names: tuple[str, ...], wrong: bool, gone: bool, tmp_path: Path) -> None:
    path = begun(tmp_path / "run", *names)
    undo(path, wrong)
    assert path.exists() != gone
    assert gone or {one.name for one in path.iterdir()} == set(names), "all or nothing"


def test_a_folder_that_is_not_there_is_none_of_its_business(tmp_path: Path) -> None:
    undo(tmp_path / "none", True)

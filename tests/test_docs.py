"""What the documents say works: every Python snippet runs, every command and flag exists, every file named is there."""

import re
import shlex
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from linne import cli
from linne.core.images import Images
from linne.core.load import load
from tests.conftest import write_folder

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands() -> list[tuple[str, str]]:
    found = [(page.name, line.split("#")[0].strip()) for page in PAGES for block in blocks(page, "(?:sh|console)")
             for line in block.splitlines()]  # fmt: skip
    return [(name, line) for name, line in found if line.startswith("linne ")]


def snippets() -> list[tuple[str, str]]:
    """Each once, with the first page that has it: the Chinese pages have the same ones."""
    found = {block: page.name for page in reversed(PAGES) for block in blocks(page, "python") if "def " not in block}
    return [(name, block) for block, name in reversed(found.items())]


@cache
def told(verb: str) -> str:
    """What a command's help says; read once, since many lines name the same one."""
    with redirect_stdout(StringIO()) as shown:
        assert cli.main([verb, "--help"]) == 0
    return shown.getvalue()


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda value: value[:60])
def test_every_command_exists(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    if words[0].startswith("-"):
        return
    assert words[0] in cli.verbs(), f"{page}: {line}"
    shown = told(words[0])
    for word in words[1:]:
        if word.startswith("--"):
            assert word.split("=")[0] in shown, f"{page}: {line}: there is no {word}"


@pytest.mark.parametrize(("page", "code"), snippets(), ids=lambda value: value[:40])
def test_every_snippet_runs(page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "photos", 6)
    write_folder(tmp_path / "new", 1, start=50)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {"photos": load("photos"), "Images": Images})  # noqa: S102


def test_every_picture_and_link_is_there() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name} points at {link}, which is not there"


def test_readme_names_its_two_commands() -> None:
    first, second = blocks(ROOT / "README.md", "sh")[:2]
    assert "linne demo" in first
    assert "pytest" in second
    assert "README.md" in (ROOT / ".ci" / "run").read_text()

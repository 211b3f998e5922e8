import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from linne import cli
from linne.core.lookup import kinds


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "linne", *words], capture_output=True, text=True, cwd=cwd)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom linne.cli import main\n"
        "for words in (['--help'], ['train', '--help'], ['list', 'metric']): main(words)\n"
        "heavy = {'torch', 'timm', 'sklearn', 'scipy', 'openvino', 'pandas', 'pyarrow', 'PIL', 'jinja2'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout
    for verb in cli.verbs():
        assert verb in done.stdout


def test_importing_linne_is_quick() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import linne, sys; print(len(sys.modules))"], capture_output=True, text=True
    )
    assert int(done.stdout) < 120, "import linne loads the names only when they are used"


@pytest.mark.parametrize("verb", cli.verbs())
def test_every_verb_has_help_with_every_flag_explained(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: linne {verb}" in shown
    assert "--json" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian", "x"], "Did you mean 'train'?"),
        (["train", "x", "--augmnet", "flip"], "augment"),
        (["train", "x", "--augment", "flipp"], "Did you mean 'flip'?"),
        (["train", "x", "--metric", "acuracy"], "Did you mean 'accuracy'?"),
        (["train", "no-such-folder"], "no-such-folder"),
        (["train", "x", "--copies", "2"], "has no effect without augment"),
        (["train", "x", "--folds", "many"], "many"),
        (["list", "metrics"], "Did you mean 'metric'?"),
        (["check", "x", "--fail-on", "hihg"], "Did you mean 'high'?"),
        (["check", "x", "--only", "duplicate"], "Did you mean 'duplicates'?"),
        (["search", "x", "--space", "lr,deacy"], "Did you mean 'decay'?"),
        (["search", "x", "--space", "metric"], "metric cannot be searched"),
        (["search", "x", "--space", "none"], "x"),
        (["search", "x", "--lr", "find"], "Name lr in --space"),
        (["predict", "no-run", "x"], "There is no run"),
        (["report", "no-run"], "There is no run"),
        (["cache", "--keep-mb", "-1"], "cannot hold"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_right_word(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    found = capfd.readouterr()
    assert said in found.err
    assert "Traceback" not in found.err
    assert found.out == ""
    assert list(tmp_path.iterdir()) == [], "a mistake writes nothing"


def test_a_mistake_ends_the_command_with_2(tmp_path: Path) -> None:
    done = run("train", "x", "--augmnet", "flip", cwd=tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert "augment" in done.stderr
    assert "Traceback" not in done.stderr


def test_list_names_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} == {*kinds(), "recipe"}
    assert cli.main(["list", "augment"]) == 0
    assert "degrees=15.0" in capsys.readouterr().out


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_app", stop)
    assert cli.main(["train", "x"]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_completion_can_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    begun = time.monotonic()
    assert cli.main(["--install-completion"]) == 0
    assert any("linne" in path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert time.monotonic() - begun < 60

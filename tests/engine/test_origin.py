"""Whose recipe a file is: the ablation or search beside it that says the same command, and nobody else's."""

import json
from pathlib import Path
from typing import Any

import pytest

from linne.core.recipe import Recipe
from linne.engine.origin import origin

COMMAND = "linne ablate photos --tricks all --out runs/x"


def wrote(path: Path, kind: str = "ablation", **more: Any) -> Path:
    """The recipe of an ablation or a search, with its JSON beside it."""
    result = {"command": COMMAND, "recipe": {"method": "tail", "mix": "mixup", "epochs": 2.0}, **more}
    path.mkdir()
    if kind == "ablation":
        (path / "ablation.json").write_text(json.dumps({"command": "", "result": result | {"added": []}}))
    else:
        (path / "report.json").write_text(json.dumps(result | {"trials": []}))
    (path / "recipe.toml").write_text(f'# {COMMAND}\n# kept\nmethod = "tail"\nmix = "mixup"\nepochs = 2.0\n')
    return path / "recipe.toml"


@pytest.mark.parametrize("kind", ["ablation", "search"])
def test_what_wrote_the_file(kind: str, tmp_path: Path) -> None:
    file = wrote(tmp_path / "x", kind)
    found = origin(str(file), Recipe.load(file))
    assert found is not None
    assert (found["kind"], found["file"], found["command"], found["otherwise"]) == (kind, str(file), COMMAND, {})
    assert found["found"]["recipe"] == {"method": "tail", "mix": "mixup", "epochs": 2.0}


def test_flags_over_it_and_edits_of_it_are_told(tmp_path: Path) -> None:
    file = wrote(tmp_path / "x")
    file.write_text(file.read_text().replace("epochs = 2.0", "epochs = 3.0"))
    found = origin(file, Recipe.of({"mix": "", "minutes": 10.0}, Recipe.load(file)))
    assert found is not None
    assert found["otherwise"] == {"mix": ["mixup", ""], "epochs": [2.0, 3.0]}, "time is nobody's choice"


def test_nobody_s(tmp_path: Path) -> None:
    file = wrote(tmp_path / "x")
    recipe = Recipe.load(file)
    alone = tmp_path / "recipe.toml"
    alone.write_text(file.read_text())
    assert origin(alone, recipe) is None, "nothing lies beside it"
    assert origin("clothing", recipe) is None, "a name, no file"
    assert origin(recipe, recipe) is None
    assert origin(None, recipe) is None
    other = tmp_path / "x" / "other.toml"
    other.write_text('method = "tail"\n')
    assert origin(other, recipe) is None, "another file in the same folder"
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(f"# {COMMAND}\n")
    (run / "report.json").write_text(json.dumps({"command": COMMAND, "recipe": {}}))
    assert origin(run / "recipe.toml", recipe) is None, "a run's report is no search"


@pytest.mark.parametrize("text", ["{half", "[]", "3", '{"result": null}', '{"recipe": ""}'])
def test_files_that_are_none(text: str, tmp_path: Path) -> None:
    file = wrote(tmp_path / "x")
    (tmp_path / "x" / "ablation.json").write_text(text)
    assert origin(file, Recipe.load(file)) is None


def test_settings_of_another_version(tmp_path: Path) -> None:
    file = wrote(tmp_path / "x", recipe={"gone": 1})
    assert origin(file, Recipe.load(file)) is None

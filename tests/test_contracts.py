"""Every trick keeps its kind's contract; tricks are met by names(), never listed here."""

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linne.core import lookup

OFFERED = {
    "source": {"path"},
    "split": {"images", "rng"},
    "plant": {"images", "rng"},
    "check": {"images", "facts", "features", "predictions", "rng", "seed"},
    "model": {"name", "classes", "channels", "size"},
    "runtime": {"network", "size"},
    "export": {"run", "path"},
    "runner": {"content", "entry"},
    "augment": {"image", "rng", "size", "epoch", "content"},
    "metric": {"predictions", "weights"},
    "calibrate": {"predictions", "features"},
    "unknown": {"predictions", "features", "weight", "bias"},
    "sets": {"predictions", "draws", "coverage", "error", "wanted", "table", "tree"},
    "view": {"size", "content"},
    "fuse": {"predictions", "weights", "score"},
    "classic": {"features", "targets", "rng"},
    "optimizer": {"groups"},
    "schedule": {"progress", "history", "step", "steps", "epochs"},
    "init": {"module", "example"},
    "hook": {"oof"},
    "loss": {"logits", "targets", "counts", "progress", "rows", "features"},
    "mix": {"images", "targets", "rng", "counts"},
    "surgery": {"module"},
    "head": {"width", "classes"},
    "sampler": {"labels", "rng", "progress", "losses"},
    "method": {"model", "loss", "images", "classes", "device", "teach", "prior"},
    "query": {"predictions", "features", "known", "committee", "rng", "n"},
    "generator": {"images", "classes", "channels", "size", "device"},
    "labels": {"images", "sizes", "ways"},
    "explain": {"pixels", "targets", "features", "known", "score", "maps", "gradients", "weight"},
}
CALLED = {"method": {"batch", "progress", "player"}, "generator": {"batch", "progress", "player"}}
"""Kinds whose tricks are classes, and what an instance is offered when it is called."""
TRICKS = [(kind, name) for kind in lookup.kinds() for name in lookup.names(kind)]
IDS = [f"{kind}-{name}" for kind, name in TRICKS]
ROOT = Path(__file__).parent.parent


def test_the_surgery_that_a_method_needs_is_there() -> None:
    needed = {name: lookup.declared("method", name, "surgery", "") for name in lookup.names("method")}
    assert {name: one for name, one in needed.items() if one} == {"bbn": "branches", "wsdan": "attentive"}
    assert set(needed.values()) - {""} <= set(lookup.names("surgery"))


def test_every_kind_has_a_contract() -> None:
    assert set(lookup.kinds()) == set(OFFERED)


@pytest.mark.parametrize(("kind", "name"), TRICKS, ids=IDS)
def test_asks_for_nothing_else(kind: str, name: str) -> None:
    trick = lookup.find(kind, name)
    assert trick.__name__ == name
    taken = inspect.signature(trick).parameters.values()
    before = {p.name for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD}
    assert before <= OFFERED[kind], f"{kind} {name} asks for {before - OFFERED[kind]}"
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in taken)
    assert all(p.default is not p.empty for p in taken if p.kind is p.KEYWORD_ONLY), "an option has a default"


@pytest.mark.parametrize(("kind", "name"), [trick for trick in TRICKS if trick[0] in CALLED])
def test_an_instance_asks_for_nothing_else(kind: str, name: str) -> None:
    trick = lookup.find(kind, name)
    assert inspect.isclass(trick)
    asked = set(inspect.signature(vars(trick)["__call__"]).parameters) - {"self"}
    assert asked <= CALLED[kind], f"{kind} {name} asks for {asked - CALLED[kind]}"


@pytest.mark.parametrize(("kind", "name"), TRICKS, ids=IDS)
def test_describes_itself(kind: str, name: str) -> None:
    line, options = lookup.describe(kind, name)
    assert re.match(rf"{re.escape(name)}[: ]", line.lower()), f"the first line begins with the trick's name: {line!r}"
    trick = lookup.find(kind, name)
    taken = [p.name for p in inspect.signature(trick).parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert [option for option, _ in options] == taken
    doc = inspect.getdoc(trick) or ""
    for option in taken:
        assert re.search(rf"\b{option}\b", doc), f"{kind} {name}: the docstring does not explain {option!r}"


@pytest.mark.parametrize(("kind", "name"), TRICKS, ids=IDS)
def test_has_a_test(kind: str, name: str) -> None:
    module = lookup.HOME / f"{kind}.py"
    folder = ROOT / "tests" / "tricks"
    if module.exists():  # a kind in one module has its tests in one, a function a trick
        assert re.search(rf"^def test_{name}\b", (folder / f"test_{kind}.py").read_text(), re.MULTILINE)
    else:
        assert (folder / kind / f"test_{name}.py").exists()


def test_nobody_needs_a_trick(tmp_path: Path) -> None:
    """Without any trick the package still imports, and says what is missing when one is asked for."""
    shutil.copytree(ROOT / "linne", tmp_path / "linne", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (tmp_path / "linne" / "tricks").rglob("*.py"):
        if file.name != "__init__.py":
            file.unlink()
    code = (
        "import linne, pkgutil, importlib\n"
        "for m in pkgutil.walk_packages(linne.__path__, 'linne.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "print(linne.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout

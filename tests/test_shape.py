"""The house keeps its shape: who imports whom, sizes, no cycles, no trick imported by anybody."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent / "linne"
FILES = sorted(path for path in HOME.rglob("*.py"))
FLOORS = {"core": 0, "tricks": 1, "engine": 1, "web": 2, "verbs": 3}
"""A file imports its own floor and those below; `tricks` and `engine` do not see each other."""
TOP = 4


def floor(path: Path) -> str:
    inside = path.relative_to(HOME).parts
    return inside[0] if len(inside) > 1 else "top"


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def imports(path: Path, anywhere: bool = True) -> list[str]:
    """Every module of linne that a file imports, anywhere in it or at its top, as dotted names below linne."""
    package = ["linne", *path.relative_to(HOME).with_suffix("").parts]
    found = []
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree) if anywhere else tree.body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: -node.level]
            found += (
                [".".join([*base, *([node.module] if node.module else [])])]
                if node.module
                else [".".join([*base, alias.name]) for alias in node.names]
            )
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return [name.removeprefix("linne.") for name in found if name.startswith("linne.")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_arrows_go_down(path: Path) -> None:
    mine = floor(path)
    for name in imports(path):
        theirs = name.split(".")[0]
        if mine == "tricks":
            own = f"tricks.{path.relative_to(HOME).parts[1]}._"
            assert theirs == "core" or name.startswith(own), (
                f"{path}: a trick imports core and its kind's _helpers: {name}"
            )
        else:
            assert theirs != "tricks", f"{path} imports the trick {name}: use find()"
            assert FLOORS.get(theirs, TOP) <= FLOORS.get(mine, TOP), f"{path} imports upwards: {name}"


def test_no_cycles() -> None:
    graph = {}
    for path in FILES:
        own = ".".join(path.relative_to(HOME).with_suffix("").parts)
        graph[own] = set(imports(path, anywhere=False))
    state: dict[str, int] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if state.get(name) == 2 or name not in graph:
            return
        assert state.get(name) != 1, f"imports in a circle: {' -> '.join([*way, name])}"
        state[name] = 1
        for other in graph[name]:
            visit(other, (*way, name))
        state[name] = 2

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_sizes(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= 400, f"{path} has {lines} lines"
    for node in functions(path):
        body = node.body[1:] if ast.get_docstring(node) else node.body
        length = (node.end_lineno or 0) - (body[0].lineno if body else node.lineno) + 1
        assert length <= 50, f"{path}:{node.lineno} {node.name} has {length} lines"
        count = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - (
            node.args.args[:1] != [] and node.args.args[0].arg == "self"
        )
        assert count <= 8, f"{path}:{node.lineno} {node.name} takes {count} parameters"


def test_medians() -> None:
    sizes = sorted(path.read_text().count("\n") for path in FILES)
    lengths = sorted((node.end_lineno or 0) - node.lineno + 1 for path in FILES for node in functions(path))
    assert sizes[len(sizes) // 2] <= 150
    assert lengths[len(lengths) // 2] <= 12
    assert sum(length <= 25 for length in lengths) >= 0.85 * len(lengths)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_says_and_shuns(path: Path) -> None:
    """A docstring for every module and public function; no assert, eval, pickle or unsafe load outside tests."""
    tree = ast.parse(path.read_text())
    text = path.read_text()
    if path.name != "__init__.py":
        assert ast.get_docstring(tree), f"{path} has no docstring"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_":
            assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name} has no docstring"
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"{path}:{node.lineno} asserts"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "pickle.load", "pickle.loads", "joblib.load"), f"{path}:{node.lineno}"
            if called == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords)
            if called in ("np.load", "numpy.load"):
                assert all(k.arg != "allow_pickle" or ast.unparse(k.value) == "False" for k in node.keywords)
    assert "extractall" not in text


def test_floors_are_all_there() -> None:
    assert {floor(path) for path in FILES} == {*FLOORS, "top"}
    assert all(low <= high for low, high in pairwise(sorted(FLOORS.values())))

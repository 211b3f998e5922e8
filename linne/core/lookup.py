"""Tricks by file name: `find("mix", "fmix")` is `fmix` in `linne/tricks/mix/fmix.py`. Nothing is listed anywhere.

Other packages add tricks by entry points in the group `linne.tricks.<kind>`. First docstring lines, signatures and
declared constants are read with `ast`, so that listing imports nothing.
"""

import ast
import functools
import importlib
import inspect
from collections.abc import Callable
from functools import lru_cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from .errors import OptionError, nearest
from .spec import PARSING, Spec, parse

HOME = Path(__file__).parent.parent / "tricks"


@lru_cache
def kinds() -> tuple[str, ...]:
    """Every kind of trick: the folders and modules of `linne/tricks`."""
    found = {path.stem for path in HOME.iterdir() if path.stem[0] != "_" and (path.suffix == ".py" or _holds(path))}
    return tuple(sorted(found))


@lru_cache
def names(kind: str) -> tuple[str, ...]:
    """Every trick of a kind, other packages' included, sorted."""
    return tuple(sorted({*_files(kind), *_foreign(kind)}))


def find(kind: str, spec: "str | Spec | Callable[..., Any]") -> Callable[..., Any]:
    """The trick that `spec` names, its options bound; a callable is returned as it is.

    Raises OptionError for a kind, name or option that is not there, with the nearest right one.
    """
    if callable(spec) and not isinstance(spec, Spec):
        return spec
    if isinstance(spec, str):
        parts = parse(spec)
        if len(parts) != 1:
            raise OptionError(f"{kind} takes one trick, got {len(parts)}: {spec!r}.")
        spec = parts[0]
    trick, head = _load(kind, spec.name)
    options = bind(kind, spec, trick)
    return partial(trick, *head, **options) if head or options else trick


def bind(kind: str, spec: Spec, trick: Callable[..., Any]) -> dict[str, Any]:
    """The options of `spec` by name, checked against what the trick takes after its star."""
    allowed = [p.name for p in inspect.signature(trick).parameters.values() if p.kind is p.KEYWORD_ONLY]
    if len(spec.args) > len(allowed):
        raise OptionError(
            f"{kind} {spec.name!r} takes at most {len(allowed)} options ({', '.join(allowed) or 'none'}), "
            f"got {len(spec.args)}: {spec}."
        )
    options = dict(zip(allowed, spec.args, strict=False))
    for name, value in spec.options:
        if name not in allowed:
            raise OptionError(f"{kind} {spec.name!r} has no option {name!r}. {nearest(name, allowed)}")
        if name in options:
            raise OptionError(f"{kind} {spec.name!r}: option {name!r} is given twice in {spec}.")
        options[name] = value
    return options


def offer(trick: Callable[..., Any], **offered: Any) -> Any:
    """Call a trick with what it asks for by name out of what its kind offers."""
    return trick(**{name: offered[name] for name in _asks(trick) if name in offered})


def _asks(trick: Callable[..., Any]) -> tuple[str, ...]:
    """What a trick asks for by name; read once, since loops ask for it in every step."""
    try:
        return _asked(trick)
    except TypeError:  # cannot be hashed
        return _asked.__wrapped__(trick)


@lru_cache(maxsize=512)
def _asked(trick: Callable[..., Any]) -> tuple[str, ...]:
    taken = inspect.signature(trick).parameters.values()
    return tuple(p.name for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD)


def declared(kind: str, name: str, constant: str, default: Any = None) -> Any:
    """A literal that the trick's file declares at its top level (`suffixes`, `scope`, ...), read without import."""
    return _literals(_files(kind)[name]).get(constant, default) if name in _files(kind) else default


def describe(kind: str, name: str) -> tuple[str, list[tuple[str, str]]]:
    """(first docstring line, [(option, default as written)]) of a trick, read without import."""
    path = _files(kind).get(name)
    if path is None:
        return next((f"from {e.value.split(':')[0]}" for e in _points(kind) if e.name == name), ""), []
    tree = _tree(path)
    public = next((n for n in tree.body if getattr(n, "name", None) == name), None)
    own = (ast.get_docstring(public) if isinstance(public, (ast.FunctionDef, ast.ClassDef)) else None) or ""
    text = own if path.stem == kind else (ast.get_docstring(tree) or own)
    return text.split("\n")[0], _options(public)


@lru_cache
def _files(kind: str) -> dict[str, Path]:
    if kind not in kinds():
        raise OptionError(f"There is no kind of trick called {kind!r}. {nearest(kind, kinds())}")
    module = HOME / f"{kind}.py"
    if module.exists():
        defs = (ast.FunctionDef, ast.ClassDef)
        return {node.name: module for node in _tree(module).body if isinstance(node, defs) and node.name[0] != "_"}
    return {path.stem: path for path in sorted((HOME / kind).glob("*.py")) if path.stem[0] != "_"}


def _load(kind: str, name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if name in _files(kind):
        path = _files(kind)[name]
        module = importlib.import_module(f"linne.tricks.{kind}" + ("" if path.stem == kind else f".{name}"))
        return getattr(module, name), ()
    for family in (f for f in _files(kind) if declared(kind, f, "family", False)):
        module = importlib.import_module(f"linne.tricks.{kind}.{family}")
        if module.has(name):
            return getattr(module, family), (name,)
    for point in _points(kind):
        if point.name == name:
            return point.load(), ()
    raise OptionError(f"There is no {kind} called {name!r}. {nearest(name, names(kind))}")


@lru_cache
def _points(kind: str) -> tuple[Any, ...]:
    return tuple(entry_points(group=f"linne.tricks.{kind}"))


def _foreign(kind: str) -> set[str]:
    return {point.name for point in _points(kind)}


def _holds(path: Path) -> bool:
    return path.is_dir() and any(file.stem[0] != "_" for file in path.glob("*.py"))


@functools.cache
def _tree(path: Path) -> ast.Module:
    with PARSING:
        return ast.parse(path.read_text(encoding="utf-8"))


def _literals(path: Path) -> dict[str, Any]:
    found = {}
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def _options(node: ast.AST | None) -> list[tuple[str, str]]:
    if isinstance(node, ast.ClassDef):
        node = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if not isinstance(node, ast.FunctionDef):
        return []
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return [(arg.arg, ast.unparse(default) if default else "") for arg, default in pairs]

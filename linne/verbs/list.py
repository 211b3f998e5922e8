"""linne list: every trick, with its first line and options; every network, with its size and its weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..core.errors import OptionError, nearest
from ..core.lookup import describe, kinds, names
from ..core.recipe import SHIPPED, shipped_names
from ..core.zoo import Entry, Weights, entries, usual, whereabouts

PAGE = ("export", "web", "web: a page that classifies in a browser, offline, by ONNX Runtime Web (MIT)", "webgpu=True")
"""What linne export takes beside the tricks of its kind: a page is made of a finished bundle."""
HEADINGS = ("network", "parameters", "MACs", "input", "licence", "weights")


@dataclass(frozen=True)
class Tricks:
    """rows: kind, name, first line and options of each trick. networks: name, what the index knows, where the weights
    are."""

    rows: tuple[tuple[str, str, str, str], ...] = ()
    networks: tuple[tuple[str, Entry, Weights | None], ...] = ()
    hint: str = ""

    def text(self) -> str:
        """For a terminal: a block a kind, a table of networks."""
        lines = []
        width = max((len(row[1]) for row in self.rows), default=0)
        for kind in sorted({row[0] for row in self.rows}):
            lines += ["", kind]
            for _, name, line, options in (row for row in self.rows if row[0] == kind):
                lines.append(f"  {name:{width}}  {line.removeprefix(f'{name}: ')}")
                if options:
                    lines.append(f"  {'':{width}}  options: {options}")
        return "\n".join([*lines, *_table(self.networks), *([self.hint] if self.hint else [])]).strip("\n")

    def data(self) -> Sequence[dict[str, Any]]:
        """JSON-ready."""
        tricks: Any = [dict(zip(("kind", "name", "line", "options"), row, strict=True)) for row in self.rows]
        return [*tricks, *({"kind": "model", **_facts(*each)} for each in self.networks)]


def list(kind: str | None = None, pattern: str | None = None) -> Tricks:
    """List every trick, or those of one kind, with its first line and options. Nothing is imported.

    Networks by a pattern come with parameters, multiply-adds, input, the licence of their weights, and where these
    are: here (an installed package, or the cache), reachable (a package to install), to be downloaded, or nowhere.

    Parameters
    ----------
    kind
        A kind of trick, e.g. check, metric or augment, or recipe; all kinds when not given.
    pattern
        Names as a shell writes them, in quotes: 'mobile*' or 'resnet?8'; with a dot also the tags: 'resnet50.*'.
    """
    if kind == "model" and pattern:
        return Tricks(networks=_networks(pattern))
    if kind == "recipe":
        if not (chosen := tuple(_recipes(pattern))):
            raise OptionError(f"No recipe is called {pattern!r}. {nearest(pattern or '', shipped_names())}")
        return Tricks(chosen)
    pages = [PAGE] if kind in (None, "export") and fnmatchcase(PAGE[1], pattern or "*") else []
    found = [(each, name) for each in ([kind] if kind else kinds()) for name in names(each)]
    wanted = [(each, name) for each, name in found if not pattern or fnmatchcase(name, pattern)]
    if pattern and not wanted and not pages:
        raise OptionError(f"No {kind} is called {pattern!r}. {nearest(pattern, (name for _, name in found))}")
    rows: Any = [(each, name, *describe(each, name)) for each, name in wanted]
    hint = f"\n{len(entries())} networks by name: linne list model '*'" if kind == "model" and entries() else ""
    tricks = [(k, n, line, ", ".join(f"{o}={d}" if d else o for o, d in opts)) for k, n, line, opts in rows]
    return Tricks((*tricks, *pages, *(() if kind else _recipes(pattern))), hint=hint)


def _recipes(pattern: str | None) -> Iterator[tuple[str, str, str, str]]:
    """The recipes that ship with Linne, each with its first sentence and its settings."""
    for name in shipped_names():
        if fnmatchcase(name, pattern or "*"):
            lines = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8").splitlines()
            told = " ".join(line[2:] for line in lines if line.startswith("# "))
            own = ", ".join(line.replace(" = ", "=") for line in lines if line and line[0] != "#")
            yield "recipe", name, f"{told.split('. ')[0]}.", own


def _networks(pattern: str) -> tuple[tuple[str, Entry, Weights | None], ...]:
    """(name, entry, weights) of every network that the pattern names; of every tag where it has a dot."""
    known = entries()
    every = {**{name: known[own] for name, own in usual().items() if own in known}, **known}
    tagged = "." in pattern
    found = (
        (f"{name}.{one.tag}" if tagged and one else name, entry, one)
        for name, entry in sorted(every.items())
        for one in ((entry.weights or (None,)) if tagged else entry.weights[:1] or (None,))
    )
    wanted = tuple(row for row in found if fnmatchcase(row[0], pattern))
    if not wanted:
        raise OptionError(f"No model is called {pattern!r}. {nearest(pattern, every)}")
    return wanted


def _facts(name: str, entry: Entry, weights: Weights | None) -> dict[str, Any]:
    return {
        "name": name, "family": entry.family, "also": entry.also, "parameters": entry.parameters, "macs": entry.macs,
        "size": weights.size if weights else entry.size, "licence": weights.licence if weights else "",
        "weights": whereabouts(entry, weights),
    }  # fmt: skip


def _table(networks: Sequence[tuple[str, Entry, Weights | None]]) -> Iterator[str]:
    """The networks as a table, with a line for what a number or a name means."""
    if not networks:
        return
    rows = [HEADINGS, *(_cells(_facts(*each)) for each in networks)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    for row in rows:
        cells = (
            f"{cell:>{w}}" if place in (1, 2, 3) else f"{cell:{w}}"
            for place, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
    both = [entry.name for _, entry, _ in networks if entry.also]
    if both:
        yield f"\nThe name is timm's; torchvision's is written torchvision:{both[0]}" + (", ..." if both[1:] else "")


def _cells(facts: dict[str, Any]) -> tuple[str, ...]:
    size, licence = f"{facts['size']} px", facts["licence"]
    stated = licence or ("-" if facts["weights"] == "none" else "not stated")
    return facts["name"], _short(facts["parameters"]), _short(facts["macs"]), size, stated, facts["weights"]


def _short(count: int) -> str:
    """A number with two or three figures: 61 K, 4.2 M, 1.8 G; "?" where it is not known."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "K")):
        if count >= unit:
            return f"{count / unit:.{1 if count < 10 * unit else 0}f} {letter}"
    return str(count) if count else "?"

"""The pages that are made of the program: one a verb, one a kind of trick, one of a run's settings, as Markdown.

    python docs/reference.py            # writes docs/reference/; the site's build does so by itself

Docstrings and signatures are read without importing a trick. A picture that bench/shots.py made of a verb, and what it
printed, stand in the verb's page.
"""

import ast
import inspect
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from typing import Any

from linne.cli import verbs
from linne.core.lookup import HOME, describe, kinds, names
from linne.core.recipe import Recipe
from linne.core.zoo import entries

DOCS = Path(__file__).resolve().parent
OUT = DOCS / "reference"
SHOTS = DOCS / "shots"
MARKS = re.compile(r"([\\*_<>\[\]#|{}$~^`])")
"""What Markdown would take for marks."""
SEE = {
    "train": ("start", "training", "tricks", "statistics"), "check": ("wrong_labels", "overlay", "noise"),
    "predict": ("guarantees", "unknown", "explain"), "evaluate": ("ensembles", "statistics"),
    "report": ("statistics", "sure_and_wrong"), "compare": ("compare", "statistics"), "curve": ("compare",),
    "suggest": ("suggest", "ten"), "synthesize": ("synthesize",), "search": ("searching",), "ablate": ("competition",),
    "monitor": ("monitor",), "enrol": ("gallery",), "identify": ("gallery",), "same": ("gallery",),
    "gallery": ("gallery",), "episodes": ("few",), "recognition": ("recognition",), "preview": ("tricks",),
    "expand": ("tricks",), "demo": ("start",), "list": ("tricks",), "cache": ("training",),
    "export": ("export", "browser"), "verify": ("export", "browser"), "serve": ("browser",),
    "studio": ("studio", "wrong_labels", "ten"),
    "labels": ("labels",), "map": ("studio",), "batch": ("serve",), "deploy": ("serve", "export"),
    "label_studio": ("labels", "studio"),
}  # fmt: skip
"""Where to read on, of each verb; a verb that is not named has no further page."""
ABOUT = {
    "source": "where pictures come from", "split": "who learns and who judges", "check": "what may be wrong with data",
    "plant": "known faults, planted to test with", "model": "networks", "surgery": "changes to any network",
    "init": "how weights begin", "head": "features to logits", "classic": "classical learners on features",
    "augment": "views of one picture", "mix": "blends of pictures and labels", "loss": "what is to be small",
    "sampler": "which pictures, in what order", "optimizer": "how weights step", "schedule": "the rate over a run",
    "method": "how a batch becomes a loss", "generator": "pictures that nobody took", "hook": "what watches a run",
    "metric": "figures", "view": "several looks at a picture", "fuse": "several answers into one",
    "calibrate": "honest probabilities", "unknown": "how strange a picture is", "sets": "sets and abstention",
    "query": "what to label next", "explain": "why it said so", "runtime": "how a network is run",
    "export": "a trained network as files of other programs", "runner": "what runs an exported network",
    "labels": "labels as files of other programs",
}  # fmt: skip
FLAGS = {"model", "surgery", "init", "head", "classic", "augment", "mix", "loss", "sampler", "optimizer", "schedule",
         "method", "hook", "metric", "view", "fuse", "calibrate", "unknown", "split", "check", "runtime",
         "explain", "query"}  # fmt: skip
"""Kinds whose name is a flag of some verb."""

FIRST = "figures"
"""The picture of several that stands first; the others go by their names."""


def verb(name: str) -> str:
    """A verb's page: what it does, its arguments, a picture of it, where to read on."""
    function = getattr(import_module(f"linne.verbs.{name}"), name)
    text, told = split(inspect.getdoc(function) or "")
    taken = [one for one in inspect.signature(function).parameters.values() if one.name != "log"]
    needed = [one.name.upper() for one in taken if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    lines = [f"# linne {name}", "", prose(text), "", "```console", " ".join(["linne", name, *needed]), "```", ""]
    lines += shown(name)
    rows = [f"| {flag(one)} | {cell(told.get(one.name, ''))} |" for one in taken if one.kind is not one.VAR_KEYWORD]
    lines += ["## Arguments", "", "| argument | meaning |", "|---|---|", *rows, ""] if rows else []
    own = getattr(import_module(f"linne.verbs.{name}"), "OPTIONS", None)
    if own is not None:
        told = [f"| `--{one.name.replace('_', '-')}` | {cell(one.metadata['help'])} |" for one in fields(own)]
        lines += ["## Settings", "", "| setting | meaning |", "|---|---|", *told, ""]
    elif any(one.kind is one.VAR_KEYWORD for one in taken):
        where = f"`linne {name} --help` lists them, and [settings](settings.md) explains each"
        lines += [f"Beside these it takes settings of a run that it uses: {where}.", ""]
    more = [page for page in SEE.get(name, ()) if (DOCS / f"{page}.md").exists()]
    lines += ["Read on: " + ", ".join(f"[{heading(page)}](../{page}.md)" for page in more) + "."] if more else []
    return "\n".join(lines) + "\n"


def shown(name: str) -> list[str]:
    """What it printed and what it looks like, where bench/shots.py made some."""
    printed, pictures = SHOTS / f"{name}.txt", sorted(SHOTS.glob(f"{name}-*.png"), key=order)
    lines = []
    if printed.exists():
        lines += ["```text", printed.read_text(encoding="utf-8").rstrip(), "```", ""]
    for picture in pictures:
        what = picture.stem.removeprefix(name).strip("-") or "its page"
        lines += [f"![linne {name}: {what}](../shots/{picture.name})", ""]
    return lines


def order(picture: Path) -> tuple[bool, str]:
    """What pictures of a verb are sorted by."""
    return FIRST not in picture.stem, picture.stem


def split(doc: str) -> tuple[str, dict[str, str]]:
    """A docstring's text before its list of parameters, and each parameter's meaning in one line."""
    text, _, rest = doc.partition("\nParameters\n----------\n")
    told: dict[str, list[str]] = {}
    name = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            name = line.strip()
            told[name] = []
        elif line.strip() and name:
            told[name].append(line.strip())
    return text.strip(), {name: " ".join(lines) for name, lines in told.items()}


def flag(one: inspect.Parameter) -> str:
    """How the command line says a parameter, with what it is when left out."""
    if one.default is one.empty:
        return f"`{one.name.upper()}`"
    usual = "" if one.default in (None, False, "") else f" ({one.default})"
    return f"`--{one.name.replace('_', '-')}`{usual}"


def cell(text: str) -> str:
    """Text for a table's cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def heading(page: str) -> str:
    """The first heading of a hand-written page."""
    return (DOCS / f"{page}.md").read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def kind(name: str) -> str:
    """A kind's page: every trick of it with its first line, its options, and what its docstring says."""
    lines = [f"# {name}: {ABOUT.get(name, 'tricks')}", ""]
    lines += [
        f"Given as `--{name} NAME`, with options as `NAME(option=value)`; several of a chain with commas.",
        "",
    ] * (name in FLAGS)
    if name == "model" and entries():
        count = f"{len(entries()):,} networks of timm and torchvision"
        lines += [f"Beside these, {count} by name: `linne list model '*'`.", ""]
    lines += [part for trick in names(name) for part in entry(name, trick)]
    return "\n".join(lines) + "\n"


def entry(of: str, name: str) -> list[str]:
    """A trick: its name, its first line with the source, its options, and the rest of what is written of it."""
    line, options = describe(of, name)
    lines = [f"## {name}", "", prose(line.removeprefix(f"{name}: ")), ""]
    if options:
        told = ", ".join(f"`{key}={value}`" if value else f"`{key}`" for key, value in options)
        lines += [f"Options: {told}.", ""]
    return [*lines, more(of, name), ""]


def more(of: str, name: str) -> str:
    """What a trick's own docstring says, as a block that keeps its lines."""
    path = HOME / of / f"{name}.py"
    if not path.exists():
        path = HOME / f"{of}.py"
    if not path.exists():
        return ""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = next((one for one in tree.body if getattr(one, "name", None) == name), None)
    own = ast.get_docstring(public) if isinstance(public, (ast.FunctionDef, ast.ClassDef)) else None
    if not own or own.split("\n")[0] == describe(of, name)[0]:
        return ""
    return prose(own)


def prose(text: str) -> str:
    """A docstring as Markdown: its paragraphs, with what Markdown would take for marks made plain."""
    out = []
    for part in text.split("\n\n"):
        lines = part.splitlines()
        if any(line.startswith((" ", "- ", ">>>")) for line in lines):
            out.append(f"```text\n{part}\n```")
            continue
        pieces = re.split(r"(`[^`]*`)", " ".join(lines))
        out.append("".join(one if one[:1] == "`" else MARKS.sub(r"\\\1", one) for one in pieces))
    return "\n\n".join(out) + "\n"


def settings() -> str:
    """Every setting of a run: its name, what it is when left out, what it does."""
    rows = [f"| `{one.name}` | `{one.default!r}` | {cell(one.metadata['help'])} |" for one in fields(Recipe)]
    lead = (
        "The same names are flags (`--layer-decay`), keys of a recipe (`layer_decay = 0.7`) and keywords in Python. "
        "A setting without effect is an error."
    )
    head = "| setting | default | what it does |\n|---|---|---|"
    return "\n".join(["# Settings of a run", "", lead, "", head, *rows, ""])


def does(name: str) -> str:
    """What a verb does, in its docstring's first sentence."""
    doc = inspect.getdoc(getattr(import_module(f"linne.verbs.{name}"), name)) or ""
    return prose(re.split(r"(?<=[.?])\s|\n\n", doc, maxsplit=1)[0]).strip()


def listed(title: str, lead: str, pages: "list[tuple[str, str]]", told: "dict[str, str] | None" = None) -> str:
    """A page that leads to others. pages: (heading, name) each; told: what is said of some, by name."""
    said = {name: f": {text}" for name, text in (told or {}).items()}
    links = [f"- [{head}]({name}.md){said.get(name, '')}" for head, name in pages]
    tree = ["```{toctree}", ":hidden:", ":maxdepth: 1", "", *(name for _, name in pages), "```"]
    return "\n".join([f"# {title}", "", lead, "", *links, "", *tree, ""])


def more_pages(ending: str) -> list[tuple[str, str]]:
    """Hand-written pages that no index names, by their headings. ending: ".md" of English ones, ".zh.md"."""
    told = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("index.md", "index.zh.md"))
    named = {line.strip() for line in told.splitlines()} | {"index", "index.zh"}
    stems = sorted(path.name.removesuffix(".md") for path in DOCS.glob("*.md"))
    wanted = [stem for stem in stems if stem.endswith(".zh") == (ending == ".zh.md") and stem not in named]
    return [(heading(stem), f"../{stem}") for stem in wanted]


def written(out: Path = OUT) -> list[Path]:
    """Write all pages anew; which they are."""
    rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    pages: dict[str, Any] = {f"verb-{name}": verb(name) for name in verbs()}
    pages |= {f"kind-{name}": kind(name) for name in kinds()} | {"settings": settings()}
    told = [(f"linne {name}", f"verb-{name}") for name in verbs()]
    lead, first = (
        "One page each; `linne NAME --help` says the same in a terminal.",
        {f"verb-{n}": does(n) for n in verbs()},
    )
    pages["verbs"] = listed("Commands", lead, told, first)
    told = [(f"{name}: {ABOUT.get(name, 'tricks')}", f"kind-{name}") for name in kinds()]
    pages["tricks"] = listed("Every trick", "By kind; `linne list KIND` says the same in a terminal.", told)
    for name, title, lead, ending in (("more", "More subjects", "Also written of:", ".md"),
                                      ("more.zh", "更多主题", "还有：", ".zh.md")):  # fmt: skip
        pages[name] = listed(title, lead, more_pages(ending))
    for name, text in pages.items():
        (out / f"{name}.md").write_text(text, encoding="utf-8")
    return [out / f"{name}.md" for name in pages]


if __name__ == "__main__":
    print(f"{len(written())} pages in {OUT}")

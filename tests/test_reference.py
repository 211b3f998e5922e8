"""The pages that are made of the program: every verb, kind, trick and setting is there, with its options and source."""

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pytest

from linne.cli import verbs
from linne.core.lookup import find, kinds, names
from linne.core.recipe import Recipe

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def reference() -> Any:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = reference.written(tmp_path_factory.mktemp("site") / "reference")
    return {page.stem: page.read_text(encoding="utf-8") for page in made}


def test_a_page_a_verb_and_a_kind_and_an_entry_a_trick(pages: dict[str, str]) -> None:
    assert {name for name in pages if name.startswith("verb-")} == {f"verb-{name}" for name in verbs()}
    for kind in kinds():
        headings = [line[3:] for line in pages[f"kind-{kind}"].splitlines() if line.startswith("## ")]
        assert headings == list(names(kind)), kind
    for name in verbs():
        assert f"[linne {name}](verb-{name}.md)" in pages["verbs"]


def test_options_and_arguments_are_the_program_s_own(pages: dict[str, str]) -> None:
    for kind, name in (("mix", "cutmix"), ("loss", "focal"), ("schedule", "cosine"), ("augment", "rotate")):
        entry = pages[f"kind-{kind}"].split(f"\n## {name}\n")[1].split("\n## ")[0]
        taken = inspect.signature(find(kind, name)).parameters.values()
        wanted = [f"`{one.name}={one.default!r}`" for one in taken if one.kind is one.KEYWORD_ONLY]
        assert wanted
        assert all(one in entry for one in wanted), (kind, name, wanted)
    assert "arXiv:1905.04899" in pages["kind-mix"]
    assert "| `--only` (all) |" in pages["verb-check"]
    assert "\nlinne monitor RUN IMAGES\n" in pages["verb-monitor"]
    assert all(f"| `{name}` |" in pages["settings"] for name in Recipe().__dataclass_fields__)


def test_marks_stay_text(reference: Any) -> None:
    assert reference.prose("a < b, [0, 1), x_y *z* and `a_b`") == "a \\< b, \\[0, 1), x\\_y \\*z\\* and `a_b`\n"
    assert reference.prose("one\ntwo\n\n- a list\n  of lines").startswith("one two\n\n```text\n- a list\n")
    assert reference.cell("a | b < c") == "a \\| b &lt; c"


def test_indexes_name_pages_that_are_there_and_no_page_is_left_out(reference: Any, pages: dict[str, str]) -> None:
    for index, ending in (("index.md", ".md"), ("index.zh.md", ".zh.md")):
        listed = [
            line for line in (DOCS / index).read_text(encoding="utf-8").splitlines() if line and line[0].islower()
        ]
        for name in (one for one in listed if " " not in one):
            there = (DOCS / f"{name}.md").exists() or name.removeprefix("reference/") in pages
            assert there, f"{index} names {name}, which is not there"
        more = {name for _, name in reference.more_pages(ending)}
        for page in DOCS.glob(f"*{ending}"):
            stem = page.name.removesuffix(".md")
            if stem.endswith(".zh") == (ending == ".zh.md") and not stem.startswith("index"):
                assert stem in listed or f"../{stem}" in more, stem


def test_no_page_takes_a_name_that_the_site_builder_keeps() -> None:
    assert not {"search", "genindex", "py-modindex"} & {page.stem for page in DOCS.glob("*.md")}

"""A project's arrays: what decisions come to, what is left of them when files change, what cannot be a class."""

import shutil
from pathlib import Path

import pytest

from linne.core.errors import OptionError
from linne.core.load import load
from linne.core.overlay import Overlay, Row, append
from linne.web.studio.project import Answer, Project
from tests.conftest import write_folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(load(write_folder(tmp_path / "photos", 3)), tmp_path / "fixes.csv", "ann")


def said(project: Project, row: int, decision: str, *to: str, **more: str) -> None:
    project.decide([Answer(row, int(project.version[row]), decision, to, **more)])  # type: ignore[arg-type]


def test_what_is_left_out_is_neither_changed_nor_without_a_label(project: Project) -> None:
    for row, decision in enumerate(("relabel", "relabel", "drop", "bad picture", "keep")):
        said(project, row, decision, *["disc"][: decision == "relabel"])
    said(project, 0, "drop")
    told = project.figures()
    assert (told["changed"], told["left_out"], told["decided"], told["blank"]) == (1, 3, 5, 0)
    assert told["counts"] == [1, 3, 5], "labels as they are now, of those too that are left out"


def test_only_what_nobody_has_said_anything_of_waits_for_a_label(tmp_path: Path, project: Project) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in sorted((tmp_path / "photos").rglob("*.jpg"))[:5]:
        shutil.copy(path, flat / path.name)
    project = Project(load(flat), tmp_path / "labels.csv")
    for row, decision in enumerate(("unsure", "drop", "bad picture", "relabel")):
        said(project, row, decision, *["disc"][: decision == "relabel"])
    assert project.blank().tolist() == [False, False, False, False, True]
    assert project.used() == ["disc"]


@pytest.mark.parametrize("name", ["", "  ", ".hidden", "a\nb", "x" * 201, "\x1b[31m"])
def test_what_cannot_be_a_folder_or_a_line_is_no_class(project: Project, name: str) -> None:
    with pytest.raises(OptionError, match="cannot be called"):
        project.add_class(name)
    assert project.add_class(" owl ") == 3
    assert project.add_class("owl") == 3, "it is there"


def test_a_sign_that_stands_between_labels_is_in_none(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "photos", 1) / "disc" / "disc-000.jpg"
    (tmp_path / "a.csv").write_text(f"image,labels\n{path},red;round\n")
    several = Project(load(f"several({tmp_path / 'a.csv'}, label=labels)"), tmp_path / "fixes.csv")
    with pytest.raises(OptionError, match="stands between several labels"):
        several.add_class("red;green")


def test_changes_are_told_from_where_a_page_left_off(project: Project) -> None:
    for row in (0, 1, 0):
        said(project, row, "keep")
    assert [one["row"] for one in project.since(1)["rows"]] == [1, 0]
    assert [one["row"] for one in project.since(-1)["rows"]] == [0, 1], "from the beginning"
    assert project.since(3) == {"number": 3, "classes": ["bars", "cross", "disc"], "rows": []}


def test_of_a_picture_that_changed_what_was_decided_since_counts(project: Project, tmp_path: Path) -> None:
    first, second = (tmp_path / "photos" / project.name(row) for row in (0, 1))
    said(project, 0, "drop")
    first.write_bytes(second.read_bytes())
    said(project, 0, "relabel", "disc")
    assert project.verify() == 1
    assert project.labels(0) == ["disc"]
    assert [row.decision for row in project.trails[0]] == ["relabel"]
    assert project.verify() == 0


def test_a_suggestion_is_written_where_it_was_accepted_alone(project: Project) -> None:
    said(project, 0, "accept", suggested="disc")
    said(project, 1, "keep", suggested="disc")
    assert [(row.to, row.suggested) for row in Overlay.read(project.overlay).rows] == [("disc", "disc"), ("", "")]


def test_opened_again_it_knows_quarrels_and_strangers(project: Project) -> None:
    project.decide([Answer(0, 0, "relabel", ("disc",))], "ann")
    project.decide([Answer(0, 0, "relabel", ("cross",))], "bob")
    append(project.overlay, [Row("nowhere.jpg", "drop")])
    again = Project(project.images, project.overlay)
    assert again.strangers == 1
    assert again.conflict.tolist() == project.conflict.tolist() == [True, *[False] * 8]
    assert (again.labels(0), int(again.version[0])) == (["cross"], 2)


def test_what_came_by_a_source_is_taken_back_and_what_others_said_stays(project: Project) -> None:
    said(project, 0, "relabel", "disc", source="tool 1")
    said(project, 0, "drop")
    said(project, 1, "relabel", "disc", source="tool 1")
    said(project, 2, "relabel", "disc", source="tool 2")
    assert project.retract("tool 1", "eve", only=1) == 1
    assert [project.labels(row) for row in range(3)] == [["disc"], ["bars"], ["disc"]]
    assert project.retract("tool 1", "eve") == 1
    assert project.figures()["left_out"] == 1, "ann's own decision on top of it"
    assert project.trails[0][-1].who == "ann"
    assert project.labels(2) == ["disc"]
    assert project.retract("tool 1", "eve") == 0

"""Label Studio's tasks and annotations as rows and decisions of a project; a task names a picture, never opens one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.errors import InputError
from ..core.inside import parts, unloaded
from ..core.label_studio import SLASH, said
from ..core.markup import Node, nodes
from .studio.project import Answer, Project

CONTROLS = {"Choices": "choices", "Taxonomy": "taxonomy"}
MOST = 1 << 20
"""Letters of a labelling configuration that are read."""


@dataclass(frozen=True)
class Question:
    """The question of a labelling configuration that we answer. control, picture: names of its tags; key: the task's
    field with the picture; kind: "choices" or "taxonomy"; ways: what may be answered, empty where that is not told."""

    control: str = "choice"
    picture: str = "image"
    key: str = ""
    kind: str = "choices"
    ways: frozenset[tuple[str, ...]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, config: str) -> "Question":
        """The first Choices or Taxonomy that is about an Image. Raises InputError where there is none, or no XML."""
        if len(config) > MOST:
            raise InputError(f"The labelling configuration has {len(config):,} letters; at most {MOST:,} are read.")
        every = list(_walk(nodes(config, "The labelling configuration", "View")))
        images = {
            one.attributes.get("name", ""): one.attributes.get("value", "") for one in every if one.name == "Image"
        }
        for one in every:
            about = one.attributes.get("toName", "")
            if one.name in CONTROLS and about in images:
                ways = frozenset(_ways(one, one.name == "Taxonomy"))
                key = images[about].removeprefix("$")
                return cls(one.attributes.get("name", ""), about, key, CONTROLS[one.name], ways)
        raise InputError("The labelling configuration has no Choices and no Taxonomy about an Image; add one.")

    def result(self, labels: Iterable[tuple[str, ...]]) -> list[dict[str, Any]]:
        """A prediction's `result` of labels, each a way from the top down; what may not be answered is left out."""
        held = [way for one in labels if (way := self._way(one)) is not None]
        if not held:
            return []
        value = [list(way) for way in held] if self.kind == "taxonomy" else [way[-1] for way in held]
        return [{"from_name": self.control, "to_name": self.picture, "type": self.kind, "value": {self.kind: value}}]

    def _way(self, way: tuple[str, ...]) -> "tuple[str, ...] | None":
        """The answer that stands for a class: the class itself, its whole way, or the one way that ends in it."""
        whole = (SLASH.join(way),)
        if not self.ways:
            return way if self.kind == "taxonomy" else whole
        fits = [one for one in (way, whole, way[-1:]) if one in self.ways]
        ends = [one for one in self.ways if one[-1:] == way[-1:]]
        return fits[0] if fits else ends[0] if len(ends) == 1 else None


def _walk(found: Iterable[Node]) -> Iterable[Node]:
    for one in found:
        yield one
        yield from _walk(one.inside)


def _ways(control: Node, deep: bool) -> Iterable[tuple[str, ...]]:
    def below(node: Node, way: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        for one in node.inside:
            inside = one.name == "Choice" and "value" in one.attributes
            here = (*way, one.attributes["value"]) if inside else way
            if inside:
                yield here if deep else here[-1:]
            yield from below(one, here)

    return below(control, ())


class Rows:
    """Which row of a project a task's picture is; pictures of anything else are nobody's."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._ends: dict[str, int] = {}
        for row, name in enumerate(project.images.names.tolist()):
            end = str(name).rpartition("/")[2]
            self._ends[end] = -1 if end in self._ends else row

    def of(self, data: Any, key: str = "") -> int:
        """The row of a task's data, -1 where no field of it names a picture of the project."""
        if not isinstance(data, Mapping):
            return -1
        fields = [data[key]] if key in data else [value for value in data.values() if isinstance(value, str)]
        return next((row for one in fields if isinstance(one, str) and (row := self.at(one)) >= 0), -1)

    def at(self, written: str) -> int:
        """The row that a path or an address names: the longest end of it that is a picture's name; of an upload, which
        has no folder, the one picture of that name."""
        steps = parts(written)
        if not steps:
            return -1
        for drop in range(len(steps)):
            row = self.project.at(SLASH.join(steps[drop:]))
            if row >= 0:
                return row
        if len(steps) > 1:
            return -1
        name = SLASH.join(steps)
        plain = unloaded(name)
        at = self.project.at(plain)
        return at if at >= 0 else self._ends.get(name, self._ends.get(plain, -1))


def decisions(told: Mapping[str, Any], rows: Rows, question: Question) -> "list[tuple[Answer, str]]":
    """(what an event's annotation decides, who said so) of each; pictures of others left out.

    One that was skipped or says nothing (any more) decides "undo". told: the body of ANNOTATION_CREATED or
    ANNOTATION_UPDATED, or of their kind for several. Raises InputError for another shape.
    """
    out = []
    for one in _annotations(told):
        task = one.get("task") if isinstance(one.get("task"), Mapping) else told.get("task")
        row = rows.of(task.get("data") if isinstance(task, Mapping) else None, question.key)
        if row < 0:
            continue
        answers = said(one.get("result"))
        asked = answers.get(question.control) if question.key else next(iter(answers.values()), None)
        answer = None if one.get("was_cancelled") else _answer(rows.project, row, asked)
        out.append((replace(answer or Answer(row, 0, "undo"), source=_source(one)), _who(one)))
    return out


def withdrawn(told: Mapping[str, Any]) -> list[str]:
    """The sources, as answers carry them, of the annotations that an event says are gone.

    told: the body of ANNOTATIONS_DELETED, which names them by their ids alone. Raises InputError for another shape.
    """
    if "annotations" not in told and "annotation" not in told and "id" in told:
        told = {"annotation": {"id": told["id"]}}
    found = [_source(one) for one in _annotations(told)]
    if not all(found):
        raise InputError("An annotation of the event has no id.")
    return found


def _annotations(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = told.get("annotations") if "annotation" not in told else [told["annotation"]]
    if not isinstance(found, list):
        raise InputError("The event holds no annotation. Turn on 'send payload' of the webhook in Label Studio.")
    if not all(isinstance(one, Mapping) for one in found):
        raise InputError("An annotation of the event is no object.")
    return found


def _source(annotation: Mapping[str, Any]) -> str:
    """What its decisions are known by, "" where it has no id."""
    number = annotation.get("id")
    return f"label-studio annotation {number}" if isinstance(number, int) and not isinstance(number, bool) else ""


def _answer(project: Project, row: int, labels: "Sequence[str] | None") -> "Answer | None":
    """What labels come to for a picture: the label that it has is confirmed, another one is given; none is no answer,
    and neither are several where pictures have one."""
    if not labels or (len(labels) > 1 and not project.several):
        return None
    named = tuple(_class(project, one) for one in labels)
    version = int(project.version[row])
    if set(named) == set(project.labels(row)):
        return Answer(row, version, "keep")
    return Answer(row, version, "relabel", named)


def _class(project: Project, label: str) -> str:
    """A label as the project calls it: by its whole way, or by the end of it."""
    end = label.rpartition(SLASH)[2]
    return end if label not in project.classes and end in project.classes else label


def _who(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    told = by.get("email") or by.get("id") if isinstance(by, Mapping) else by
    return f"label-studio {told}" if isinstance(told, (str, int)) else "label-studio"

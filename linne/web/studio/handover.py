"""Labels of another tool into a project's decisions."""

from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import OptionError
from ...core.images import Images
from ...core.names import printable
from ...engine.labels import imported
from .project import Answer, Project

ENDS = (".json", ".xml", ".csv", ".tsv")
"""What other tools export."""
PART = 500
"""Decisions that are saved together."""


def read(project: Project, path: Path, who: str) -> dict[str, Any]:
    """Decide as a file says, where it says otherwise; what came of it: {"decided", "same", "strangers", "notes"}.

    strangers: pictures of the file that are none of the project's. What was left out, the project's pictures that the
    file does not name, and those that it names without a label stay as they are. Raises InputError for a file that
    cannot be read, OptionError for a project whose pictures lie in no folder.
    """
    root = project.images.root
    if root is None:
        raise OptionError("These pictures lie in no folder, so that a file cannot name them.")
    found = imported(path, root, project.several)
    answers, same, strangers = [], 0, 0
    for row, name in enumerate(found.names.tolist()):
        labels, at = _labels(found, row), project.at(str(name))
        if labels is None:
            continue
        if at < 0:
            strangers += 1
        elif set(labels) == set(project.labels(at)):
            same += 1
        else:
            answers.append(Answer(at, int(project.version[at]), "relabel", tuple(labels)))
    for start in range(0, len(answers), PART):
        project.decide(answers[start : start + PART], who)
    notes = [printable(one.why) for one in found.findings if one.severity != "low"]
    return {"decided": len(answers), "same": same, "strangers": strangers, "notes": notes[:20]}


def _labels(images: Images, row: int) -> "list[str] | None":
    """The labels that a file gives a picture, None where it gives none, or says that nobody knows."""
    if images.targets is None:
        return [images.classes[images.labels[row]]] if images.labels[row] >= 0 else None
    return [images.classes[k] for k in np.flatnonzero(images.targets[row] == 1)] or None

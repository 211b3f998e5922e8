"""Label Studio's exports: JSON with tasks, JSON_MIN, and CSV, as tables of pictures and their annotators' labels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from linne.core.errors import InputError, OptionError, nearest
from linne.core.inside import parts
from linne.core.label_studio import said, words

from ._cells import Table, records_table
from ._columns import ROLES
from ._files import is_picture
from ._say import some

OWN = ("annotation_id", "annotator", "lead_time")
"""Columns that JSON_MIN and CSV have beside the task's and the answers; two of them tell an export."""
BESIDE = (*OWN, "id", "created_at", "updated_at", "comments", "agreement", "sentiment_agreement")
CHOICE = ("choice", "choices", "label", "taxonomy", "class")
KEPT = ("split", "group")


def is_tasks(content: Any) -> bool:
    """Whether this is Label Studio's JSON."""
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, dict) or not isinstance(first.get("data"), dict):
        return False
    return "annotations" in first or "completions" in first


def is_records(content: Any) -> bool:
    """Whether this is Label Studio's JSON_MIN."""
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict) and is_short(content[0])


def is_short(columns: Any) -> bool:
    """Whether these are the columns of Label Studio's JSON_MIN or CSV."""
    return sum(name in columns for name in OWN) >= 2


def studio(content: Any, name: str, control: str, leaf: bool = False) -> tuple[Table, list[list[list[str]]]]:
    """`tasks` of JSON, `short` of JSON_MIN."""
    if is_tasks(content):
        return tasks(content, name, control, leaf)
    return short(records_table(content, name), control, leaf)


def tasks(content: Sequence[Any], name: str, control: str, leaf: bool) -> tuple[Table, list[list[list[str]]]]:
    """(a row a task with image, split and group; for each task the labels of each of its annotators).

    control: the question that is asked for, where the tasks have several. Skipped annotations (was_cancelled) count
    nowhere, and where any is marked as ground truth, only such do.
    """
    found, controls = [], dict[str, int]()
    for row, task in enumerate(content):
        try:
            found.append([said(one.get("result", []), leaf) for one in _valid(task)])
        except (InputError, AttributeError, TypeError) as error:
            raise InputError(f"task {row} of {name} cannot be read: {error}") from error
        for one in found[-1]:
            controls |= dict.fromkeys(one, 1)
    asked = _control(list(controls), control, name)
    told = [[one.get(asked, []) for one in each] for each in found]
    data = [task["data"] if isinstance(task.get("data"), dict) else {} for task in content]
    picture = _picture([one for one in data if one], name)
    columns: dict[str, Sequence[Any]] = {"image": [_word(one.get(picture)) for one in data]}
    columns |= {key: [_word(one.get(key)) for one in data] for key in KEPT if any(one.get(key) for one in data)}
    return Table(columns, name), told


def short(table: Table, control: str, leaf: bool) -> tuple[Table, list[list[list[str]]]]:
    """The same of JSON_MIN or CSV, which have a row an annotation."""
    rows = [{key: values[row] for key, values in table.columns.items()} for row in range(len(table))]
    picture = _picture(rows, table.name)
    rest = [key for key in table.columns if key not in (*BESIDE, *KEPT, picture)]
    usual = [key for key in CHOICE if key in rest]
    asked = _control(usual[:1] if usual and not control else rest, control, table.name)
    images: dict[str, list[list[str]]] = {}
    kept: dict[str, dict[str, Any]] = {}
    for row, one in enumerate(rows):
        name = _word(one[picture])
        try:
            answer = _cell(one.get(asked), leaf)
        except InputError as error:
            raise InputError(f"{table.place(row)}: {error}") from error
        kept.setdefault(name, one)
        of = images.setdefault(name, [])
        of += [answer] if answer is not None else []
    columns: dict[str, Sequence[Any]] = {"image": list(images)}
    columns |= {key: [_word(kept[name].get(key)) for name in images] for key in KEPT if key in table.columns}
    return Table(columns, table.name, findings=table.findings), list(images.values())


def _valid(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    each = task.get("annotations", task.get("completions")) or []
    done = [one for one in each if not one.get("was_cancelled") and not one.get("skipped")]
    return [one for one in done if one.get("ground_truth")] or done


def _control(found: list[str], asked: str, name: str) -> str:
    """The question whose answers are the labels. Raises InputError where it is unclear, OptionError for one that is not
    there."""
    if asked:
        if found and asked not in found:
            raise OptionError(f"{name} has no question {asked!r}. {nearest(asked, found)}")
        return asked
    if len(found) > 1:
        raise InputError(f"{name} holds answers to {len(found)} questions: {some(found, 10)}. Say which: label=NAME.")
    return found[0] if found else ""


def _picture(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """The field that names the pictures: by its name, else the first whose value ends as a picture's name does."""
    first = rows[0] if rows else {}
    for key in (*ROLES["image"][:7], *first):
        value = first.get(key)
        steps = parts(value) if isinstance(value, str) else None
        if steps and is_picture(steps[-1]):
            return key
    raise InputError(f"{name} names no picture: its first task has {some(list(first), 10) or 'no data'}.")


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _cell(value: Any, leaf: bool) -> "list[str] | None":
    """The labels of one answer of JSON_MIN or CSV: a word, or JSON of {"choices": [...]}, [[way], ...] or regions."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        held = [named for one in value for key, named in one.items() if key.endswith("labels")]
        return list(dict.fromkeys(label for each in held for label in words(each)))
    if isinstance(value, dict):
        value = value.get("choices", value.get("taxonomy"))
    return None if value in (None, "") else words(value, leaf)

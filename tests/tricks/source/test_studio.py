"""What Label Studio exports (JSON, JSON_MIN, CSV), in the shapes of its documentation."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load

from ._said import finding, labels

Tree = Callable[..., Path]


def choice(*words: str, control: str = "choice", **more: Any) -> dict[str, Any]:
    result = [{"id": "x", "from_name": control, "to_name": "image", "type": "choices", "origin": "manual",
               "value": {"choices": list(words)}}]  # fmt: skip
    return {"id": 1, "completed_by": 1, "was_cancelled": False, "ground_truth": False, "result": result} | more


def task(image: str, *annotations: dict[str, Any], **data: str) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image, **data}, "annotations": list(annotations), "predictions": [], "meta": {},
            "file_upload": image.rpartition("/")[2], "project": 3}  # fmt: skip


def write(path: Path, *content: Any) -> Path:
    path.write_text(json.dumps(list(content)))
    return path


def told(images: Images) -> dict[str, str]:
    return dict(zip(images.names.tolist(), labels(images), strict=True))


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("cat/1.png", "cat/2 b.png", "dog/1.png", "up.png")


def test_tasks_of_uploads_and_local_files(root: Path) -> None:
    path = write(root / "t.json", task("/data/upload/3/0f1e2d3c-up.png", choice("cat")),
                 task("/data/local-files/?d=cat/2%20b.png", choice("dog"), split="test"),
                 task("/data/local-files/?d=dog/1.png"))  # fmt: skip
    images = load(path)
    assert told(images) == {"up.png": "cat", "cat/2 b.png": "dog", "dog/1.png": ""}
    assert images.split.tolist() == ["", "test", ""]


def test_what_counts_of_several_annotators(root: Path) -> None:
    path = write(root / "t.json",
                 task("cat/1.png", choice("cat"), choice("cat")),
                 task("cat/2 b.png", choice("cat"), choice("dog")),
                 task("dog/1.png", choice("cat"), choice("dog", ground_truth=True)),
                 task("up.png", choice("cat", was_cancelled=True)))  # fmt: skip
    images = load(path)
    assert told(images) == {"cat/1.png": "cat", "cat/2 b.png": "", "dog/1.png": "dog", "up.png": ""}
    assert finding(images, "conflicting labels").rows == (1,)
    several = load(f"several({path})")
    assert several.classes == ("cat", "dog")
    assert several.targets is not None
    assert several.targets.tolist() == [[1, 0], [-1, -1], [0, 1], [-1, -1]]


def test_questions_and_lists(root: Path) -> None:
    both = choice("cat", "dog")
    both["result"] += choice("good", control="quality")["result"]
    path = write(root / "t.json", task("cat/1.png", both), task("up.png", choice("dog")))
    with pytest.raises(InputError, match=r"answers to 2 questions: 'choice', 'quality'\. Say which: label=NAME"):
        load(path)
    assert told(load(path, label="quality")) == {"cat/1.png": "good", "up.png": ""}
    with pytest.raises(InputError, match=r"several labels, first 'cat/1.png': cat, dog\. Keep them all: 'several"):
        load(path, label="choice")
    assert told(load(path, label="choice", several="skip"))["cat/1.png"] == ""
    with pytest.raises(OptionError, match=r"no question 'choises'\. Did you mean 'choice'"):
        load(path, label="choises")
    assert load(f"several({path}, label=choice)").targets.tolist() == [[1, 1], [0, 1]]  # type: ignore[union-attr]


def test_taxonomy_and_regions(root: Path) -> None:
    way = {"from_name": "t", "to_name": "image", "type": "taxonomy", "value": {"taxonomy": [["animal", "owl"]]}}
    box = {"from_name": "t", "to_name": "image", "type": "rectanglelabels",
           "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["animal/owl"]}}  # fmt: skip
    path = write(root / "t.json", task("cat/1.png", {"result": [way]}), task("up.png", {"result": [box, box]}))
    assert told(load(path)) == {"cat/1.png": "animal/owl", "up.png": "animal/owl"}
    assert told(load(path, leaf=True))["cat/1.png"] == "owl"


MIN = [{"image": "/data/upload/3/0f1e2d3c-up.png", "id": 1, "choice": "cat", "annotator": 1, "annotation_id": 4,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "lead_time": 2.5},
       {"image": "cat/1.png", "id": 2, "choice": {"choices": ["cat", "dog"]}, "annotator": 1, "annotation_id": 5,
        "created_at": "", "updated_at": "", "lead_time": 1.5}]  # fmt: skip


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_json_min_and_csv(root: Path, kind: str) -> None:
    path = root / f"min.{kind}"
    if kind == "json":
        write(path, *MIN)
    else:
        with open(path, "w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, MIN[0])
            rows.writeheader()
            rows.writerows(
                [{**one, "choice": json.dumps(c) if isinstance(c := one["choice"], dict) else c} for one in MIN]
            )
    with pytest.raises(InputError, match=r"1 picture with several labels, first 'cat/1\.png'"):
        load(path)
    images = load(f"several({path})")
    assert dict(zip(images.names, images.targets.tolist(), strict=True)) == {"up.png": [1, 0], "cat/1.png": [1, 1]}  # type: ignore[union-attr]


def test_addresses_are_never_fetched_and_named_as_what_they_are(root: Path) -> None:
    path = write(root / "t.json", task("http://127.0.0.1:9/x/cat/1.png", choice("cat")),
                 task("http://127.0.0.1:9/x/dog/gone.png", choice("dog")),
                 task("http://127.0.0.1:9/x/../../../../etc/passwd.png", choice("dog")))  # fmt: skip
    images = load(path)
    assert told(images) == {"cat/1.png": "cat"}
    assert "a web address; download it first" in finding(images, "missing files").why
    assert finding(images, "names out of the folder").files[0].startswith("http://127.0.0.1:9/x/../")


@pytest.mark.parametrize(
    "content",
    [
        task("cat/1.png", {"result": "cat"}),
        task("cat/1.png", {"result": [{"type": "choices", "from_name": "c", "value": {"choices": [{"a": 1}]}}]}),
        {"data": {"image": "cat/1.png"}, "annotations": [3]},
    ],
)
def test_damaged_tasks(root: Path, content: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"task 0 of t\.json cannot be read"):
        load(write(root / "t.json", content))


def test_no_picture(root: Path) -> None:
    with pytest.raises(InputError, match="names no picture: its first task has 'text'"):
        load(write(root / "t.json", {"data": {"text": "hello"}, "annotations": []}))

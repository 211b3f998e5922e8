"""label_studio: tasks and configuration, read by the standard library."""

import json
from xml.etree import ElementTree

from linne.core.lookup import find

from ._images import NAMES, one, several


def test_tasks() -> None:
    texts = find("labels", "label_studio(prefix='s3://b/', control=kind)")(one(split=["train", "", ""]), {})
    tasks = json.loads(texts[""])
    assert [task["data"]["image"] for task in tasks] == [f"s3://b/{name}" for name in NAMES]
    assert tasks[0]["data"]["split"] == "train"
    assert tasks[0]["annotations"][0]["result"] == [
        {"from_name": "kind", "to_name": "image", "type": "choices", "value": {"choices": ["cat & co"]}}
    ]
    assert tasks[2]["annotations"] == []
    view = ElementTree.fromstring(texts[".config.xml"])
    choices = view.find("Choices")
    assert choices is not None
    assert choices.attrib == {"name": "kind", "toName": "image", "choice": "single"}
    assert [each.attrib["value"] for each in choices] == ["<dog>", "cat & co"]


def test_several_and_taxonomy() -> None:
    texts = find("labels", "label_studio")(several([[1, 1], [0, 0], [-1, -1]]), {})
    annotations = [task["annotations"] for task in json.loads(texts[""])]
    assert annotations[0][0]["result"][0]["value"] == {"choices": ["cat & co", "<dog>"]}
    assert annotations[1:] == [[{"result": []}], []]
    assert 'choice="multiple"' in texts[".config.xml"]
    ways = {"cat & co": ("animal", "pet", "cat & co"), "<dog>": ("animal", "<dog>")}
    texts = find("labels", "label_studio")(one(), ways)
    first = json.loads(texts[""])[0]["annotations"][0]["result"][0]
    assert first["type"] == "taxonomy"
    assert first["value"] == {"taxonomy": [["animal", "pet", "cat & co"]]}
    top = ElementTree.fromstring(texts[".config.xml"]).findall("Taxonomy/Choice")
    assert [each.attrib["value"] for each in top] == ["animal"]
    assert [each.attrib["value"] for each in top[0]] == ["<dog>", "pet"]

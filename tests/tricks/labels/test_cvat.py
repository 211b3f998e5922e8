"""cvat: read by the standard library's XML parser."""

from xml.etree import ElementTree

from linne.core.lookup import find

from ._images import NAMES, SIZES, one, several


def test_cvat() -> None:
    root = ElementTree.fromstring(find("labels", "cvat")(one(split=["train", "", ""]), SIZES)[""].encode())
    assert root.tag == "annotations"
    assert root.findtext("version") == "1.1"
    assert [each.text for each in root.findall("meta/task/labels/label/name")] == ["<dog>", "cat & co"]
    images = root.findall("image")
    assert [each.attrib["name"] for each in images] == NAMES
    assert images[0].attrib == {"id": "0", "name": NAMES[0], "subset": "train", "width": "4", "height": "5"}
    assert [[tag.attrib["label"] for tag in each.findall("tag")] for each in images] == [["cat & co"], ["<dog>"], []]


def test_several_labels_and_characters_that_xml_has_not() -> None:
    images = several([[1, 1], [0, 0]], ("a\x01b", "c\udce9"))
    root = ElementTree.fromstring(find("labels", "cvat")(images, SIZES, name="x\x02")[""].encode())
    assert root.findtext("meta/task/name") == "x\\x02"
    assert [tag.attrib["label"] for tag in root.findall("image/tag")] == ["a\\x01b", "c\\xe9"]

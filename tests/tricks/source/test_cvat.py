"""cvat: CVAT's XML for images as its documentation describes it, and XML that is no friend."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.load import load

from ._said import finding, labels

Tree = Callable[..., Path]
META = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><{0}><id>7</id><name>shop</name><size>3</size><mode>annotation</mode><overlap>0</overlap>
    <labels>
      <label><name>cat</name><color>#ff0000</color><type>any</type><attributes>
        <attribute><name>breed</name><mutable>False</mutable><input_type>select</input_type>
          <default_value>tabby</default_value><values>tabby\nsiamese</values></attribute></attributes></label>
      <label><name>dog &amp; co</name><type>tag</type><attributes></attributes></label>
      <label><name>eel</name><type>tag</type><attributes></attributes></label>
    </labels></{0}><dumped>2026-01-02 03:04:05.0+00:00</dumped></meta>
{1}
</annotations>
"""
IMAGES = """
  <image id="0" name="a/1.png" width="4" height="4" subset="train">
    <tag label="cat" source="manual"><attribute name="breed">siamese</attribute></tag>
  </image>
  <image id="1" name="a/2.png" width="4" height="4" subset="Test">
    <tag label="dog &amp; co" source="manual"></tag>
    <box label="cat" source="manual" occluded="0" xtl="1" ytl="1" xbr="2" ybr="2" z_order="0"></box>
  </image>
  <image id="2" name="a/3.png" width="4" height="4">
    <box label="cat" source="manual" occluded="0" xtl="1" ytl="1" xbr="2" ybr="2" z_order="0"></box>
    <box label="cat" source="manual" occluded="0" xtl="0" ytl="0" xbr="2" ybr="2" z_order="0"></box>
  </image>
  <image id="3" name="b/4.png" width="4" height="4"/>
"""


def write(path: Path, images: str = IMAGES, kind: str = "task") -> Path:
    path.write_text(META.format(kind, images), encoding="utf-8")
    return path


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("a/1.png", "a/2.png", "a/3.png", "b/4.png")


@pytest.mark.parametrize("kind", ["task", "job", "project"])
def test_tags_then_shapes(root: Path, kind: str) -> None:
    images = load(write(root / "annotations.xml", kind=kind))
    assert images.names.tolist() == ["a/1.png", "a/2.png", "a/3.png", "b/4.png"]
    assert labels(images) == ["cat", "dog & co", "cat", ""]
    assert images.split.tolist() == ["train", "test", "", ""]
    assert load(f"several({root / 'annotations.xml'})").classes == ("cat", "dog & co", "eel")


def test_an_attribute_is_the_class(root: Path) -> None:
    path = write(root / "x.xml")
    assert labels(load(f"cvat({path}, label=breed)")) == ["siamese", "", "", ""]
    with pytest.raises(OptionError, match=r"no tag of x.xml has an attribute 'bred'\. Did you mean 'breed'"):
        load(f"cvat({path}, label=bred)")


def test_several_tags(root: Path) -> None:
    both = IMAGES.replace('<tag label="dog', '<tag label="cat" source="auto"/><tag label="dog')
    path = write(root / "x.xml", both)
    with pytest.raises(InputError, match=r"1 picture with several labels, first 'a/2.png': cat, dog & co"):
        load(path)
    assert labels(load(f"cvat({path}, several=skip)")) == ["cat", "", "cat", ""]
    images = load(f"several({path})")
    assert images.targets is not None
    assert images.targets.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_names_stay_in_the_folder(root: Path) -> None:
    (root.parent / "secret.png").write_bytes((root / "a/1.png").read_bytes())
    out = IMAGES.replace("b/4.png", "../secret.png")
    images = load(write(root / "x.xml", out))
    assert images.names.tolist() == ["a/1.png", "a/2.png", "a/3.png"]
    assert finding(images, "names out of the folder").files == ("../secret.png",)
    with pytest.raises(InputError, match=r"no row of y\.xml names a picture"):
        load(write(root / "y.xml", '<image id="0" name="../secret.png"/>'))
    absolute = load(write(root / "z.xml", IMAGES.replace('name="', f'name="{root}/')))
    assert absolute.names.tolist() == ["a/1.png", "a/2.png", "a/3.png", "b/4.png"]


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_entities_and_document_types_are_refused(root: Path, head: str) -> None:
    path = write(root / "x.xml")
    path.write_text(path.read_text().replace("<annotations>", f"{head}\n<annotations>"))
    with pytest.raises(InputError, match="declares a document type or entities"):
        load(path)


def test_other_xml(root: Path) -> None:
    for text, why in (
        ("<html></html>", "begins with <html>; expected <annotations>"),
        ("<annotations><version>1.1</version></annotations>", "holds no <image>"),
        ("<annotations><track/></annotations>", "tracks of a film"),
        ("<annotations><image", "is no XML"),
        ("", "is no XML"),
        ("<annotations>" + "<a>" * 100 + "</a>" * 100 + "</annotations>", "nested more than 64 deep"),
        ("<annotations>&x;</annotations>", "is no XML"),
    ):
        (root / "x.xml").write_text(text)
        with pytest.raises(InputError, match=why):
            load(root / "x.xml")

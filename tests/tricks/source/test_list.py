"""list: `path label` lines in the forms that PaddleClas, mmpretrain and people write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linne.core.errors import InputError
from linne.core.images import Images
from linne.core.load import load

Tree = Callable[..., Path]


def told(images: Images) -> list[tuple[str, str]]:
    return [(str(n), [*images.classes, ""][k]) for n, k in zip(images.names, images.labels, strict=True)]


@pytest.mark.parametrize("gap", [" ", "\t", "   ", ",", "; "])
def test_numbers_and_names_with_any_gap(tree: Tree, gap: str) -> None:
    root = tree("a/1.jpg", "b/my cat.PNG", "c.webp")
    (root / "train.txt").write_text(f"a/1.jpg{gap}0\n\nb/my cat.PNG{gap}golden retriever\n./c.webp{gap}10\n")
    images = load(root / "train.txt")
    assert told(images) == [("a/1.jpg", "0"), ("b/my cat.PNG", "golden retriever"), ("c.webp", "10")]
    assert images.findings == ()


def test_paths_alone_are_unlabelled(tree: Tree) -> None:
    root = tree("1.jpg", "2.jpg")
    (root / "new.txt").write_text("1.jpg\n2.jpg\n")
    assert told(load(root / "new.txt")) == [("1.jpg", ""), ("2.jpg", "")]


def test_names_without_an_ending_split_at_the_last_gap(tree: Tree) -> None:
    root = tree("imgs/my cat.jpg", "imgs/dog.jpg")
    (root / "t.txt").write_text("my cat 3\ndog 4\n")
    assert told(load(root / "t.txt")) == [("imgs/my cat.jpg", "3"), ("imgs/dog.jpg", "4")]


def test_numbers_get_names_from_a_file(tree: Tree) -> None:
    root = tree("1.jpg", "2.jpg", "3.jpg")
    (root / "t.txt").write_text("1.jpg 1\n2.jpg 0\n3.jpg -1\n")
    (root / "names.txt").write_text("zebra\ncat, big\n", encoding="utf-8")
    images = load(root / "t.txt", classes="names.txt")
    assert images.classes == ("zebra", "cat, big")  # the file's order, not the alphabet's
    assert told(images) == [("1.jpg", "cat, big"), ("2.jpg", "zebra"), ("3.jpg", "")]
    (root / "names.txt").write_text("0 zebra\n1 cat\n2 dog\n")
    assert load(root / "t.txt", classes="names.txt").classes == ("zebra", "cat", "dog")
    (root / "names.txt").write_text("zebra\n")
    with pytest.raises(InputError, match=r"row 0 of t.txt has label 1, but there are 1 class names"):
        load(root / "t.txt", classes="names.txt")
    (root / "names.txt").write_text("zebra\nzebra\n")
    with pytest.raises(InputError, match="class names repeat: 'zebra'"):
        load(root / "t.txt", classes="names.txt")
    with pytest.raises(InputError, match=r"classes='gone.txt' is no file"):
        load(root / "t.txt", classes="gone.txt")


def test_split_lists_in_a_folder(tree: Tree) -> None:
    root = tree("1.jpg", "2.jpg", "3.jpg")
    for split, line in (("train", "1.jpg 0"), ("val", "2.jpg 0"), ("test", "3.jpg 1")):
        (root / f"{split}_list.txt").write_text(line + "\n")
    images = load(root)
    assert sorted(zip(images.split, images.names, strict=True)) == [
        ("test", "3.jpg"),
        ("train", "1.jpg"),
        ("validation", "2.jpg"),
    ]


def test_bad_lines_are_named(tree: Tree) -> None:
    root = tree("1.jpg", "2.jpg")
    (root / "t.txt").write_text("1.jpg 0\nword\n")
    with pytest.raises(InputError, match=r"line 2 of t.txt is 'word'; expected a picture and its label"):
        load(root / "t.txt")
    (root / "t.txt").write_text("1.jpg 0\n2.jpg 0,1,1\n")
    with pytest.raises(InputError, match=r"line 2 of t.txt gives '2.jpg' the labels 0,1,1\. .* 'several\(t\.txt\)'"):
        load(root / "t.txt")
    (root / "t.txt").write_text("1.jpg 0\n9.jpg 1\n")
    assert "'9.jpg' (line 2 of t.txt): not there" in load(root / "t.txt").findings[-1].why
    (root / "t.txt").write_bytes("1.jpg 狐\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"t.txt is not UTF-8: byte 0xba in line 1"):
        load(root / "t.txt")
    assert told(load(root / "t.txt", encoding="gb18030")) == [("1.jpg", "狐")]

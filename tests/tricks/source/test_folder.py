"""folder: every layout, and everything that is left out is named."""

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.finding import Finding
from linne.core.images import Images, read
from linne.core.load import load
from linne.core.lookup import declared
from linne.core.names import printable, unique
from linne.tricks.source._files import PICTURES, walk
from linne.tricks.source.folder import folder

Tree = Callable[..., Path]


def kinds(images: Images) -> list[str]:
    return sorted(finding.kind for finding in images.findings)


def finding(images: Images, kind: str) -> Finding:
    found = [one for one in images.findings if one.kind == kind]
    assert len(found) == 1, kinds(images)
    return found[0]


def told(images: Images) -> list[tuple[str, str, str]]:
    """(name, class, split) of each row."""
    classes = [*images.classes, ""]
    return [(str(n), classes[k], str(s)) for n, k, s in zip(images.names, images.labels, images.split, strict=True)]


def snapshot(root: Path) -> str:
    """A hash of every name, mode, time and content below a folder."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        digest.update(f"{path}|{state.st_mode}|{state.st_mtime_ns}|{state.st_size}".encode("utf-8", "surrogateescape"))
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def test_a_folder_per_class_sorted_and_nested_below(tree: Tree) -> None:
    root = tree("dog/2.png", "cat/deep/er/1.JPG", "dog/10.png", "cat/1.webp")
    images = load(root)
    assert told(images) == [
        ("cat/1.webp", "cat", ""),
        ("cat/deep/er/1.JPG", "cat", ""),
        ("dog/10.png", "dog", ""),
        ("dog/2.png", "dog", ""),
    ]
    assert images.classes == ("cat", "dog")
    assert images.findings == ()
    assert images.root == root
    assert images.came_from == str(root)
    assert [read(item) for item in images.items] == [(root / str(name)).read_bytes() for name in images.names]


@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("Train", "VALID", "Test"), ("TRAINING", "validation", "testing")]
)
def test_splits_in_any_casing(tree: Tree, words: tuple[str, str, str]) -> None:
    root = tree(*(f"{word}/{name}/{k}.png" for word in words for name in ("b", "a") for k in range(2)))
    images = load(root)
    counts = {split: int((images.split == split).sum()) for split in ("train", "validation", "test")}
    assert counts == {"train": 4, "validation": 4, "test": 4}
    assert images.classes == ("a", "b")
    assert images.findings == ()


def test_classes_are_one_list_over_all_splits(tree: Tree) -> None:
    images = load(tree("train/10/a.png", "train/2/a.png", "test/1/a.png", "test/2/b.png"))
    assert images.classes == ("1", "2", "10")  # numbers by size, as the house encodes them
    missing = {one.details["split"]: one for one in images.findings if one.kind == "class missing from split"}
    assert missing["train"].severity == "high"
    assert missing["train"].details["classes"] == ["1"]
    assert missing["test"].details["classes"] == ["10"]


def test_train_may_be_a_class(tree: Tree) -> None:
    images = load(tree("bus/1.png", "train/1.png", "car/1.png"))
    assert images.classes == ("bus", "car", "train")
    assert set(images.split) == {""}


def test_folders_beside_the_splits_are_left_out_and_named(tree: Tree) -> None:
    images = load(tree("train/a/1.png", "train/b/1.png", "test/a/2.png", "test/b/2.png", "extra/a/9.png"))
    assert len(images) == 4
    left = finding(images, "folders beside the splits")
    assert left.severity == "high"
    assert left.files == ("extra/a",)
    assert "1 picture left out" in left.why


def test_the_layout_may_be_said(tree: Tree) -> None:
    root = tree("train/a/1.png", "test/a/2.png")
    assert load(root, layout="classes").classes == ("test", "train")
    assert load(root, layout="flat").classes == ()
    assert set(load(root, layout="splits").split) == {"train", "test"}
    with pytest.raises(OptionError, match=r"layout 'flatt'.*'flat'"):
        load(root, layout="flatt")
    with pytest.raises(InputError, match=r"no pictures in a train, validation or test folder.*layout=classes"):
        folder(root / "train", layout="splits")


def test_pictures_without_classes_are_unlabelled(tree: Tree) -> None:
    images = load(tree("2.png", "1.png"))
    assert told(images) == [("1.png", "", ""), ("2.png", "", "")]
    assert images.findings == ()


def test_one_picture_file(tree: Tree) -> None:
    root = tree("a.png")
    images = load(root / "a.png")
    assert told(images) == [("a.png", "", "")]
    assert images.root == root


def test_pictures_beside_class_folders_stay_without_a_label(tree: Tree) -> None:
    images = load(tree("a/1.png", "b/1.png", "loose.png"))
    assert finding(images, "no class folder").rows == (0,)
    assert images.labels.tolist() == [-1, 0, 1]


def test_a_lone_folder_is_gone_into_and_said(tree: Tree) -> None:
    images = load(tree("photos/a/1.png", "photos/b/1.png"))
    assert images.classes == ("a", "b")
    assert "photos" in finding(images, "lone folder").why
    splits = load(tree("x/y/train/a/1.png", "x/y/train/b/1.png", "x/y/test/a/1.png", "x/y/test/b/2.png", below="other"))
    assert sorted(set(splits.split)) == ["test", "train"]
    assert splits.classes == ("a", "b")


def test_one_class_is_said(tree: Tree) -> None:
    images = load(tree("cat/1.png", "cat/2.png"))
    assert images.classes == ("cat",)
    one = finding(images, "one class")
    assert one.severity == "high"
    assert "'cat'" in one.why


def test_missing_folder_names_its_nearest_sibling(tree: Tree) -> None:
    root = tree("cat/1.png")
    with pytest.raises(InputError, match=r"'.*photoz' is not there\. Did you mean 'photos'\?"):
        load(root.parent / "photoz")
    with pytest.raises(InputError, match=r"has no 'dogs'\. Allowed: cat\."):
        load(root / "dogs" / "deeper")
    with pytest.raises(InputError, match=r"is not there\. Give a folder of pictures"):
        folder(root / "dogs")


def test_empty_folder_and_folder_without_pictures(tree: Tree, tmp_path: Path) -> None:
    empty = tree("a/", "b/")
    with pytest.raises(InputError, match="is empty: no picture in it or below it"):
        load(empty)
    (empty / "notes.md").write_text("no picture")
    (empty / "photos.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"holds no picture, only 'notes.md', 'photos.zip'.*unpack archives first"):
        load(empty)


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"is a file, and no picture\. Give the folder"):
        folder(path)
    with pytest.raises(InputError, match=r"no source reads .*notes.md.*ending is unknown"):
        load(path)


def test_empty_classes_are_named(tree: Tree) -> None:
    images = load(tree("a/1.png", "b/1.png", "c/", "d/inner/"))
    assert finding(images, "empty classes").files == ("c", "d")
    assert images.classes == ("a", "b")
    splits = load(tree("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/", below="s"))
    assert finding(splits, "empty classes").files == ("test/b",)


def test_casing_twins(tree: Tree) -> None:
    images = load(tree("Cat/1.png", "Cat/2.png", "cat/3.png", "dog/1.png", "caf\u00e9/1.png", "cafe\u0301/1.png"))
    twins = [one for one in images.findings if one.kind == "casing twins"]
    assert sorted(tuple(one.details["classes"]) for one in twins) == [("Cat", "cat"), ("cafe\u0301", "caf\u00e9")]
    cats = next(one for one in twins if "Cat" in one.details["classes"])
    assert cats.severity == "high"
    assert [str(images.names[row]) for row in cats.rows] == ["cat/3.png"]  # the smaller class is the likelier slip
    assert len(images.classes) == 5


def test_strays_and_hidden_folders_are_named(tree: Tree) -> None:
    root = tree(
        "a/1.png", "b/1.png", ".git/1.png", "__MACOSX/a/1.png", "@eaDir/a/1.png", "a/.thumbs/1.png",
        "a/.DS_Store", "b/Thumbs.db", "desktop.ini", "a/._1.png", "notes.txt",
    )  # fmt: skip
    for name in ("a/.DS_Store", "b/Thumbs.db", "desktop.ini", "notes.txt"):
        (root / name).write_text("junk")
    images = load(root)
    assert [str(name) for name in images.names] == ["a/1.png", "b/1.png"]
    assert finding(images, "hidden folders").files == (".git", "@eaDir", "__MACOSX", "a/.thumbs")
    strays = finding(images, "stray files")
    assert strays.files == ("a/.DS_Store", "b/Thumbs.db", "desktop.ini", "notes.txt")
    assert strays.severity == "low"
    assert finding(images, "pictures by another name").files == ("a/._1.png",)


def test_pictures_by_another_name_are_left_out_with_a_reason(tree: Tree, encoded: Callable[..., bytes]) -> None:
    root = tree("a/1.png", "b/1.png")
    (root / "a/photo").write_bytes(encoded(3, "JPEG"))
    (root / "a/text.jpg").write_text("no picture, but its name says so: the checks decide")
    images = load(root)
    assert [str(name) for name in images.names] == ["a/1.png", "a/text.jpg", "b/1.png"]
    other = finding(images, "pictures by another name")
    assert other.files == ("a/photo",)
    assert other.severity == "medium"


def test_broken_links_are_named_and_links_followed_once(tree: Tree, tmp_path: Path) -> None:
    outside = tree("1.png", "2.png", below="outside")
    root = tree("a/1.png", "c/1.png")
    (root / "a/gone.png").symlink_to(tmp_path / "nowhere.png")
    (root / "b").symlink_to(outside)
    (root / "a/loop").symlink_to(root)
    (root / "a/self.png").symlink_to(root / "a/self.png")
    (root / "c/linked.png").symlink_to(outside / "1.png")
    images = load(root)
    assert [str(n) for n in images.names] == ["a/1.png", "b/1.png", "b/2.png", "c/1.png", "c/linked.png"]
    assert finding(images, "broken links").files == ("a/gone.png", "a/self.png")
    assert finding(images, "folders met twice").files == ("a/loop",)


def test_pipes_are_strays_and_hold_nobody_up(tree: Tree) -> None:
    root = tree("a/1.png", "b/1.png")
    os.mkfifo(root / "a/pipe.jpg")
    assert finding(load(root), "stray files").files == ("a/pipe.jpg",)
    (root / "t.csv").write_text("image,label\na/1.png,x\na/pipe.jpg,y\n")
    assert finding(load(root / "t.csv"), "missing files").files == ("a/pipe.jpg",)


def test_a_link_never_hides_the_real_folder(tree: Tree) -> None:
    root = tree("b_real/1.png", "c/1.png")
    (root / "a_link").symlink_to(root / "b_real")
    images = load(root)
    assert images.classes == ("b_real", "c")


def test_folders_that_may_not_be_read_are_named(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root, real = tree("a/1.png", "b/1.png", "locked/1.png"), os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    images = folder(root)
    locked = finding(images, "unreadable folders")
    assert (locked.files, locked.severity) == (("locked",), "high")
    assert "chmod" in locked.fix
    with pytest.raises(InputError, match=r"locked' cannot be read: Permission denied. Check its permissions"):
        folder(root / "locked")
    (root / "a/1.png").unlink()
    (root / "b/1.png").unlink()
    with pytest.raises(InputError, match="no permission for 'locked'"):
        folder(root)


def test_names_that_are_no_text(tree: Tree) -> None:
    root = tree("a/1.png", "b/1.png")
    raw = os.fsencode(root) + b"/caf\xe9"
    os.mkdir(raw)
    for name in (b"/\xff1.png", b"/new\nline.png"):
        with open(raw + name, "wb") as file:
            file.write(name)
    images = load(root)
    assert images.classes == ("a", "b", "caf\\xe9")
    assert [str(n) for n in images.names[2:]] == ["caf\\xe9/new\\x0aline.png", "caf\\xe9/\\xff1.png"]
    assert [read(item) for item in images.items[2:4]] == [b"/new\nline.png", b"/\xff1.png"]
    assert all(str(name).encode("utf-8") for name in images.names)


def test_classes_with_commas_quotes_emoji_and_chinese(tree: Tree) -> None:
    names = ["a, b", 'the "x"', "it's", "\U0001f98a fox", "狐狸", "family \U0001f469\u200d\U0001f467", "100%", "a b"]
    images = load(tree(*(f"{name}/1.png" for name in names)))
    assert set(images.classes) == set(names)
    assert images.findings == ()


def test_nothing_is_written(tree: Tree) -> None:
    root = tree("train/a/1.png", "test/a/2.png", "train/.DS_Store", "notes.txt")
    before = snapshot(root)
    load(root)
    assert snapshot(root) == before


def test_walk_meets_every_file_of_a_random_tree(tmp_path: Path) -> None:
    draw, expected = random.Random(3), set()
    for place in range(300):
        parts = [f"d{draw.randrange(4)}" for _ in range(draw.randrange(5))]
        path = tmp_path.joinpath(*parts, f"{place}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        expected.add(path.relative_to(tmp_path).as_posix())
    paths = walk(os.fspath(tmp_path)).paths()
    assert set(paths) == expected == {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.jpg")}
    assert len(paths) == 300


def test_printable_and_unique() -> None:
    assert printable("plain \u200d name") == "plain \u200d name"
    assert printable("a\udcffb\x07") == "a\\xffb\\x07"
    assert unique(["a", "b", "a", "a"]) == ["a", "b", "a (2)", "a (3)"]
    assert unique(["a", "a (2)", "a"]) == ["a", "a (2)", "a (3)"]


def test_the_suffixes_that_load_reads_are_those_of_the_walk() -> None:
    assert set(declared("source", "folder", "suffixes")) == PICTURES


def test_clothing() -> None:
    root = Path(os.environ.get("LINNE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "clothing"
    if not root.is_dir():
        pytest.skip("clothing is not here (LINNE_DATA)")
    images = load(root)
    counts = [int((images.split == split).sum()) for split in ("train", "validation", "test")]
    assert (counts, len(images.classes), images.findings) == ([3068, 341, 372], 10, ())
    assert np.array_equal(images.counts(), np.bincount(images.labels))


def test_nested_folders_are_classes_by_their_whole_way(tree: Tree) -> None:
    root = tree("bird/owl/1.png", "bird/duck/1.png", "bird/0.png", "cat/2.png", "bird/none/", "empty/")
    images = folder(root, nested=True)
    assert told(images) == [
        ("bird/0.png", "bird", ""), ("bird/duck/1.png", "bird/duck", ""), ("bird/owl/1.png", "bird/owl", ""),
        ("cat/2.png", "cat", ""),
    ]  # fmt: skip
    assert finding(images, "empty classes").files == ("bird/none", "empty")
    parts = folder(tree("train/bird/owl/1.png", "train/cat/1.png", "test/bird/owl/2.png", below="parts"), nested=True)
    assert [one[1:] for one in told(parts)] == [("bird/owl", "test"), ("bird/owl", "train"), ("cat", "train")]
    assert load(f"{root}(nested=true)").classes == images.classes
    with pytest.raises(OptionError, match="nested has no effect with layout=flat"):
        folder(root, layout="flat", nested=True)

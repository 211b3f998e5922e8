"""load(): who reads what, pictures in memory, and names that are not there."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load
from linne.core.lookup import declared, names
from linne.core.names import printable, unique


def pictures(root: Path, *found: str) -> Path:
    for name in found:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(root / name)
    return root


def test_images_pass_through() -> None:
    images = Images.of([b"x"])
    assert load(images) is images
    with pytest.raises(OptionError, match="pictures in memory take no options, got label"):
        load(images, label="x")


def test_what_is_in_memory(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", str(tmp_path / "b.png"), tmp_path / "a.png"]
    images = load(paths)
    assert [read_path(item) for item in images.items] == ["a.png", "b.png", "a.png"]  # not looked at: rows stay aligned
    assert images.names[2] == f"{tmp_path}/a.png (2)"
    assert images.labels.tolist() == [-1, -1, -1]
    stack = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    assert np.array_equal(np.asarray(load(stack).items[1]), stack[1])
    mixed = load([b"bytes", bytearray(b"more"), stack[0], Image.new("RGB", (3, 2), "red")])
    assert [mixed.items[0], mixed.items[1]] == [b"bytes", b"more"]
    assert np.asarray(mixed.items[3]).shape == (2, 3, 3)
    assert len(load([])) == 0


def read_path(item: object) -> str:
    assert isinstance(item, Path)
    return item.name


def test_a_palette_is_turned_into_its_colours() -> None:
    red = Image.new("RGB", (2, 2), (200, 10, 10)).quantize(4)
    assert np.asarray(load([red]).items[0])[0, 0].tolist() == [200, 10, 10]
    clear = Image.new("LA", (2, 2), (7, 0))
    assert np.asarray(load([clear]).items[0]).shape == (2, 2, 4)


def test_what_is_no_picture_names_its_row() -> None:
    with pytest.raises(InputError, match=r"picture 1 is float; allowed: a path, bytes, a PIL image or an array"):
        load([b"x", 3.0])
    with pytest.raises(InputError, match=r"picture 0 is an array of shape \(3,\)"):
        load([np.zeros(3)])
    with pytest.raises(InputError, match=r"an array of pictures is \(n, H, W\)"):
        load(np.zeros((3, 2)))
    with pytest.raises(InputError, match="not from int"):
        load(3)


def test_options_go_to_the_source_and_the_grammar_means_the_same(tmp_path: Path) -> None:
    root = pictures(tmp_path / "with space, comma", "train/a/1.png", "test/a/1.png")
    for spec in (f"folder('{root}', layout=classes)", f"folder('{root}', classes)"):
        assert load(spec).classes == ("test", "train")
    assert load(root, layout="classes").classes == ("test", "train")
    with pytest.raises(OptionError, match=r"no option 'layuot'\. Did you mean 'layout'\?"):
        load(root, layuot="classes")
    with pytest.raises(OptionError, match="names no path"):
        load("folder()")
    with pytest.raises(OptionError, match="option 'layout' is given twice"):
        load(f"folder('{root}', layout=flat)", layout="classes")
    with pytest.raises(OptionError, match="names 2 sources; give one"):
        load("folder(a),folder(b)")


def test_brackets_in_a_real_path_are_no_grammar(tmp_path: Path) -> None:
    root = pictures(tmp_path / "photos (1)", "a/1.png", "b/1.png")
    assert load(root).classes == ("a", "b")
    with pytest.raises(InputError, match=r"photos \(2\)' is not there\. Did you mean 'photos \(1\)'\?"):
        load(tmp_path / "photos (2)")
    with pytest.raises(OptionError, match=r"no source called 'tabel'\. Did you mean 'table'\?"):
        load("tabel(photos.csv)")


def test_a_path_goes_before_a_named_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(tmp_path / "digits", "a/1.png", "b/1.png")
    monkeypatch.chdir(tmp_path)
    assert load("digits").classes == ("a", "b")
    assert load("named(digits)").classes == tuple("0123456789")
    assert load("DIGITS").came_from == "DIGITS"
    with pytest.raises(InputError, match=r"'cifra10' is not there\. Did you mean 'cifar10'\?"):
        load("cifra10")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("photos.zip", r"photos.zip' is an archive\. Unpack it, then give the folder"),
        ("labels.xlsx", r"labels.xlsx' is a spreadsheet\. Save it as CSV in UTF-8"),
        ("labels.cvs", r"its ending is unknown\. Did you mean '.csv'\?"),
        ("shard.tar.gz", r"no plain tar.*Unpack it to a plain .tar"),
    ],
)
def test_endings_that_nobody_reads(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=message):
        load(tmp_path / name)


def test_messages_can_be_printed_and_links_and_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no path was given") as nothing:
        load(" ")
    str(nothing.value).encode("utf-8")
    (tmp_path / "dead").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=r"dead' is a link that leads nowhere: '.*gone' is not there"):
        load(tmp_path / "dead")
    odd = tmp_path / "caf\udce9.csv"
    odd.write_bytes(b"image,label\n\xff.png,cat\n")
    with pytest.raises(InputError, match=r"caf\\xe9.csv is not UTF-8: byte 0xff in line 2") as error:
        load(odd)
    str(error.value).encode("utf-8")
    pictures(tmp_path / "dir\udcff", "a/1.png")
    assert load(tmp_path / "dir\udcff").came_from == f"{tmp_path}/dir\\xff"


def test_home_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    pictures(tmp_path / "photos", "a/1.png", "b/1.png")
    assert load("~/photos").classes == ("a", "b")
    assert load("~/photos").came_from == "~/photos"


def test_no_two_sources_claim_the_same_ending() -> None:
    ends = [end for name in names("source") for end in declared("source", name, "suffixes", ())]
    words = [word for name in names("source") for word in declared("source", name, "words", ())]
    assert len(ends) == len(set(ends)) > 30
    assert len(words) == len(set(words)) > 4
    assert all(end == end.lower() for end in ends)
    assert [name for name in names("source") if declared("source", name, "frames")] == ["table"]
    assert [name for name in names("source") if declared("source", name, "folders")] == ["folder"]


@given(st.lists(st.one_of(st.text(max_size=4), st.sampled_from(["a", "a (2)", "a (3)", "\udcff", "\\xff"]))))
def test_unique_names_differ_and_can_be_printed(found: list[str]) -> None:
    told = unique(found)
    assert len(set(told)) == len(told) == len(found)
    for name, original in zip(told, found, strict=True):
        assert name.startswith(printable(original))
        name.encode("utf-8")
        assert "\n" not in name


def test_import_is_light(run_python: Callable[[str], str]) -> None:
    """Listing a folder imports none of the heavy packages."""
    code = (
        "import sys, linne.core.load as l\n"
        "l.load(sys.argv[1])\n"
        "print(sorted(m for m in ('torch','sklearn','pandas','pyarrow','h5py','datasets','scipy') if m in sys.modules))"
    )
    assert run_python(code) == "[]"


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[[str], str]:
    import subprocess
    import sys

    root = pictures(tmp_path / "photos", "a/1.png", "b/1.png")

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run

"""table: columns found by name, files by path or id, and every row that is left out named."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from linne.core.errors import InputError, OptionError
from linne.core.images import read
from linne.core.load import load
from tests.tricks.source._said import finding, labels

Tree = Callable[..., Path]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def abc(tree: Tree) -> Path:
    return tree("a.png", "b.png", "c.png")


@pytest.mark.parametrize("image", ["image_path", "Image", "FILEPATH", "file_name", "img", "image_id", "id", "filename"])
@pytest.mark.parametrize("label", ["label", "Target", "CLASS", "category", "y"])
def test_columns_by_the_names_that_people_use(abc: Path, image: str, label: str) -> None:
    images = load(write(abc / "t.csv", f"x,{label},{image}\n1,cat,a.png\n2,dog,b.png\n3,cat,c.png\n"))
    assert labels(images) == ["cat", "dog", "cat"]
    assert [str(name) for name in images.names] == ["a.png", "b.png", "c.png"]
    assert [read(item) for item in images.items] == [(abc / name).read_bytes() for name in ("a.png", "b.png", "c.png")]
    assert images.columns["x"].tolist() == [1.0, 2.0, 3.0]
    assert images.root == abc
    assert images.findings == ()


def test_options_name_columns_and_a_slip_gets_the_nearest(abc: Path) -> None:
    path = write(abc / "t.csv", "datei,art,image\na.png,cat,x\nb.png,dog,y\n")
    images = load(path, image="datei", label="art")
    assert labels(images) == ["cat", "dog"]
    assert labels(load(f"table({path}, image=datei, label=art)")) == ["cat", "dog"]
    assert labels(load(f"{path}(image=datei, label=art)")) == ["cat", "dog"]
    with pytest.raises(OptionError, match=r"t.csv has no column 'date' for image\. Did you mean 'datei'\?"):
        load(path, image="date")
    with pytest.raises(OptionError, match=r"no option 'lable'\. Did you mean 'label'\?"):
        load(path, lable="art")


def test_no_picture_column(abc: Path) -> None:
    with pytest.raises(
        InputError, match=r"no column of t.csv is named as pictures are .* it has: foto, art\. Say which"
    ):
        load(write(abc / "t.csv", "foto,art\na.png,cat\n"))


def test_no_label_column_is_said_and_kept_unlabelled(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,species\na.png,cat\nb.png,dog\n"))
    assert images.labels.tolist() == [-1, -1]
    assert "species" in finding(images, "no labels").why
    assert "label=COLUMN" in finding(images, "no labels").fix


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters_are_found(abc: Path, mark: str) -> None:
    text = f'image{mark}label\n"a.png"{mark}"x{mark} ""y"""\nb.png{mark}z\n'
    assert labels(load(write(abc / "t.csv", text))) == [f'x{mark} "y"', "z"]


def test_a_wrong_delimiter_names_the_right_one(abc: Path) -> None:
    path = write(abc / "t.csv", "image;label\na.png;cat\n")
    with pytest.raises(InputError, match=r"with the delimiter ',', t.csv has one column.*Did you mean delimiter=;\?"):
        load(f"table({path}, delimiter=',')")
    assert labels(load(f"table({path}, delimiter=;)")) == ["cat"]
    tabbed = write(abc / "t2.csv", "image\tlabel\na.png\tcat\n")
    with pytest.raises(InputError, match=r"Did you mean delimiter=tab\?"):
        load(tabbed, delimiter=";")
    assert labels(load(tabbed, delimiter="tab")) == ["cat"]
    with pytest.raises(OptionError, match="a delimiter is one character, got 'and'"):
        load(tabbed, delimiter="and")


def test_marks_and_encodings(abc: Path) -> None:
    assert labels(load(write(abc / "1.csv", "image,label\na.png,狐狸\n", "utf-8-sig"))) == ["狐狸"]
    assert labels(load(write(abc / "2.csv", "image,label\na.png,狐狸\n", "utf-16"))) == ["狐狸"]
    chinese = write(abc / "3.csv", "image,label\nb.png,x\na.png,狐狸\n", "gb18030")
    with pytest.raises(InputError, match=r"3.csv is not UTF-8: byte 0xba in line 3\..*encoding=gb18030"):
        load(chinese)
    assert labels(load(chinese, encoding="gb18030")) == ["x", "狐狸"]
    with pytest.raises(OptionError, match="there is no encoding 'gb18031'"):
        load(chinese, encoding="gb18031")
    with pytest.raises(InputError, match=r"4.csv holds zero bytes: it is no text table"):
        load(write(abc / "4.csv", "image,label\0"))


def test_broken_csv_names_its_line(abc: Path) -> None:
    with pytest.raises(InputError, match=r"line 3 of t.csv has 3 values, but the header names 2\..*double quotes"):
        load(write(abc / "t.csv", "image,label\na.png,cat\nb.png,big, dog\n"))
    with pytest.raises(InputError, match=r"line 3 of t.csv cannot be read: .*Is a quote not closed"):
        load(write(abc / "t.csv", 'image,label\na.png,cat\nb.png,"dog\nc.png,cat\n'))
    with pytest.raises(InputError, match=r"t.csv has the column 'label' twice"):
        load(write(abc / "t.csv", "image,label,label\na.png,cat,cat\n"))
    with pytest.raises(InputError, match=r"t.csv is empty"):
        load(write(abc / "t.csv", "\n\n"))
    with pytest.raises(InputError, match=r"t.csv has no rows"):
        load(write(abc / "t.csv", "image,label\n"))


def test_lines_are_counted_through_quoted_line_ends(abc: Path) -> None:
    text = 'image,label,note\na.png,cat,"one\ntwo"\n\ngone.png,dog,x\nb.png,dog,y\n'
    images = load(write(abc / "t.csv", text))
    assert "line 5 of t.csv" in finding(images, "missing files").why


def test_a_table_without_a_header(abc: Path) -> None:
    images = load(write(abc / "t.csv", "a.png,cat\nb.png,dog\n"))
    assert labels(images) == ["cat", "dog"]
    assert finding(images, "no header").severity == "low"
    with pytest.raises(InputError, match=r"t.csv has no header: its first line is 'a.png', 'cat', '3'"):
        load(write(abc / "t.csv", "a.png,cat,3\nb.png,dog,4\n"))


def test_missing_files_are_left_out_by_name(abc: Path) -> None:
    path = write(abc / "t.csv", "image,label\na.png,cat\ngone.png,dog\nb.png,dog\n,cat\nA.PNG,cat\n")
    images = load(path)
    assert labels(images) == ["cat", "dog"]
    lost = finding(images, "missing files")
    assert lost.severity == "high"
    assert lost.files == ("gone.png", "", "A.PNG")
    assert lost.details["reasons"] == ["not there", "no name", "there is 'a.png', in another casing"]
    assert "3 rows of 5 left out" in lost.why


def test_all_files_missing_says_where_they_were_looked_for(abc: Path, tree: Tree) -> None:
    path = write(abc / "t.csv", "image,label\nx/1.png,cat\n")
    with pytest.raises(
        InputError, match=r"none of the 1 pictures of t.csv is there: 'x/1.png' was .*root=FOLDER.*image=COLUMN"
    ):
        load(path)
    elsewhere = tree("x/1.png", below="elsewhere")
    assert labels(load(path, root=str(elsewhere))) == ["cat"]
    with pytest.raises(InputError, match="is no folder"):
        load(path, root=str(elsewhere / "nope"))
    with pytest.raises(InputError, match="a web address; download it first"):
        load(write(abc / "u.csv", "image,label\nhttps://x.org/1.png,cat\n"))


def test_missing_labels_are_kept_and_named(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,label\na.png,cat\nb.png,\nc.png\n"))
    assert labels(images) == ["cat", "", ""]
    assert finding(images, "missing labels").rows == (1, 2)


def test_duplicate_rows_count_once(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,label\na.png,cat\nb.png,dog\n./a.png,cat\na.png,\n"))
    assert labels(images) == ["cat", "dog"]
    repeated = finding(images, "duplicate rows")
    assert "2 rows say again" in repeated.why
    assert "line 4 of t.csv" in repeated.why


def test_conflicting_labels_are_taken_away_and_named(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,label\na.png,cat\nb.png,dog\na.png,dog\nc.png,cat\na.png,cat\n"))
    assert labels(images) == ["", "dog", "cat"]
    torn = finding(images, "conflicting labels")
    assert (torn.rows, torn.severity) == ((0,), "high")
    assert torn.details["labels"] == {"a.png": "cat, dog"}
    assert not [one for one in images.findings if one.kind == "missing labels"]


def test_a_picture_in_two_splits_stays_in_both(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,label,split\na.png,cat,train\na.png,cat,test\nb.png,dog,train\n"))
    assert [str(name) for name in images.names] == ["a.png", "a.png (2)", "b.png"]
    assert images.split.tolist() == ["train", "test", "train"]


def test_ids_without_an_ending_are_found_among_the_files(tree: Tree) -> None:
    root = tree("images/Train_0.jpg", "images/Train_1.png", "images/Train_10.jpg")
    images = load(write(root / "t.csv", "image_id,label\nTrain_0,a\nTrain_1,b\nTrain_10,a\n"))
    assert [str(name) for name in images.names] == ["images/Train_0.jpg", "images/Train_1.png", "images/Train_10.jpg"]
    ints = tree("imgs/1.png", "imgs/2.png", below="ints")
    frame = pd.DataFrame({"id": [1, 2], "label": ["a", "b"]})
    assert [str(name) for name in load(frame, root=str(ints)).names] == ["imgs/1.png", "imgs/2.png"]


def test_ambiguous_ids_are_decided_by_the_split_or_left_out(tree: Tree) -> None:
    root = tree("train/1.png", "test/1.png", "test/2.png")
    images = load(write(root / "t.csv", "id,label,split\n1,a,train\n1,b,test\n2,a,test\n"))
    assert [str(name) for name in images.names] == ["train/1.png", "test/1.png", "test/2.png"]
    bare = load(write(root / "u.csv", "id,label\n1,a\n2,b\n"))
    assert finding(bare, "missing files").details["reasons"] == ["several files fit: test/1.png, train/1.png"]


def test_a_path_is_never_taken_for_another_folders_file(tree: Tree) -> None:
    root = tree("dog/1.png", "images/cat/2.png")
    images = load(write(root / "t.csv", "image,label\ncat/1.png,cat\ncat/2.png,cat\n"))
    assert [str(name) for name in images.names] == ["images/cat/2.png"]
    assert finding(images, "missing files").files == ("cat/1.png",)


def test_backslashes_and_absolute_paths(tree: Tree, tmp_path: Path) -> None:
    root = tree("cat/1.png", "dog/2.png")
    images = load(write(tmp_path / "t.csv", f"image,label\nphotos\\cat\\1.png,cat\n{root}/dog/2.png,dog\n"))
    assert [read(item) for item in images.items] == [(root / n).read_bytes() for n in ("cat/1.png", "dog/2.png")]


def test_exclusive_one_hot_columns_are_one_label(tree: Tree) -> None:
    root = tree(*(f"images/T{k}.jpg" for k in range(4)))
    head = "image_id,healthy,multiple_diseases,rust,scab\n"
    images = load(write(root / "train.csv", head + "T0,0,0,0,1\nT1,1,0,0,0\nT2,0,1,0,0\nT3,0,0,1,0\n"))
    assert labels(images) == ["scab", "healthy", "multiple_diseases", "rust"]
    assert images.columns == {}
    assert finding(images, "one-hot labels").severity == "low"
    with pytest.raises(InputError, match=r"line 3 of t.csv has 1 in 'healthy', 'rust': 1 row with several labels"):
        load(write(root / "t.csv", head + "T0,0,0,0,1\nT1,1,0,1,0\n"))
    few = load(write(root / "u.csv", "image_id,healthy,rust,age\nT0,1,0,33\nT1,0,0,44\n"))
    assert labels(few) == ["healthy", ""]
    assert finding(few, "one-hot labels").severity == "medium"
    assert finding(few, "missing labels").rows == (1,)


def test_split_group_weight_and_other_columns(abc: Path) -> None:
    text = (
        "image,label,split,group,weight,age,code,note\n"
        "a.png,cat,Train,p1,2,33,007,x\nb.png,dog,VALID,,,,008,\nc.png,cat,,p1,0.5,5.5,9,y\n"
    )
    images = load(write(abc / "t.csv", text))
    assert images.split.tolist() == ["train", "validation", ""]
    assert images.group.tolist() == ["p1", "", "p1"]
    assert images.weight is not None
    assert images.weight.tolist() == [2.0, 1.0, 0.5]
    assert np.array_equal(images.columns["age"], [33.0, np.nan, 5.5], equal_nan=True)
    assert images.columns["code"].tolist() == ["007", "008", "9"]
    assert images.columns["note"].tolist() == ["x", "", "y"]
    valid = load(write(abc / "v.csv", "image,label,is_valid\na.png,cat,True\nb.png,dog,0\n"))
    assert valid.split.tolist() == ["validation", "train"]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("split", "trian", r"line 2 of t.csv: split is 'trian'; allowed: train, validation or test"),
        ("is_valid", "maybe", r"line 2 of t.csv: is_valid is 'maybe'; allowed: true or false"),
        ("weight", "-1", r"line 2 of t.csv: weight is '-1'; a weight is a number from 0 up"),
        ("weight", "nan", r"line 2 of t.csv: weight is 'nan'"),
        ("weight", "heavy", r"line 2 of t.csv: weight is 'heavy'"),
    ],
)
def test_bad_values_name_their_line(abc: Path, column: str, value: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(write(abc / "t.csv", f"image,label,{column}\na.png,cat,{value}\n"))


def test_json_lines(abc: Path) -> None:
    lines = [
        {"file_name": "a.png", "label": 3},
        {"file_name": "b.png", "label": None},
        {"file_name": "c.png", "label": 12},
    ]
    images = load(write(abc / "t.jsonl", "\n".join(map(json.dumps, lines))))
    assert labels(images) == ["3", "", "12"]
    assert images.classes == ("3", "12")
    with pytest.raises(InputError, match=r"line 2 of t.jsonl is no JSON"):
        load(write(abc / "t.jsonl", '{"image": "a.png"}\n{"image": "b.png"\n'))
    with pytest.raises(InputError, match=r"line 1 of t.jsonl is a list; expected an object"):
        load(write(abc / "t.jsonl", "[1]\n"))
    with pytest.raises(InputError, match=r"line 1 of t.jsonl: 'label' is \['a', 'b'\]; a picture has one label"):
        load(write(abc / "t.jsonl", '{"image": "a.png", "label": ["a", "b"]}\n'))
    with pytest.raises(OptionError, match=r"JSONL has no delimiter; leave delimiter=';' away"):
        load(abc / "t.jsonl", delimiter=";")


def test_metadata_beside_pictures_and_the_way_back_to_folders(tree: Tree) -> None:
    root = tree("cat/1.png", "dog/1.png")
    write(root / "metadata.csv", "file_name,label\ncat/1.png,x\ndog/1.png,y\n")
    assert load(root).classes == ("x", "y")
    assert load(f"folder({root})").classes == ("cat", "dog")
    write(root / "metadata.csv", "who,when\nme,now\n")
    with pytest.raises(
        InputError, match=r"no column of metadata.csv .* If the folders in .* name the classes: folder\("
    ):
        load(root)
    write(root / "train.csv", "image,label\ncat/1.png,x\n")
    write(root / "test.jsonl", '{"image": "dog/1.png", "label": "y"}\n')
    with pytest.raises(InputError, match=r"tables of several kinds: test.jsonl, train.csv\. Give one of them"):
        load(root)


def test_data_frames(abc: Path, encoded: Callable[..., bytes]) -> None:
    frame = pd.DataFrame({"image": [str(abc / "a.png"), abc / "b.png", str(abc / "c.png")], "label": ["x", None, "y"]})
    assert labels(load(frame)) == ["x", "", "y"]
    kinds = pd.DataFrame({"image": ["a.png", "b.png", "c.png"], "y": pd.array([1, None, 2], dtype="Int64")})
    assert labels(load(kinds, root=str(abc))) == ["1", "", "2"]
    arrow = pa.table({"image": [encoded(1), encoded(2)], "label": ["x", "y"]})
    assert [read(item) for item in load(arrow).items] == [encoded(1), encoded(2)]
    pixels = np.zeros((4, 5, 3), np.uint8)
    mixed = load({"image": [pixels, Image.fromarray(pixels + 9), encoded(3), None], "label": list("xyxy")})
    assert labels(mixed) == ["x", "y", "x"]
    assert np.array_equal(np.asarray(mixed.items[1]), pixels + 9)
    assert finding(mixed, "missing files").details["reasons"] == ["no picture"]
    with pytest.raises(InputError, match="different lengths"):
        load({"image": [pixels], "label": [1, 2]})
    with pytest.raises(OptionError, match="a data frame has no delimiter"):
        load(frame, delimiter=";")


def test_class_names_of_every_kind_survive(abc: Path) -> None:
    names = ["a, b", 'say "x"', "cat/dog", "狐狸 \U0001f98a"]
    frame = pd.DataFrame({"image": ["a.png", "b.png", "c.png"], "label": names[:3]})
    frame.loc[3] = ["d.png", names[3]]
    (abc / "d.png").write_bytes(b"x")
    frame.to_csv(abc / "t.csv", index=False)
    assert labels(load(abc / "t.csv")) == names


def test_casing_twins_and_one_class_in_tables(abc: Path) -> None:
    images = load(write(abc / "t.csv", "image,label\na.png,Cat\nb.png,cat\nc.png,cat\n"))
    assert finding(images, "casing twins").rows == (0,)
    assert finding(load(write(abc / "t.csv", "image,label\na.png,cat\nb.png,cat\n")), "one class").severity == "high"

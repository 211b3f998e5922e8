"""An overlay's file: what spreadsheets do to it, what people write in it, merging, adding."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from linne.core.errors import InputError
from linne.core.overlay import COLUMNS, Overlay, Row, append, ordered

HEAD = "picture,decision,to,from,who,when"
MARK = "0123456789abcdef0123456789abcdef"


def written(path: Path, *lines: str, data: bytes = b"") -> Overlay:
    path.write_bytes(data or "\n".join([*lines, ""]).encode())
    return Overlay.read(path)


def told(overlay: Overlay) -> list[tuple[str, str, str]]:
    return [(row.picture, row.decision, row.to) for row in overlay.rows]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fixes.csv"


def test_rows_are_read_as_people_write_them(file: Path) -> None:
    found = written(file, HEAD, "a/1.jpg,,b,a,,", "a/2.jpg,Relabel to hat, ,a,,", "a/3.jpg, KEEP ,,a,Ann,",
                    "a/4.jpg,bad,,,,", "", ",,,,,", "a/5.jpg,,,a,,", '"a/6, 7.jpg",drop,,,,')  # fmt: skip
    assert told(found) == [
        ("a/1.jpg", "relabel", "b"), ("a/2.jpg", "relabel", "hat"), ("a/3.jpg", "keep", ""),
        ("a/4.jpg", "bad picture", ""), ("a/5.jpg", "", ""), ("a/6, 7.jpg", "drop", ""),
    ]  # fmt: skip
    assert [row.picture for row in found.waiting] == ["a/5.jpg"]
    assert len(found.decided) == 5


def test_accepting_takes_the_suggestion(file: Path) -> None:
    assert told(written(file, "picture,decision,suggested", "a.jpg,accept,hat")) == [("a.jpg", "accept", "hat")]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfpicture;decision;to\r\nm\xc3\xbctze.jpg;;hat\r\n",
        b"\xef\xbb\xbfsep=;\r\npicture;decision;to\r\nm\xc3\xbctze.jpg;;hat\r\n",
        "\ufeffpicture\tdecision\tto\r\nmütze.jpg\t\that\r\n".encode("utf-16-le"),
        "\ufeffpicture\tdecision\tto\rmütze.jpg\t\that\r".encode("utf-16-be"),
        'to,"picture",decision\nhat,"mütze.jpg",\n'.encode(),
        "Picture,To\nmütze.jpg,hat".encode(),
    ],
)  # fmt: skip
def test_what_spreadsheets_save_is_read(data: bytes, file: Path) -> None:
    assert told(written(file, data=data)) == [("mütze.jpg", "relabel", "hat")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, "a.jpg,relable,b"), "line 2: there is no decision 'relable'. Did you mean 'relabel'?"),
        ((HEAD, "", "a.jpg,relabel"), "line 3 says relabel and not what to"),
        ((HEAD, "a.jpg,accept"), "line 2 accepts a suggestion, and there is none"),
        ((HEAD, "a.jpg,keep,b,a"), "line 2 says keep and names 'b'"),
        ((HEAD, ",keep"), "line 2 names no picture"),
        (("picture,decison,to", "a.jpg,keep"), "Did you mean 'decision'?"),
        (("picture,to,to", "a.jpg,b,c"), "the column 'to' twice"),
        (("a.jpg,keep",), "its first line is 'a.jpg,keep' and should name the columns"),
        (("",), "is no overlay"),
        (("picture,decision,hash", "a.jpg,keep,1.23457E+31"), "is no content hash of 32 digits"),
    ],
)
def test_rows_that_cannot_be_are_named_with_their_line(lines: tuple[str, ...], said: str, file: Path) -> None:
    with pytest.raises(InputError) as error:
        written(file, *lines)
    assert said in str(error.value)


def test_files_that_cannot_be(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"save it\s+as 'CSV UTF-8'"):
        written(file, data="picture,to\nmütze.jpg,hat\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"Did you mean 'fixes.csv'"):
        Overlay.read(tmp_path / "fixs.csv")
    with pytest.raises(InputError, match="cannot be read"):
        Overlay.read(tmp_path)


def test_a_column_of_ones_own_is_left_alone(file: Path) -> None:
    assert told(written(file, "picture,decision,price", "a.jpg,keep,3")) == [("a.jpg", "keep", "")]


def test_two_files_are_merged_by_writing_one_after_the_other(file: Path, tmp_path: Path) -> None:
    """Ann's comma file and Bob's semicolon file with a mark of its own, in the order of time whichever is first."""
    ann = "picture,decision,to,who,when\na.jpg,relabel,hat,Ann,2026-01-02T00:00:00Z\nb.jpg,keep,,Ann,2026-01-04\n"
    bob = "\ufeffwho;when;picture;decision;to\nBob;2026-01-03T02:00:00+02:00;a.jpg;relabel;coat\n"
    for text in (ann + bob, bob + ann):
        found = written(file, data=text.encode())
        assert [(row.who, row.to) for row in found.rows] == [("Ann", "hat"), ("Bob", "coat"), ("Ann", "")]


def test_a_row_without_a_time_goes_with_the_row_before_it() -> None:
    rows = [
        Row(name, when=when) for name, when in (("a", ""), ("b", "2026-02-01"), ("c", "1.2.26"), ("d", "2026-01-01"))
    ]
    assert [row.picture for row in ordered(rows)] == ["a", "d", "b", "c"]


def test_a_time_without_a_zone_is_utc_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "JST-9")
    tzset = getattr(time, "tzset", lambda: None)
    tzset()
    try:
        found = [Row("a.jpg", when=f"2026-01-31T17:00:00{zone}").time for zone in ("", "Z", "+00:00", "+09:00")]
    finally:
        monkeypatch.undo()
        tzset()
    assert found == [1769878800.0, 1769878800.0, 1769878800.0, 1769846400.0]


def test_a_picture_that_was_decided_under_another_name_waits_no_more(file: Path) -> None:
    found = written(file, "picture,decision,hash", f"old.jpg,,{MARK}", f"new.jpg,drop,{MARK}", "other.jpg,,")
    assert [row.picture for row in found.waiting] == ["other.jpg"]


def test_a_mark_of_encoding_before_a_row_is_no_part_of_its_name(file: Path) -> None:
    """`cat` of a file whose header somebody took out."""
    assert told(written(file, data=b"picture,to\na.jpg,hat\n\xef\xbb\xbfb.jpg,hat\n"))[1][0] == "b.jpg"


def test_adding_changes_nothing_that_is_there(file: Path) -> None:
    before = 'picture;note;decision;to;from;when;hash;suggested;score\r\n"a;1.jpg";mine;keep;;a;;;;\r\nb.jpg;;;;;;;;'
    file.write_bytes(before.encode())
    rows = [Row("b.jpg"), Row("c.jpg", given="a", suggested="hat", mark=MARK), Row("a;1.jpg", decision="undo")]
    assert append(file, rows) == 2, "b.jpg waits already"
    text = file.read_bytes().decode()
    assert text.startswith(before + "\n")
    found = Overlay.read(file)
    assert told(found) == [("a;1.jpg", "keep", ""), ("b.jpg", "", ""), ("c.jpg", "", ""), ("a;1.jpg", "undo", "")]
    assert found.rows[2].mark == MARK
    assert found.rows[2].time is not None
    assert append(file, rows[:2]) == 0


def test_a_new_file_opens_in_a_spreadsheet_and_comes_back(file: Path) -> None:
    row = Row("mütze.jpg", given="a", suggested="b", score="1.5", note='says "b", 3 to 1', mark=MARK, folder="../new")
    assert append(file, [row]) == 1
    assert file.read_bytes().startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\n")
    again = Overlay.read(file).rows[0]
    assert (again.picture, again.given, again.note, again.folder) == (row.picture, "a", row.note, "../new")
    assert again.name == "../new/mütze.jpg"


def test_rows_that_need_a_column_which_was_taken_out_bring_a_header(file: Path) -> None:
    file.write_text("picture,to\na.jpg,b\n")
    assert append(file, [Row("c.jpg", folder="new")]) == 1
    assert [(row.picture, row.folder) for row in Overlay.read(file).rows] == [("a.jpg", ""), ("c.jpg", "new")]


def test_a_spreadsheets_utf_16_stays_so(file: Path) -> None:
    file.write_bytes("\ufeffpicture\tto\tfrom\twhen\na.jpg\tb\t\t\n".encode("utf-16-le"))
    assert append(file, [Row("ü.jpg", given="a")]) == 1
    assert [row.picture for row in Overlay.read(file).rows] == ["a.jpg", "ü.jpg"]


def test_who_adds_at_once_loses_nothing(file: Path) -> None:
    def add(who: int) -> None:
        for row in range(5):
            append(file, [Row(f"{who}-{row}.jpg", decision="keep")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert {row.picture for row in Overlay.read(file).rows} == {
        f"{who}-{row}.jpg" for who in range(8) for row in range(5)
    }
    assert [path.name for path in file.parent.iterdir()] == [file.name]

"""What decisions come to: later ones win, undo, renamed, replaced and gone pictures, contradictions, pools."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linne.core.applied import BAD, DROPPED, added, apply, marked, settled, vouched, widened
from linne.core.errors import InputError
from linne.core.images import Images
from linne.core.overlay import NONE, Overlay, Row

NAMES = ["a/1", "a/2", "b/3", "b/4"]
HASHES = np.array([bytes([k]) * 16 for k in range(1, 5)], "V16")
MARKS = [one.tobytes().hex() for one in HASHES]


def pictures(labels: tuple[str, ...] = ("a", "a", "b", "b")) -> Images:
    return Images.of([b""] * 4, list(labels), names=NAMES, classes=("a", "b"))


def overlay(*rows: Row) -> Overlay:
    return Overlay(Path("fixes.csv"), b"", tuple(rows))


def row(name: str, decision: str, to: str = "", **rest: str) -> Row:
    return Row(name, decision, to, line=7, **rest)  # type: ignore[arg-type]


def labels(images: Images) -> list[str]:
    return [images.classes[one] if one >= 0 else "" for one in images.labels]


def test_each_decision_does_what_it_says() -> None:
    rows = [row("a/1", "relabel", "b"), row("a/2", "keep"), row("b/3", "drop"), row("b/4", "bad picture")]
    found = apply(overlay(*rows), pictures(), HASHES)
    assert labels(found.images) == ["b", "a", "", ""]
    assert marked(found.images).tolist() == ["relabelled", "confirmed", "", ""]
    assert vouched(found.images).tolist() == [True, True, False, False]
    assert found.why.tolist() == ["", "", DROPPED, BAD]
    assert found.changed.tolist() == [True, False, False, False]
    assert found.findings == ()


def test_unsure_changes_no_label_and_vouches_for_none() -> None:
    found = apply(overlay(row("a/1", "relabel", "b"), row("a/1", "unsure")), pictures(), HASHES)
    assert labels(found.images)[0] == "a"
    assert marked(found.images)[0] == "unsure"
    assert not vouched(found.images).any()


@pytest.mark.parametrize(
    ("decisions", "label", "why"),
    [
        ((("relabel", "b"), ("relabel", "a")), "a", ""),
        ((("relabel", "b"), ("keep", "")), "b", ""),
        ((("drop", ""), ("keep", "")), "a", ""),
        ((("relabel", "b"), ("drop", ""), ("undo", "")), "b", ""),
        ((("relabel", "b"), ("drop", ""), ("undo", ""), ("undo", "")), "a", ""),
        ((("undo", ""), ("drop", "")), "a", DROPPED),
        ((("accept", "b"),), "b", ""),
    ],
)
def test_later_rows_win_and_undo_goes_back(decisions: tuple[tuple[str, str], ...], label: str, why: str) -> None:
    state, late, _ = settled([row("x", *one) for one in decisions], "a")
    assert (state.label, state.why, late) == (label, why, [])


def test_undone_is_as_if_nothing_was_said() -> None:
    found = apply(overlay(row("a/1", "relabel", "b"), row("a/1", "undo")), pictures(), HASHES)
    assert labels(found.images) == labels(pictures())
    assert not found.changed.any()
    assert not vouched(found.images).any()


def test_a_renamed_picture_is_found_by_its_content() -> None:
    found = apply(overlay(row("a/old name", "relabel", "b", mark=MARKS[1])), pictures(), HASHES)
    assert labels(found.images) == ["a", "b", "b", "b"]
    assert found.findings == ()


def test_a_name_that_another_picture_took_is_not_followed() -> None:
    """The row's content is now b/3; whoever is called a/1 now was never decided on."""
    found = apply(overlay(row("a/1", "drop", mark=MARKS[2])), pictures(), HASHES)
    assert found.why.tolist() == ["", "", DROPPED, ""]


def test_windows_names_are_found() -> None:
    assert apply(overlay(row("a\\1", "drop")), pictures(), HASHES).why[0] == DROPPED


def test_replaced_and_gone_pictures_are_named() -> None:
    rows = [row("a/1", "drop", mark="f" * 32), row("a/9", "drop"), row("b/4", "drop")]
    found = apply(overlay(*rows), pictures(), HASHES)
    assert found.why.tolist() == ["", "", "", DROPPED]
    assert [one.files for one in found.findings] == [("a/9",), ("a/1",)]
    assert "1 picture of the overlay: gone: a/9." in found.findings[0].why
    assert "other content" in found.findings[1].why


def test_all_gone_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"None of the pictures .* 2 in all; the first is 'a/11' \(line 7\)\. Did you"):
        apply(overlay(row("a/11", "drop"), row("zz", "keep")), pictures(), HASHES)


def test_pictures_elsewhere_are_not_missed() -> None:
    found = apply(overlay(row("c/1", "drop")), pictures(), HASHES, elsewhere={"c/1"})
    assert not found.findings
    assert (found.why == "").all()


def test_an_overlay_without_decisions_is_an_error() -> None:
    with pytest.raises(InputError, match="holds no decision: 1 rows wait"):
        apply(overlay(Row("a/1")), pictures(), HASHES)


def test_an_unknown_class_is_an_error_with_its_line_and_the_nearest() -> None:
    images = Images.of([b""] * 4, ["shirt", "shirt", "hat", "hat"], names=NAMES)
    with pytest.raises(InputError, match=r"line 7: there is no class 'shrit'\. Did you mean 'shirt'"):
        apply(overlay(row("a/1", "relabel", "shrit")), images, HASHES)
    apply(overlay(row("a/1", "relabel", "shrit"), row("a/1", "undo"), row("a/2", "keep")), images, HASHES)


def test_kept_as_a_class_that_it_left() -> None:
    found = apply(overlay(row("a/1", "keep", given="b"), row("a/2", "keep", given="a")), pictures(), HASHES)
    assert marked(found.images).tolist() == ["", "confirmed", "", ""]
    assert "1 picture kept as a class that it has left: a/1 (line 7)" in found.findings[0].why


def test_keeping_what_was_relabelled_stands() -> None:
    rows = [row("a/1", "relabel", "b", given="a"), row("a/1", "keep", given="b")]
    found = apply(overlay(*rows), pictures(), HASHES)
    assert labels(found.images)[0] == "b"
    assert not found.findings


def test_contradictions_are_said_and_the_later_counts() -> None:
    first, second = {"who": "Ann", "when": "2026-01-01"}, {"who": "Bob", "when": "2026-01-02"}
    fought = [row("a/1", "relabel", "b", **first), row("a/1", "drop", **second)]
    own = [row("a/2", "drop", **first), row("a/2", "keep", **(second | {"who": "ann"}))]
    found = apply(overlay(*fought, *own), pictures(), HASHES)
    assert found.why.tolist() == [DROPPED, "", "", ""]
    (one,) = found.findings
    assert one.rows == (0,)
    assert "contradict each other: a/1" in one.why


def test_a_time_that_cannot_be_read_is_said() -> None:
    found = apply(overlay(row("a/1", "keep", when="1.2.26 17:00")), pictures(), HASHES)
    assert "line 7: 1.2.26 17:00" in found.findings[0].why


def test_figures_say_how_many_test_labels_changed() -> None:
    rows = [row("a/1", "relabel", "b"), row("b/3", "relabel", "a"), row("a/2", "keep"), Row("b/4")]
    found = apply(overlay(*rows), pictures(), HASHES).figures(np.array(["train", "train", "test", "test"], object))
    assert found["changed"] == 2
    assert found["changed_by_split"] == {"train": 1, "test": 1}
    assert (found["confirmed"], found["relabelled"], found["left_out"], found["waiting"]) == (1, 2, 0, 1)
    assert (
        "2 labels changed (1 test label), 1 confirmed, 0 pictures left out; 1 row without a decision."
        in found["sentence"]
    )


def pool(root: Path) -> Path:
    for k in range(3):
        (root / "new").mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), 80 * k, np.uint8)).save(root / "new" / f"{k}.png")
    return root


def test_labelled_pictures_of_a_pool_join_the_others(tmp_path: Path) -> None:
    rows = [row("0.png", "relabel", "b", folder="new"), row("1.png", "drop", folder="new"), Row("2.png", folder="new"),
            row("5.png", "relabel", "a", folder="new"), row("1.png", "relabel", "a", folder="lost")]  # fmt: skip
    table = Overlay(pool(tmp_path) / "labels.csv", b"", tuple(rows))
    wide = widened(pictures(), table)
    assert wide.names.tolist() == [*NAMES, "new/0.png"]
    assert wide.items[4] == tmp_path / "new" / "0.png"
    assert labels(wide)[4] == ""
    found = apply(table, wide, np.append(HASHES, np.array([b"x" * 16], "V16")))
    assert labels(found.images)[4] == "b"
    assert added(found.images).tolist() == [False] * 4 + [True]
    assert vouched(found.images)[4]
    assert not found.changed.any(), "a label that is new is no label that changed"
    assert found.findings[0].files == ("new/5.png", "lost/1.png")


def test_what_was_left_in_a_pool_is_not_missed(tmp_path: Path) -> None:
    table = Overlay(pool(tmp_path) / "labels.csv", b"", (row("1.png", "drop", folder="new"),))
    assert len(widened(pictures(), table)) == 4
    assert apply(table, pictures(), HASHES).findings == ()


def test_a_pools_picture_that_was_copied_among_the_others_is_there_once(tmp_path: Path) -> None:
    table = Overlay(pool(tmp_path) / "labels.csv", b"", (row("0.png", "relabel", "b", folder="new"),))
    found = apply(table, widened(pictures(), table), np.append(HASHES, HASHES[2]))
    assert found.why.tolist() == [""] * 4 + ["its copy is among the pictures"]


def test_a_pools_picture_goes_to_the_learning_part() -> None:
    """Where parts are given; columns and weights stay as long as the pictures."""
    import tempfile
    from dataclasses import replace

    with tempfile.TemporaryDirectory() as place:
        table = Overlay(pool(Path(place)) / "x.csv", b"", (row("0.png", "relabel", "b", folder="new"),))
        given = replace(pictures(), split=np.array(["train", "test"] * 2, object), weight=np.array([1.0, 3, 1, 3]),
                        columns={"camera": np.array([1, 2, 3, 4])})  # fmt: skip
        wide = widened(given, table)
        assert wide.split.tolist()[-1] == "train"
        assert wide.weight is not None
        assert wide.weight[-1] == 2
        assert len(wide.columns["camera"]) == 5


def test_classes_are_begun_by_rows_that_say_so_and_by_no_slip_of_the_pen() -> None:
    new = Row("a/1", "relabel", "owl", note="new class owl")
    found = apply(overlay(new, row("a/2", "relabel", "owl")), pictures(), HASHES)
    assert found.images.classes == ("a", "b", "owl")
    assert labels(found.images) == ["owl", "owl", "b", "b"]
    with pytest.raises(InputError, match="there is no class 'owl'"):
        apply(overlay(row("a/2", "relabel", "owl")), pictures(), HASHES)


def test_pictures_without_any_class_take_those_of_the_overlay() -> None:
    bare = Images.of([b""] * 4, names=NAMES)
    found = apply(overlay(row("a/1", "relabel", "owl"), row("b/3", "relabel", "cat")), bare, HASHES)
    assert found.images.classes == ("cat", "owl")
    assert labels(found.images) == ["owl", "", "cat", ""]
    assert marked(found.images).tolist() == ["labelled", "", "labelled", ""]


def test_a_first_label_is_told_from_one_that_was_looked_at_again() -> None:
    bare = Images.of([b""] * 4, names=NAMES)
    first = [row(name, "relabel", "owl") for name in NAMES]
    again = [row(NAMES[0], "keep"), row(NAMES[1], "relabel", "cat"), row(NAMES[2], "relabel", "owl")]
    found = apply(overlay(*first, *again), bare, HASHES)
    assert marked(found.images).tolist() == ["confirmed", "relabelled", "confirmed", "labelled"]


def test_none_of_several_labels_is_an_answer() -> None:
    targets = np.array([[1, 0], [1, 1], [-1, -1], [-1, -1]], np.int8)
    images = replace(pictures(), labels=np.full(4, -1), targets=targets, classes=("a", "b"))
    found = apply(overlay(row(NAMES[0], "relabel", NONE), row(NAMES[2], "relabel", NONE)), images, HASHES)
    assert found.images.targets is not None
    assert found.images.targets.tolist() == [[0, 0], [1, 1], [0, 0], [-1, -1]]
    assert found.images.classes == ("a", "b")


def test_several_labels_are_all_of_a_picture() -> None:
    targets = np.array([[1, 0], [1, 1], [-1, 1], [0, 0]], np.int8)
    several = Images(**{**vars(pictures()), "labels": np.full(4, -1), "targets": targets})
    rows = [Row("a/1", "relabel", "b; owl", note="new class owl"), row("a/2", "keep"), row("b/3", "drop")]
    found = apply(overlay(*rows), several, HASHES)
    assert found.images.classes == ("a", "b", "owl")
    assert found.images.targets is not None
    assert found.images.targets.tolist() == [[0, 1, 1], [1, 1, -1], [-1, -1, -1], [0, 0, -1]]
    assert found.changed.tolist() == [True, False, False, False]
    with pytest.raises(InputError, match="there is no class 'c'"):
        apply(overlay(row("a/1", "relabel", "a;c")), several, HASHES)

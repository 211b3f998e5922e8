"""A gallery through a runtime that needs no network: what is held, answered, refused and kept."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.core.errors import InputError, OptionError, RunError
from linne.engine import gallery as module
from linne.engine import look as looking
from linne.engine import store
from linne.engine.gallery import Gallery
from tests.gallery import OTHER, TRIAL, Coarse, coarse, picture, write


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(looking, "choose", lambda *args: (Coarse(), "coarse"))
    monkeypatch.setattr(looking, "known", lambda *args: TRIAL)
    monkeypatch.setattr(module, "again", lambda *args: coarse())
    monkeypatch.setattr(
        module,
        "extractor",
        lambda *what, **given: coarse(OTHER if "other" in (*what, *given.values()) else coarse().network),
    )


def test_a_gallery_that_cannot_be_read_any_more_is_not_answered_by_what_it_was(tmp_path: Path) -> None:
    Gallery.at(tmp_path / "gallery").enrol(write(tmp_path / "faces", range(2), 2))
    found = Gallery.open(tmp_path / "gallery")
    whole = (tmp_path / "gallery" / store.NAME).read_bytes()
    (tmp_path / "gallery" / store.NAME).write_bytes(b"{")
    for _ in range(2):
        with pytest.raises(RunError):
            len(found)
    (tmp_path / "gallery" / store.NAME).write_bytes(whole)
    assert len(found) == 2


def test_known_ones_get_their_name_and_strangers_none(tmp_path: Path) -> None:
    gallery = Gallery().enrol(write(tmp_path / "faces", range(30), 3))
    assert len(gallery) == 30
    known = gallery.identify(write(tmp_path / "known", range(10), 2, start=50))
    assert known.names == [f"who-{k:02d}" for k in range(10) for _ in range(2)]
    strange = gallery.identify(write(tmp_path / "strange", range(60, 80), 1))
    assert strange.names.count("unknown") >= 19
    assert min(one.probability for one in known.each) > max(one.probability for one in strange.each)
    assert all(0 <= one.probability <= 1 for one in (*known.each, *strange.each))
    assert known[0].nearest[0][0] == "who-00"
    assert known[0].similarity > known[0].nearest[1][1] >= known[0].nearest[2][1]
    shown = known.text()
    assert "who-00/050.png  who-00" in shown
    assert json.loads(json.dumps(known.data()))["answers"][0]["known"]


def test_a_network_whose_domain_is_far_is_said_so_at_enrolment(tmp_path: Path) -> None:
    """Where noise hides who is who, surely fewer than half of the pictures are named, and a fitting network is asked
    for; where it does not, no word of it. Figures come with their intervals in both."""
    for noise, far in ((30.0, False), (900.0, True)):
        gallery = Gallery().enrol(write(tmp_path / f"{noise:.0f}", range(30), 4, noise=noise))
        assert gallery.last is not None
        said, named = gallery.last.text(), gallery.last.figures["named"]
        assert (named["high"] < 0.5) is far
        assert ("warning: coarse hardly tells these identities apart: its domain is far" in said) is far
        assert ("--run, or --model and --weights" in said) is far
        assert f"at that threshold {100 * named['value']:.1f} % [" in said


def test_an_answer_does_not_depend_on_what_else_is_asked(tmp_path: Path) -> None:
    gallery = Gallery().enrol(write(tmp_path / "faces", range(6), 2))
    new = write(tmp_path / "new", range(4, 8), 1, start=50)
    together = gallery.identify(new)
    files = sorted(new.rglob("*.png"))
    assert len(files) == len(together) == 4
    for place, one in enumerate(files):
        assert gallery.identify(one)[0].nearest == together[place].nearest


def test_one_picture_at_a_time_comes_to_the_same(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(6), 3)
    whole = Gallery().enrol(faces)
    single = Gallery()
    for place in sorted(faces.rglob("*.png"), key=lambda path: (path.name, path.parent)):
        single.enrol(place, name=place.parent.name)
    assert single.names == whole.names
    new = write(tmp_path / "new", range(4, 8), 2, start=50)
    for one, other in zip(single.identify(new).each, whole.identify(new).each, strict=True):
        assert one.name == other.name
        np.testing.assert_allclose([s for _, s in one.nearest], [s for _, s in other.nearest], atol=1e-12)
        assert one.probability == pytest.approx(other.probability, abs=1e-9)


def test_same_and_not_the_same(tmp_path: Path) -> None:
    gallery = Gallery().enrol(write(tmp_path / "faces", range(20), 3))
    new = write(tmp_path / "new", (70, 71), 2)
    one, again, other = new / "who-70/000.png", new / "who-70/001.png", new / "who-71/000.png"
    yes, no = gallery.same(one, again), gallery.same(one, other)
    assert yes.same is True
    assert no.same is False
    assert yes.probability > 0.9 > 0.1 > no.probability
    assert "the same" in yes.text()
    assert gallery.same(picture(70, 0), picture(70, 1)).similarity == pytest.approx(yes.similarity, abs=1e-9)
    with pytest.raises(InputError, match="has 4 pictures"):
        gallery.same(one, new)


def test_a_folder_and_memory_hold_the_same(tmp_path: Path) -> None:
    faces, new = write(tmp_path / "faces", range(8)), write(tmp_path / "new", range(6, 10), 2, start=50)
    memory = Gallery().enrol(faces)
    kept = Gallery.at(tmp_path / "gallery").enrol(faces)
    saved = Gallery().enrol(faces).save(tmp_path / "saved")
    opened = linne.Gallery(tmp_path / "gallery")
    answers = [one.identify(new).data() for one in (memory, kept, saved, opened)]
    assert all(one == answers[0] for one in answers)
    assert not [path for path in (tmp_path / "gallery").iterdir() if path.suffix not in (".json", ".safetensors", "")]
    with pytest.raises(RunError, match="is a gallery already"):
        memory.save(tmp_path / "gallery")


def test_list_rename_merge_remove(tmp_path: Path) -> None:
    gallery = Gallery.at(tmp_path / "gallery").enrol(write(tmp_path / "faces", range(5)))
    gallery.rename("who-00", "anna").merge("anna", "who-01", "who-03")
    assert gallery.names == ("anna", "who-02", "who-04")
    assert gallery.held.counts().tolist() == [12, 4, 4]
    gallery.remove("who-02")
    again = Gallery.open(tmp_path / "gallery")
    assert again.names == ("anna", "who-04")
    assert [len(one["pictures"]) for one in again.data()["identities"]] == [12, 4]
    assert "anna" in again.text()
    assert again.identify(tmp_path / "faces/who-03/002.png").names == ["anna"]
    for change in (
        lambda: gallery.remove("ana"), lambda: gallery.rename("ana", "x"), lambda: gallery.merge("anna", "ana"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match="Did you mean 'anna'"):
            change()
    with pytest.raises(OptionError, match="already"):
        gallery.rename("who-04", "anna")
    with pytest.raises(OptionError, match="with itself"):
        gallery.merge("anna", "anna")
    with pytest.raises(OptionError, match="nobody enrolled"):
        gallery.rename("anna", "Unknown")


def test_nothing_of_a_removed_identity_stays_on_disk(tmp_path: Path) -> None:
    gallery = Gallery.at(tmp_path / "gallery").enrol(write(tmp_path / "faces", range(3)))
    gone = [gallery.held.rows.take(np.array([row]))[0] for row in np.flatnonzero(gallery.held.identity == 1)]
    before = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    assert all(one.tobytes() in before for one in gone)
    gallery.remove("who-01")
    after = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    assert not any(one.tobytes() in after for one in gone)
    assert b"who-01" not in after


def test_copies_count_once(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(4), 3)
    (faces / "who-00/copy.png").write_bytes((faces / "who-00/000.png").read_bytes())
    gallery = Gallery().enrol(faces)
    assert gallery.last is not None
    assert (gallery.last.pictures, gallery.last.copies) == (12, 1)
    assert "1 copy of a picture" in gallery.last.text()
    state = gallery.state
    gallery.enrol(faces)
    assert (gallery.last.pictures, gallery.last.copies) == (0, 13)
    assert gallery.state is state
    # the same picture again, saved otherwise: it is there, and shares its weight and its turn
    Image.open(faces / "who-00/000.png").save(faces / "who-00/other.bmp")
    gallery.enrol(faces / "who-00/other.bmp", name="who-00")
    weight = gallery.held.weight[gallery.held.identity == 0]
    assert sorted(weight.tolist()) == [0.5, 0.5, 1.0, 1.0]


def test_the_same_picture_under_two_identities_is_refused_by_name(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(3), 2)
    (faces / "who-02/stolen.png").write_bytes((faces / "who-01/001.png").read_bytes())
    with pytest.raises(InputError, match=r"who-01/001\.png as 'who-01' and who-02/stolen\.png as 'who-02'"):
        Gallery.at(tmp_path / "gallery").enrol(faces)
    assert not (tmp_path / "gallery").exists()
    (faces / "who-02/stolen.png").unlink()
    gallery = Gallery.at(tmp_path / "gallery").enrol(faces)
    with pytest.raises(InputError, match=r"001\.png is enrolled as 'who-01' \(who-01/001\.png\).*'eve'"):
        gallery.enrol(faces / "who-01/001.png", name="eve")
    assert gallery.names == ("who-00", "who-01", "who-02")


def test_what_looks_the_same_under_two_identities_is_a_warning(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(3), 3)
    Image.open(faces / "who-01/001.png").save(faces / "who-02/again.bmp")
    said = Gallery().enrol(faces).last
    assert said is not None
    assert "warning: who-02/again.bmp (who-02) looks the same as who-01/001.png (who-01)" in said.text()


def test_pictures_that_show_nothing(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(3), 2)
    Image.new("RGB", (64, 64), "white").save(faces / "who-01/blank.png")
    (faces / "who-01/text.png").write_text("no picture")
    gallery = Gallery().enrol(faces)
    assert gallery.last is not None
    assert dict(gallery.last.left)["who-01/blank.png"].startswith("shows nothing")
    assert set(dict(gallery.last.left)) == {"who-01/blank.png", "who-01/text.png"}
    answers = gallery.identify(faces / "who-01")
    assert answers.names == ["who-01", "who-01", "", ""]
    assert "shows nothing" in answers.text()
    assert answers[2].data()["known"] is False
    with pytest.raises(InputError, match=r"blank\.png cannot be compared: shows nothing"):
        gallery.same(faces / "who-01/blank.png", faces / "who-01/000.png")
    for path in (faces / "who-01").glob("0*.png"):
        path.unlink()
    with pytest.raises(InputError, match=r"'who-01' has no usable picture: who-01/blank\.png: shows nothing"):
        Gallery().enrol(faces)
    with pytest.raises(InputError, match="'eve' has no usable picture"):
        gallery.enrol(faces / "who-01/text.png", name="eve")


def test_whose_a_picture_is_must_be_told_once(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(2), 2)
    with pytest.raises(InputError, match="--name NAME"):
        Gallery().enrol(faces / "who-00")
    with pytest.raises(InputError, match="would make one of them"):
        Gallery().enrol(faces, name="anna")
    with pytest.raises(OptionError, match="nobody enrolled"):
        Gallery().enrol(faces / "who-00", name="unknown")
    (faces / "who-02").mkdir()
    with pytest.raises(InputError, match=r"who-02 in .* has no picture"):
        Gallery().enrol(faces)


def test_empty_missing_and_other_folders(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(2), 2)
    with pytest.raises(InputError, match=r"There is no gallery .*linne enrol"):
        Gallery.open(tmp_path / "none")
    with pytest.raises(InputError, match=r"is no gallery: it holds no gallery\.json"):
        Gallery.open(faces)
    with pytest.raises(RunError, match=r"holds other files.*linne enrol GALLERY PICTURES"):
        Gallery.at(faces)
    with pytest.raises(RunError, match="lies in the pictures' own folder"):
        Gallery.at(faces / "gallery").enrol(faces)
    gallery = Gallery.at(tmp_path / "gallery").enrol(faces).remove("who-00", "who-01")
    for ask in (lambda: gallery.identify(faces), lambda: gallery.same(picture(0, 0), picture(0, 1))):
        with pytest.raises(InputError, match=r"is empty\. Enrol somebody first"):
            ask()
    assert "empty" in gallery.text()
    with pytest.raises(InputError, match="is empty"):
        Gallery().identify(faces)


def test_another_network_is_refused_and_both_are_named(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(2), 2)
    Gallery.at(tmp_path / "gallery").enrol(faces)
    with pytest.raises(RunError, match=r"made by coarse \(000000000000\).*not by coarser \(111111111111\)"):
        Gallery.at(tmp_path / "gallery", "other")
    with pytest.raises(RunError, match="coarser"):
        Gallery.at(tmp_path / "gallery", model="other")
    gallery = Gallery("other")
    gallery.path = tmp_path / "gallery"
    with pytest.raises(RunError, match="coarser"):
        gallery.enrol(write(tmp_path / "more", (5,), 1))
    assert Gallery.at(tmp_path / "gallery", model="coarse").names == ("who-00", "who-01")


def test_few_identities_promise_little_and_say_so(tmp_path: Path) -> None:
    alone = Gallery().enrol(write(tmp_path / "one", (0,), 2))
    answers = alone.identify(picture(0, 9)[None])
    assert answers.names == ["unknown"]
    assert "fewer than two identities" in answers.text()
    assert np.isnan(answers[0].probability)
    few = Gallery().enrol(write(tmp_path / "few", range(3), 1))
    answers = few.identify(write(tmp_path / "new", range(3), 1, start=9))
    assert "too few for a false-accept rate of 1 %" in answers.text()
    assert "no identity has two pictures" in answers.text()
    with pytest.raises(
        OptionError, match=r"A false-accept rate of 1 % cannot be promised: 3 pictures of 3 identities.*100"
    ):
        few.identify(picture(0, 9)[None], far=0.01)
    for wrong in (0, 1, -0.1, True, "x"):
        with pytest.raises(OptionError, match="is not allowed"):
            few.identify(picture(0, 9)[None], far=wrong)  # type: ignore[arg-type]


def test_damage_is_named(tmp_path: Path) -> None:
    gallery = Gallery.at(tmp_path / "gallery").enrol(write(tmp_path / "faces", range(3), 2))
    place = tmp_path / "gallery"
    rows = next(place.glob("rows-*"))
    whole = rows.read_bytes()
    rows.write_bytes(whole[:-100])
    with pytest.raises(RunError, match=r"rows-.*is damaged"):
        Gallery.open(place)
    rows.unlink()
    with pytest.raises(RunError, match=r"is damaged: .*rows-.* is missing"):
        Gallery.open(place)
    rows.write_bytes(whole)
    assert Gallery.open(place).names == gallery.names
    told = json.loads((place / store.NAME).read_text())
    (place / store.NAME).write_text(json.dumps(told | {"format": 99}))
    with pytest.raises(RunError, match="format 99"):
        Gallery.open(place)
    (place / store.NAME).write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        Gallery.open(place)


def test_an_index_is_built_asked_outlived_and_removed(tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    gallery = Gallery.at(tmp_path / "gallery").enrol(write(tmp_path / "faces", range(12)))
    new = write(tmp_path / "new", range(10, 14), 1, start=50)
    with pytest.raises(OptionError, match=r"has no index\. Build it: linne gallery index"):
        gallery.identify(new, search="index")
    told = gallery.index()
    assert told.pictures == 48
    assert "recall@10" in told.text()
    exact, found = gallery.identify(new, search="exact"), gallery.identify(new, search="index")
    assert found.names == exact.names
    assert [one.nearest[0] for one in found.each] == [one.nearest[0] for one in exact.each]
    gallery.enrol(write(tmp_path / "more", (70,), 2))
    assert gallery.state.index["file"] in os.listdir(tmp_path / "gallery")
    assert gallery.identify(picture(70, 9)[None], search="index").names == ["who-70"]
    gallery.remove("who-70")
    assert not gallery.state.index
    assert not list((tmp_path / "gallery").glob("*.usearch"))
    with pytest.raises(OptionError, match="in memory is searched exactly"):
        Gallery().enrol(tmp_path / "faces").index()


def test_a_picture_of_another_process_is_seen(tmp_path: Path) -> None:
    faces = write(tmp_path / "faces", range(3), 2)
    mine, theirs = Gallery.at(tmp_path / "gallery").enrol(faces), Gallery.open(tmp_path / "gallery")
    theirs.enrol(write(tmp_path / "more", (7,), 2))
    assert mine.identify(picture(7, 0)[None]).names == ["who-07"]
    assert os.listdir(tmp_path / "gallery").count(store.NAME) == 1

"""linne labels: out in every format and in again, the same labels; what a format cannot say is said."""

import json
from pathlib import Path

import pytest
from PIL import Image

from linne.cli import main
from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load
from linne.core.lookup import names
from linne.core.overlay import Row, append
from linne.verbs.labels import labels

ENDS = {"coco": "json", "cvat": "xml", "csv": "csv", "label_studio": "json"}
CLASSES = ("cat & co", "<dog>", "polar bear")


def told(images: Images) -> dict[str, str]:
    return {str(n): [*images.classes, ""][k] for n, k in zip(images.names, images.labels, strict=True)}


def sets(images: Images) -> dict[str, dict[str, int]]:
    pairs = zip(images.names, images.targets.tolist(), strict=True)  # type: ignore[union-attr]
    return {str(name): dict(zip(images.classes, row, strict=True)) for name, row in pairs}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for place, name in enumerate(CLASSES):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for k in range(3):
            Image.new("RGB", (5 + k, 4), (40 * k, 80 * place, 9)).save(folder / f"{k} é.png")
    return tmp_path / "photos"


def test_every_format_is_met() -> None:
    assert set(names("labels")) == set(ENDS)


@pytest.mark.parametrize("to", ENDS)
@pytest.mark.parametrize("beside", [True, False])
def test_there_and_back(photos: Path, to: str, beside: bool) -> None:
    fixes = photos.parent / "fixes.csv"
    append(fixes, [Row("cat & co/0 é.png", "relabel", "<dog>"), Row("<dog>/1 é.png", "drop"),
                   Row("polar bear/2 é.png", "relabel", "cat & co"), Row("<dog>/2 é.png", "unsure")])  # fmt: skip
    out = (photos if beside else photos.parent) / f"out.{ENDS[to]}"
    written = labels(photos, out=out, to=to, overlay=str(fixes))
    assert (written.pictures, written.labelled, written.base) == (8, 8, photos)
    assert "1 pictures left out, 1 of them dropped" in " ".join(written.notes)
    expected = told(load(photos)) | {"cat & co/0 é.png": "<dog>", "polar bear/2 é.png": "cat & co"}
    del expected["<dog>/1 é.png"]
    assert told(load(written.read)) == expected
    if to == "coco":
        assert json.loads(out.read_text())["images"][1]["width"] in (5, 6, 7)


@pytest.mark.parametrize("to", ENDS)
def test_several_labels_there_and_back(photos: Path, to: str) -> None:
    rows = ["image,labels,split", "cat & co/0 é.png,cat;<dog>,train", "cat & co/1 é.png,,test", "cat & co/2 é.png,?,",
            "<dog>/0 é.png,cat;?<dog>,train"]  # fmt: skip
    (photos / "rows.csv").write_text("\n".join(rows))
    before = load(f"several({photos / 'rows.csv'})")
    written = labels(before, out=photos / f"out.{ENDS[to]}", to=to)
    after = load(written.read)
    wanted = sets(before)
    notes = " ".join(written.notes)
    if to in ("coco", "cvat"):
        assert "cannot say 'not known': 3 such answers read as no" in notes
    if to == "label_studio":
        assert "cannot say 'not known': 1 such answers read as no" in notes
        wanted["<dog>/0 é.png"]["<dog>"] = 0
    if to in ("coco", "cvat"):
        wanted = {name: {label: max(bit, 0) for label, bit in row.items()} for name, row in wanted.items()}
    assert sets(after) == wanted
    split = dict(zip(after.names, after.split, strict=True))
    assert ("coco has no splits" in notes) if to == "coco" else split["cat & co/1 é.png"] == "test"


def test_taxonomy(photos: Path) -> None:
    table = photos.parent / "tree.csv"
    table.write_text("label,parent\ncat & co,pet\n<dog>,pet\npet,animal\npolar bear,animal\nanimal,\n")
    out = photos / "t.json"
    labels(photos, out=out, to="label_studio", tree=str(table))
    assert set(load(out).classes) == {"animal/pet/cat & co", "animal/pet/<dog>", "animal/polar bear"}
    assert told(load(out, leaf=True)) == told(load(photos))
    assert "leafsOnly" in (photos / "t.config.xml").read_text()
    written = labels(photos, out=photos / "c.json", to="coco", tree=str(table))
    assert "the branch right above a class only" in " ".join(written.notes)
    assert set(load(photos / "c.json", label="supercategory").classes) == {"animal", "pet"}
    assert "cvat has no taxonomy" in " ".join(labels(photos, out=photos / "c.xml", tree=str(table)).notes)
    labels(photos, out=photos / "c.csv", tree=str(table))
    assert "animal > pet > <dog>" in (photos / "c.csv").read_text()


def test_pictures_of_several_folders(photos: Path) -> None:
    paths = sorted(photos.rglob("*.png"))
    images = Images.of(paths, [path.parent.name for path in paths], root=photos / "<dog>")
    written = labels(images, out=photos.parent / "all.csv")
    assert written.base == photos
    assert told(load(written.read)) == told(load(photos))


def test_mistakes(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OptionError, match=r"does not say the format.*coco or label_studio"):
        labels(photos, out=Path("x.json"))
    with pytest.raises(OptionError, match=r"ends with \.xml, not to x\.json\. Did you mean x\.xml"):
        labels(photos, out=Path("x.json"), to="cvat")
    with pytest.raises(OptionError, match="There is no labels called 'yolo'"):
        labels(photos, out=Path("x.json"), to="yolo")
    with pytest.raises(InputError, match="is no file of its own"):
        labels("digits", out=photos / "x.csv")
    assert main(["labels", str(photos), "--to", "coco", "--out", "x.jsn", "--quiet"]) == 2
    assert "ends with .json, not to x.jsn" in capsys.readouterr().err

"""The page: everything is said, nothing is loaded, nothing from outside becomes markup, and it stays small."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.errors import OptionError, RunError
from linne.core.files import write_json
from linne.core.finding import Finding
from linne.core.recipe import Recipe
from linne.verbs.report import report
from linne.web import words
from linne.web.about import CLASSES
from linne.web.found import cell, groups_shown, table
from linne.web.gather import MATRIX, gather, judges, mistaken, named
from linne.web.plainly import short
from linne.web.report import render, text
from linne.web.thumbs import SIDE, thumb, thumbs

WEB = Path(words.__file__).parent
WORDED = (
    "report.html.jinja", "charts.py", "say.py", "report.py", "searched.html.jinja", "contest.py",
    "searched.part.jinja", "ablation.part.jinja", "ablation.html.jinja", "promised.part.jinja",
)  # fmt: skip
VOID = {"meta", "input", "br", "image"}


class Reader(HTMLParser):
    """Checks that elements close in order; keeps what a browser would show and fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.tags, self.links, self.ids, self.words, self.labels = [], [], [], [], [], []
        self.handlers: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "xlink:href", "action"):
                self.links.append(value)
            if name == "id":
                self.ids.append(value)
            if name in ("aria-label", "title"):
                self.labels.append(value)
            if name.startswith("on") or name == "style":
                self.handlers.append(name)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def test_everything_is_said(page):
    read = Reader(render(page))
    said = read.text
    head = page["figures"]["headline"]
    assert f"{100 * head['value']:.1f} %" in said
    assert f"[{100 * head['low']:.1f}, {100 * head['high']:.1f}]" in said
    for part in (
        "test pictures that neither learned nor chose", "read once", "can only resolve",
        "linne train some/where/pets --seed 7 --out runs/a", "package some-net", "apache-2.0", "temperature 1.100",
        "centre crop of 0.875 of the short side", ", 224 x 224 px, bicubic", "4 pictures.", "Keep one.", "2 labels.",
        ".DS_0", "8 more", "seed = 7", "Every picture was used.", "1 high", "1 medium", "2 low",
    ):  # fmt: skip
        assert part in said, part
    for row in page["figures"]["per_class"]:
        for part in ("recall", "precision", "f1"):
            assert f"{100 * row[part]['value']:.1f} % [{100 * row[part]['low']:.1f}" in said


def test_it_loads_nothing(page):
    html = render(page)
    read = Reader(html)
    assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in read.links)
    assert not read.handlers
    assert {link[1:] for link in read.links if link[0] == "#"} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|https?://", html)


def test_policy_names_style_and_script_by_hash(page):
    html = render(page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_names_stay_text(result, hostile):
    found = [
        Finding((1, 2), name, "high", f"why {name}", "fix", files=(name,), details={"suggested": [name, name]})
        for name in hostile
    ]
    made = result(classes=hostile, findings=found, each=10)
    made.data.why[5] = hostile[0]
    html = render(gather(made, Recipe(), f"linne train '{hostile[1]}'"))
    html.encode("utf-8")
    read = Reader(html)
    assert read.tags.count("script") == 1
    assert "img" not in read.tags
    assert not read.handlers
    for name in (*hostile[:5], "caf\\xe9 \\xd83d", "a/b\\c,d\\u202etxt"):
        assert " ".join(name.split()) in read.text, name
    assert any(hostile[0] in label for label in read.labels)


def test_pictures_are_there_once_and_are_the_right_ones(page, result):
    html = render(page)
    read = Reader(html)
    shown = [row for row, one in page["pictures"].items() if one["jpeg"]]
    assert html.count("data:image/jpeg") == len(shown) == len(page["pictures"])
    assert {f"#p{row}" for row in shown} == {link for link in read.links if link.startswith("#p")}
    one = page["pictures"]["3"]
    kept = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["jpeg"]))).convert("RGB"), float)
    pixels = decode(result().data.images.items[3]).pixels
    want = np.asarray(Image.fromarray(pixels).resize((one["w"], one["h"]), Image.Resampling.NEAREST), float)
    assert np.abs(kept.mean((0, 1)) - want.mean((0, 1))).max() < 6
    assert (one["name"], one["label"], one["split"]) == ("cat/3.jpg", "cat", "train")


def test_a_picture_that_cannot_be_read_is_named_without_a_thumbnail(result, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    made = result(findings=[Finding((4,), "unreadable", "medium", "1 picture cannot be read.", "Replace it.")])
    made.data.images.items[4] = tmp_path / "bad.jpg"
    html = render(gather(made, Recipe(), "c"))
    assert '<span class="none" role="img" aria-label="dog/4.jpg">' in html
    assert 'id="p4"' not in html


def test_thumbnails_keep_their_shape_and_their_room(tmp_path):
    assert {k: v for k, v in thumb(np.zeros((50, 200, 3), np.uint8)).items() if k != "jpeg"} == {
        "w": SIDE,
        "h": SIDE // 4,
    }
    assert thumb(np.zeros((3, 3000, 3), np.uint8))["h"] == 1
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    items = [np.full((9, 9, 3), 10 * k, np.uint8) for k in range(9)] + [tmp_path / "bad.jpg", tmp_path / "gone.jpg"]
    assert list(thumbs(items, [9, 10, 4, 4, 2])) == [4, 2]
    length = len(thumb(items[0])["jpeg"])
    assert len(thumbs(items, range(9), room=3 * length + 3)) == 3


def test_it_is_small_whatever_comes(result):
    names = tuple(f"{k} " + "长" * 300 for k in range(1000))
    rows = tuple(range(1000))
    groups = [[k, k + 1] for k in range(0, 900, 2)]
    found = [Finding(rows, "近" * 99, "high", "w" * 9999, "f" * 9999, details={"groups": groups})] + [
        Finding(rows[k:], f"kind {k}", "low", "w" * 9999, "f" * 9999) for k in range(100)
    ]
    page = gather(result(classes=names, each=5, side=120, findings=found), Recipe(), "linne train x")
    html = render(page)
    assert len(html.encode()) <= 3_000_000
    assert len(page["figures"]["per_class"]) == CLASSES
    assert len(page["figures"]["confusion"]["classes"]) == MATRIX
    read = Reader(html).text
    assert f"The weakest {CLASSES} of 1,000 classes" in read
    assert "41 more" in read
    assert "960 more classes" in text(page)
    assert len(text(page)) < 100_000


def test_weakest_and_most_mistaken_come_first(result):
    made = result(classes=tuple("abcdefgh"), each=40)
    page = gather(made, Recipe(), "c")
    recall = [row["recall"]["value"] for row in page["figures"]["per_class"]]
    assert recall == sorted(recall)
    assert sum(map(sum, page["figures"]["confusion"]["counts"])) == page["figures"]["n"]
    test = made.predictions["test"]
    assert sum(page["histogram"]["right"]) == test.right.sum()
    assert sum(page["histogram"]["wrong"]) == (~test.right).sum()


def test_of_many_classes_the_most_confused_are_shown():
    matrix = 50 * np.eye(100, dtype=int)
    matrix[70, 3] = matrix[5, 90] = 9
    matrix[8, 9] = 4
    assert mistaken(matrix, 4).tolist() == [3, 5, 70, 90]
    assert mistaken(matrix, 6).tolist() == [3, 5, 8, 9, 70, 90]
    assert mistaken(matrix[:9, :9], 9).tolist() == list(range(9))


def test_twins_do_not_judge_and_the_leak_is_told(result):
    made = result(twins=((0, 12), (1, 88)))
    assert [made.data.images.split[row] for row in (0, 12, 1, 88)] == ["train", "test", "train", "test"]
    assert set(made.predictions["test"].rows) - set(judges(made).rows) == {12, 88}
    points = {"value": 0.012, "low": -0.01, "high": 0.03}
    made.figures |= {"leakage": {"pictures": 2, "points": points}, "with_twins": made.figures["headline"] | {"n": 18}}
    made = replace(made, leak="2 of 18 test pictures have a twin")
    page = gather(made, Recipe(), "c")
    assert "2 of 18 test pictures have a verified twin" in Reader(render(page)).text
    assert "+1.2 points [-1.0, +3.0]" in Reader(render(page)).text
    assert "2 of 18 test pictures have a twin" in text(page)


def test_a_run_without_a_test_set_says_so(result):
    made = result()
    how = "repeated grouped cross-validation: too few pictures for a test set of their own"
    made = replace(made, predictions={"train": made.predictions["train"]}, how=how)
    page = gather(made, Recipe(), "c")
    assert page["reads"] == 0
    assert "There is no test set." in Reader(render(page)).text
    assert "there is no test set" in text(page)
    assert "交叉验证" in render(page)


def test_what_was_left_out_is_counted_by_reason(result):
    made = result()
    made.data.why[[1, 2, 5]] = ["twin of a.jpg", "twin of b.jpg", "no label"]
    page = gather(made, Recipe(), "c")
    twins = "twin of a labelled picture"
    assert [(one["reason"], one["n"]) for one in page["dropped"]] == [(twins, 2), ("no label", 1)]
    assert page["overview"]["splits"]["not used"] == 3
    assert "3 of 90 pictures neither learned nor judged." in Reader(render(page)).text
    said = "3 pictures were left out: 2 twin of a labelled picture (dog/1.jpg, eel/2.jpg); 1 no label (eel/5.jpg)"
    assert said in text(page)


def test_json_and_back_is_the_same_page(page, tmp_path):
    kept = json.loads(write_json(tmp_path / "report.json", page).read_text())
    assert kept == page
    assert render(kept) == render(page)


def test_every_fixed_word_is_in_both_languages():
    code = "".join((WEB / name).read_text() for name in WORDED)
    asked = re.findall(r'both\("((?:[^"\\]|\\.)+)"', code) + re.findall(r'drawn\([^,]+, "([^"]+)"', code)
    assert len(asked) > 90
    missing = {word.replace("\\\\", "\\") for word in asked} - set(words.ZH)
    assert {word for word in missing if word != "{n} "} == set()
    for english, chinese in words.ZH.items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese)), english


def test_languages(page):
    assert '<html lang="zh">' in render(page, "zh")
    assert 'id="zh" aria-label="中文" checked' in render(page, "zh")
    with pytest.raises(OptionError, match="lang='de'"):
        render(page, "de")


def test_sentences_of_checks_and_runs_are_in_both_languages(page: dict) -> None:
    leak = "3 of 40 pictures (7.5 %) of test have a verified twin in train."
    found = page["findings"][0] | {"why": leak, "fix": "Nothing to do."}
    notes = ["2 classes are a single group of pictures and cannot be judged: <i>, b.", "A note that nobody knows."]
    html = render(page | {"findings": [found], "model": page["model"] | {"notes": notes}})
    for english, chinese in (
        (leak, "测试部分：40 张图片中的 3 张（7.5 %）在训练中有经核实的近似副本。"),
        ("Nothing to do.", "无需处理。"),
        ("2 classes are a single group of pictures and cannot be judged: &lt;i&gt;, b.",
         "2 个类别各只有一组图片，无法评判：&lt;i&gt;, b。"),
    ):  # fmt: skip
        assert f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>' in html
    assert '<span lang="en" class="only">A note that nobody knows.</span>' in html, "the Chinese page shows it, too"
    assert "[lang=en]:not(.only){display:none}" in html


def test_small_parts():
    assert groups_shown([[1, 2], [3, 4, 5, 6, 7, 8], [9]], range(10)) == [[1, 2], [3, 4, 5, 6]]
    assert groups_shown([1, 2], [1, 2]) == []
    assert groups_shown(None, [1]) == []
    assert sum(map(len, groups_shown([[k, k + 1] for k in range(0, 99, 2)], range(99)))) == 12
    assert table([{"a": 1, "b": 0.123456, "c": [1]}]) == {"columns": ["a", "b"], "rows": [["1", "0.1235"]], "more": 0}
    assert table({"a": 1}) is None
    assert [cell(value) for value in (20_743.6, 0.5, float("nan"), 12_000, True)] == [
        "20,744",
        "0.5",
        "-",
        "12,000",
        "True",
    ]
    assert short("x" * 500, 100).startswith("x" * 49 + " … ")
    assert len(short("x" * 500, 100)) == 100


def test_the_verb_writes_the_page_anew(page, tmp_path):
    run = tmp_path / "run"
    write_json(run / "report.json", page)
    for name in ("recipe.toml", "DONE.json"):
        (run / name).write_text("")
    (run / "reads.jsonl").write_text('{"what": "a"}\n{"what": "b"}\n')
    shown = report(run)
    assert shown.path == run / "report.html"
    assert "read 2 times" in shown.path.read_text(encoding="utf-8")
    assert str(shown.path) in shown.text()
    assert '"jpeg"' not in json.dumps(shown.data())
    assert report(run, out=tmp_path / "b.html", lang="zh").path.exists()
    with pytest.raises(RunError, match="is a folder"):
        report(run, out=tmp_path)
    write_json(run / "report.json", page | {"format": 99})
    with pytest.raises(RunError, match="format 99"):
        report(run)


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of a hexadecimal colour of three or six digits."""
    full = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    channels = [int(full[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_aa_in_light_dark_and_print():
    css = (WEB / "report.css").read_text()
    schemes = [dict(re.findall(r"--(\w+):#([0-9a-f]+)", block)) for block in re.findall(r":root{([^}]+)}", css)]
    assert len(schemes) == 3
    for scheme in schemes:
        for front in ("ink", "soft", "a", "b", "high", "medium", "low"):
            for back in ("panel", "bg", "tint"):
                bright, dim = sorted((luminance(scheme[front]), luminance(scheme[back])), reverse=True)
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (front, back, scheme)


def test_the_training_is_told_as_it_went(page: dict) -> None:
    gain = {"value": -0.6, "low": -0.7, "high": -0.5, "better": False}
    rung = {"rung": "full", "beside": "probe", "kept": True, "n": 80, "gain": gain}
    lost = render(page | {"figures": page["figures"] | {"rungs": [rung]}})
    assert "worse" in lost[lost.index('id="course"') : lost.index('id="model"')]
    one = page["figures"]["path"][:1]
    assert "How firmly" in lost
    assert "How firmly" not in render(page | {"figures": page["figures"] | {"rungs": [rung], "path": one}})
    assert 'id="course"' not in render(page | {"figures": page["figures"] | {"path": one}})


def test_what_is_not_known_has_no_empty_brackets(page: dict) -> None:
    rows = [dict(row) for row in page["figures"]["per_class"]]
    rows[-1] |= {"recall": rows[-1]["recall"] | {"value": None, "low": None, "high": None},
                "precision": rows[-1]["precision"] | {"low": None, "high": None}}  # fmt: skip
    shown = render(page | {"figures": page["figures"] | {"per_class": rows, "reliability": []}})
    assert "[-, -]" not in shown
    assert "Can its probabilities be believed?" not in shown


def test_pictures_without_a_label_are_counted(page: dict) -> None:
    told = render(page | {"overview": page["overview"] | {"unlabelled": 1234}})
    assert "1,234 pictures without a label" in told
    assert "pictures without a label" not in render(page)


def test_ways_that_learned_from_positives_are_compared(page: dict) -> None:
    tried = [{"method": way, "strength": 3e-4, "figure": figure} for way, figure in (("upu", 0.9743), ("vpu", None))]
    for ways, told in ((tried, True), (tried[:1], False)):
        found = {"method": "upu", "tried": ways, "sentence": "x"}
        shown = render(page | {"figures": page["figures"] | {"positive": found, "path": []}})
        assert ("Ways that were tried" in shown) == ('id="course"' in shown) == ("0.974" in shown) == told


def test_a_pool_shows_what_its_way_knows(page: dict) -> None:
    row = {"class": "cat", "threshold": 0.75, "precision": page["figures"]["headline"], "used": 7}
    for way, told in (("sure", True), ("propagated", False)):
        pool = {"way": way, "level": 0.95, "classes": [row], "left": {}, "sentence": "x"}
        shown = render(page | {"figures": page["figures"] | {"pool": pool}})
        assert ("lowest confidence" in shown) == told
        assert ("0.750" in shown) == told


@pytest.mark.parametrize(("source", "name"), [
    ("some/where/pets", "pets"), ("table(/data/pets.csv, label=kind)", "pets.csv"), ("several('a b/x.csv')", "x.csv"),
    ("photos (2019)", "photos (2019)"), ("pets(1)", "pets(1)"), ("", "pictures"),
])  # fmt: skip
def test_it_is_called_by_the_file_or_folder_and_not_by_its_options(source, name):
    assert named(source) == name

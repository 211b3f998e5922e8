"""What checks say in Chinese: real sentences, all of a check's fixed ones, and none that no check says any more."""

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linne.core.intervals import Interval
from linne.engine.compare import sentence
from linne.engine.versus import verdict
from linne.web.words import ZH
from linne.web.words_of_checks import ALL, PLACE, in_chinese

ROOT = Path(__file__).parents[2] / "linne"
CHECKED = [*ROOT.glob("tricks/check/*.py"), *ROOT.glob("tricks/source/*.py"), *ROOT.glob("tricks/split/*.py"),
           ROOT / "core" / "applied.py"]  # fmt: skip
RUNNING = ("versus", "compare", "runs", "match", "notes", "folds", "probe", "leave_out", "pool", "positive", "promise",
           "unknown", "sure", "analyse", "explain", "first", "ladder", "course", "figures", "foresee")  # fmt: skip
SAID = [*CHECKED, *(ROOT / "engine" / f"{name}.py" for name in RUNNING), ROOT / "core" / "intervals.py",
        ROOT / "core" / "resample.py", ROOT / "web" / "compared.py",
        ROOT / "web" / "curved.py"]  # fmt: skip


@pytest.mark.parametrize(("english", "chinese"), [
    (("2 labels of 45 may be wrong: 4.4 % [0.0, 26.7] are wrong or open to doubt, 4.4 % [1.2, 14.9] contradicted 100 "
     "to 1. Of those called 'cat': 9.0 % [1.0, 30.0]. The surest: disc/a. b.jpg is called 'disc', looks like 'cross'."),
     ("45 个标签中有 2 个标签可能有误：4.4 % [0.0, 26.7] 有误或存疑，4.4 % [1.2, 14.9] 以 100 比 1 被否定。"
     "标为 'cat' 的：9.0 % [1.0, 30.0]。最确定的：disc/a. b.jpg 标为 'disc'，看起来像 'cross'。")),
    ("6 of 1,045 pictures (0.6 %) have the same bytes as another: 1 group, 5 more than there are different ones.",
     "1,045 张图片中的 6 张（0.6 %）与另一张字节完全相同：共 1 组，比不同的图片多出 5 张。"),
    ("3 of 40 pictures (7.5 %) of test have a verified twin in train or validation.",
     "测试部分：40 张图片中的 3 张（7.5 %）在训练或验证中有经核实的近似副本。"),
    ("2 classes with fewer than 10 each: 'a', 'b' and 3 more.", "2 个类别各少于 10 张：'a', 'b' 等，另有 3 个。"),
    ("'cat' has 30 pictures, 'big dog' 3: 10.0 times fewer. Always saying 'cat' would be right 91 % of the time.",
     "'cat' 有 30 张图片，'big dog' 3 张：少 10.0 倍。总是回答 'cat' 也能答对 91 %。"),
    ("1 of 9 pictures (11.1 %): variance of the Laplacian beyond 12 (median 300); the worst, 12 pictures.jpg, has 3.",
     "9 张图片中的 1 张（11.1 %）：拉普拉斯方差超出 12（中位数 300）；最严重的 12 pictures.jpg 为 3。"),
    (("cannot tell a and b apart: b is ahead by 0.3 points of accuracy [-1.2, 1.8]; these 372 pictures could have "
     "shown 3.2 points (80 % of the time); seeing 1 point would take about 3,700 more test pictures"),
     ("分不出 a 和 b 的高下：b 的准确率领先 0.3 个百分点 [-1.2, 1.8]；这 372 张图片本可看出的差别为 3.2 个百分点"
     "（80 % 的机会）；要看出 1 个百分点，还需约 3,700 张测试图片")),
    (("The pool: pseudo-labels for 718 of 2,968 pictures. Beside the same classifier without it, out of fold: not told "
     "apart: +0.3 points [-1.0, 1.7]. Does it help: cannot tell; not kept, for no gain is seen."),
     ("图片池：2,968 张图片中 718 张得到伪标签。与不用图片池的同一分类器相比（折外）：分不出高下："
     "+0.3 个百分点 [-1.0, 1.7]。有用吗：分辨不出；未采用，因为看不出增益。")),
    ("The overlay fixes.csv: 3 labels changed (1 test label), 2 confirmed, 1 picture left out.",
     "决定文件 fixes.csv：改动 3 个标签（其中 1 个测试标签），确认 2 个，排除 1 张图片。"),
    ("only 2 mistakes", "只有 2 个错误"),
    ("200 more `rust` pictures: +2.0 to +4.1 points of recall",
     "再多 200 张 `rust` 图片：召回率 +2.0 至 +4.1 个百分点"),
    ("twice as many pictures (480 more): +0.2 to +4.5 points of accuracy",
     "图片翻倍（再多 480 张）：准确率 +0.2 至 +4.5 个百分点"),
    (("Pictures changed by a symmetry, told by their neighbours among 60 thumbnails: occurring as they are: 'mirror'; "
      "not occurring, but of the same class: 'half turn'."),
     "经对称变换的图片，按 60 张缩略图中的近邻看：本来就有：“镜像”；本来没有，但类别不变：“旋转半圈”。"),
    ("Unlike the others: '1' has less sharpness (0.02); 'mirror' has more contrast (0.88).",
     "与其他不同：'1' 的清晰度较低（0.02）；'mirror' 的对比度较高（0.88）。"),
    ("sharpest fifth (at least 1,043 variance of the Laplacian)", "最清晰的五分之一（至少 1,043，拉普拉斯方差）"),
    ("Nothing that any check says.", ""), ("Nothing to do. Nothing that any check says.", ""), ("", ""),
])  # fmt: skip
def test_sentences_with_what_stands_in_them(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


def texts(path: Path) -> Iterator[str]:
    """Every text of a file in its order; "\\0" where something is put in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_kind_of_finding_has_its_word() -> None:
    kinds = set()
    for path in CHECKED:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                given = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "kind")]
                kinds |= {one.value for one in given if isinstance(one, ast.Constant)}
    assert len(kinds) >= 38
    assert kinds - set(ZH) == set()


def test_every_fixed_advice_of_a_check_is_there() -> None:
    missing = set()
    for path in ROOT.glob("tricks/check/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"):
                continue
            advice = next((one.value for one in node.keywords if one.arg == "fix"), node.args[4:5] or None)
            for one in advice if isinstance(advice, list) else [advice]:
                if isinstance(one, ast.Constant) and not in_chinese(str(one.value)):
                    missing.add(one.value)
    assert missing == set()


def test_no_sentence_is_there_that_nobody_says() -> None:
    said = " \0 ".join(text for path in SAID for text in texts(path))
    for english in ALL:
        pieces = [piece.strip(" .,:([]%") for part in PLACE.split(english)[::2] for piece in re.split(r"[;()]", part)]
        longest = sorted((piece.split() for piece in pieces), key=len)[-2:]
        runs = [" ".join(words[at : at + 4]) for words in longest for at in range(max(1, len(words) - 3))]
        assert max(map(len, longest)) < 3 or any(run in said for run in runs if " " in run), english


@pytest.mark.parametrize("percent", [True, False])
@pytest.mark.parametrize(("low", "high"), [(0.01, 0.03), (-0.03, -0.01), (-0.01, 0.02)])
def test_every_gain_and_verdict_is_there(low: float, high: float, percent: bool) -> None:
    found = Interval((low + high) / 2, low, high, 372, "paired")
    assert "个百分点" in in_chinese(sentence(found, percent)) or not percent
    pair = {"metric": "accuracy" if percent else "log_loss", "first": "a", "second": "b", "n": 372, "split": "test"}
    power = {"chance": 0.8, "effect": 0.01, "smallest": 0.03, "more": 0, "rough": True}
    for more in ({"told": True}, {"told": False, "of": 4, "p_corrected": 0.2, "power": None},
                 *({"told": False, "of": 1, "p_corrected": 0.2, "power": power | own}
                   for own in ({}, {"more": 3650}, {"more": 3650, "rough": False}))):  # fmt: skip
        said = verdict(found.as_dict() | pair | more)
        assert in_chinese(said).isascii() is False, said
        assert not set(re.findall("[a-z]{3,}", in_chinese(said).replace("Holm", ""))), "no English word is left in it"


def test_a_hostile_name_costs_no_time() -> None:
    begun = time.process_time()
    in_chinese("6 of 9 pictures (9 %) unlike all others, up to " + "; the furthest is . of has " * 2000 + "!")
    assert time.process_time() - begun < 5


def test_places_are_the_same_in_both_languages() -> None:
    for english, chinese in ALL.items():
        assert set(PLACE.findall(chinese)) <= set(PLACE.findall(english)), english
        lost = set(PLACE.findall(english)) - set(PLACE.findall(chinese))
        assert lost <= {"again"}, english

"""How a bundle becomes a page: parts that come together again, and what is refused."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from linne.cli import main
from linne.core.errors import MissingExtra, OptionError
from linne.engine import export
from linne.web import browser as page
from tests.paged import runtime_file, write_bundle


@pytest.fixture(scope="module")
def archive() -> Path:
    return runtime_file()


def test_parts_are_small_and_come_together_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.PART % 3 == 0
    assert 4 * page.PART // 3 <= 8_000_000
    monkeypatch.setattr(page, "PART", 30)
    content = np.random.default_rng(0).bytes(1000)
    told = page._parts(tmp_path, "it", content)
    files = sorted((tmp_path / "parts").iterdir())
    text = "".join(re.fullmatch(r'linne\.part\("it", \d+, "(.*)"\);\n', file.read_text())[1] for file in files)
    assert len(files) == told["parts"] > 30
    import gzip

    assert gzip.decompress(base64.b64decode(text)) == content


def test_what_export_refuses(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, full = write_bundle(tmp_path / "bundle"), tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    given = ["export", str(bundle), "--to"]
    for words, text in (
        (["web", "--out", str(full)], "holds other files"),
        (["web", "--out", str(bundle / "page")], "lies in"),
        (["web,onnx"], "give --to web alone".lower()),
        (["onnx(webgpu=False)"], "this format takes no options"),
        (["web(gpu=1)"], "web takes one option"),
        (["onnx", "--runtime-files", str(archive)], "--runtime-files has no effect"),
        (["web", "--coverage", "0.9"], "coverage has no effect"),
        (["web", "--runtime-files", str(full / "mine.txt")], "as npm has it"),
    ):
        assert main([*given, *words]) == 2
        assert text in capsys.readouterr().err.lower()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "full"]


def test_what_cannot_become_a_page_says_so_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*given: object) -> None:
        raise RuntimeError("the runtime was asked for")

    monkeypatch.setattr(page, "runtime", fetched)
    with pytest.raises(OptionError, match=r"--to web has no bfloat16.*float32, float16, int8"):
        page.export_page(tmp_path / "run", precision="bfloat16")
    with pytest.raises(OptionError, match="int4 is not there"):
        page.export_page(tmp_path / "run", precision="int4")
    with pytest.raises(OptionError, match="--limit 101"):
        page.export_page(tmp_path / "run", precision="int8", limit=101)
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == "onnxscript" else True)
    with pytest.raises(MissingExtra, match=r"linne\[onnx\]"):
        page.export_page(tmp_path / "run")
    assert not list(tmp_path.iterdir())

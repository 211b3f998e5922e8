"""Which network a gallery's features come from: a run, own weights, found again or missed by name."""

from pathlib import Path

import numpy as np
import pytest

import linne
from linne.cli import main
from linne.core.decode import prepare
from linne.engine import store
from linne.engine.gallery import Gallery
from linne.engine.infer import model_of
from tests.conftest import write_folder
from tests.gallery import nine

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nine(tmp_path_factory.mktemp("parts"))


def test_a_run_and_own_weights_make_features(parts: Path, photos: Path, tmp_path: Path) -> None:
    made = linne.train(photos, out=tmp_path / "run", model="test_resnet", weights="none", size=96, runtime="eager")
    gallery = Gallery(made, runtime="eager").enrol(parts / "parts")
    one = parts / "parts/part 0/0.jpg"
    assert gallery.identify(one)[0].nearest[0][0] == "part 0"
    assert gallery.state.made_by["geometry"]["size"] == 96
    assert gallery.state.made_by["origin"] == {"run": str(tmp_path / "run")}
    before = gallery.identify(one)[0].similarity
    gallery.save(tmp_path / "gallery")
    assert linne.identify(tmp_path / "gallery", one)[0].similarity == pytest.approx(before, abs=1e-6)
    assert Gallery.at(tmp_path / "gallery", made).names == gallery.names
    with pytest.raises(linne.LinneError, match="has no effect beside the run"):
        Gallery(made, size=224)
    weights = tmp_path / "run" / "model.safetensors"
    own = Gallery(model="test_resnet", weights=str(weights), resize="squash", size=64, runtime="eager")
    assert own.extractor.origin["weights"] == str(weights)
    assert own.extractor.geometry.fit == "squash"
    with pytest.raises(linne.LinneError, match="features of two networks"):
        Gallery.at(tmp_path / "gallery", "test_resnet", weights=str(weights), resize="squash", size=64)


def test_a_run_trained_to_recognise_makes_features_and_is_kept(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    tiny = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none", "runtime": "eager"}
    for name, start in (("train", 0), ("test", 50)):
        write_folder(tmp_path / "photos" / name, 16, start=start)
    run = linne.train(tmp_path / "photos", out=tmp_path / "run", method="arcface", epochs=1, batch=16, **tiny)
    place = tmp_path / "gallery"
    words = ["enrol", str(place), str(parts / "parts"), "--run", str(run.path), "--runtime", "eager", "--quiet"]
    assert main(words) == 0
    learned, made_by = model_of(run).network, store.read(place).made_by
    assert (made_by["id"], made_by["origin"]) == (learned.id, {"run": str(run.path)})
    assert learned.id != Gallery(model=tiny["model"], weights="none", size=28, runtime="eager").extractor.network.id
    assert made_by["geometry"]["size"] == 28
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "another machine"))
    one = str(parts / "parts/part 4/1.jpg")
    assert linne.identify(place, one)[0].nearest[0] == ("part 4", pytest.approx(1, abs=0.2))
    capsys.readouterr()
    assert main(["enrol", str(place), str(parts / "new"), "--quiet"]) == 0  # by the same network, unasked
    assert store.read(place).made_by["id"] == learned.id
    assert (
        main(["enrol", str(place), str(parts / "new"), "--model", "test_resnet", "--weights", "none", "--quiet"]) == 2
    )
    assert "features of two networks" in capsys.readouterr().err


def test_crops_that_are_aligned_are_seen_whole() -> None:
    """--resize squash: each pixel of the edge counts, no part is cut off, whatever the network crops otherwise."""
    crop = np.full((112, 90, 3), 60, np.uint8)
    crop[:4] = 220
    sides = {}
    for resize in ("squash", "crop"):
        geometry = Gallery(model="test_resnet", weights="none", size=56, resize=resize).extractor.geometry
        sides[resize] = prepare(crop, geometry)[0].mean()
    assert sides["squash"] > 200
    assert sides["crop"] < 100


def test_the_network_is_found_again_or_missed_by_name(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "own.safetensors"
    from safetensors.torch import save_file

    from linne.core.lookup import find

    save_file(find("model", "test_resnet")(classes=4).tensors(), weights)
    place = tmp_path / "gallery"
    Gallery.at(place, "test_resnet", weights=str(weights), runtime="eager").enrol(parts / "parts")
    assert Gallery.open(place).extractor.network.name.startswith("test_resnet")
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "another machine"))
    assert Gallery.open(place).extractor.network.id == store.read(place).made_by["id"]
    save_file(find("model", "test_resnet")(classes=4).tensors(), weights)
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "a third"))
    with pytest.raises(linne.LinneError, match=r"was made by test_resnet.* now holds test_resnet"):
        Gallery.open(place).extractor  # noqa: B018
    weights.unlink()
    with pytest.raises(linne.LinneError, match=r"which cannot be found again: There is no weights file"):
        Gallery.open(place).extractor  # noqa: B018

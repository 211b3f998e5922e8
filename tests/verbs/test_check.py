import shutil
from pathlib import Path

import pytest

import linne
from linne.engine import look as looking
from linne.verbs.check import check


def test_no_network_runs_for_checks_that_need_none(photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))

    def refuse(*args: object) -> None:
        raise RuntimeError("a network was run")

    monkeypatch.setattr(looking, "choose", refuse)
    monkeypatch.setattr(looking, "known", refuse)
    found = check(linne.load(photos), only="quality,imbalance,statistics")
    assert {one.kind for one in found} >= {"statistics"}
    with pytest.raises(RuntimeError, match="a network was run"):
        check(linne.load(photos), only="duplicates")


def test_only_what_was_asked_for_is_reported(photos: Path, tmp_path: Path):
    place = shutil.copytree(photos, tmp_path / "photos")
    shutil.copy(place / "disc" / "disc-000.jpg", place / "disc" / "again.jpg")
    assert any("duplicate" in one.kind for one in check(linne.load(place), only="duplicates"))
    assert not any("duplicate" in one.kind for one in check(linne.load(place), only="outliers,mislabelled"))

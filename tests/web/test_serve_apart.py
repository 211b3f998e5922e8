"""Views, several runs and galleries: decoded in processes of their own, answered as offline to the last digit."""

import asyncio
import base64
import io
import os
import shutil
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

import linne
from linne.core import decode as decoding
from linne.core.ask import Ask
from linne.core.decode import Geometry
from linne.core.sights import Prepared, Sights, prepared
from linne.engine.cache import Store
from linne.engine.log import Log
from linne.engine.serving import opened
from linne.web.serve_decode import Pool, Unwanted
from linne.web.serve_forms import Most
from linne.web.serve_models import Entry
from tests.serving import Bright, png, state
from tests.waiting import until

RUNTIME = "openvino(f32)"


@pytest.fixture(scope="module")
def place(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("apart")
    for name in ("run", "new", "photos"):
        (root / name).symlink_to(shapes / name)
    shutil.copytree(shapes / "run", root / "twin")
    linne.Gallery.at(root / "gallery").enrol(root / "new")
    return root


@pytest.fixture(scope="module")
def held(place: Path) -> Any:
    """A run with views, a run beside itself, and a gallery; with decoders whose process is known."""
    made, quiet = state(Bright(), deadline=20, decoders=2), Log(quiet=True)
    made.most, made.models.ask = Most(), Ask(runtime=RUNTIME)  # which one is the quickest is not tried
    ways = {"views": (place / "run", Ask(view="five_crop", runtime=RUNTIME)),
            "both": (f"{place / 'run'}+{place / 'twin'}", Ask(runtime=RUNTIME)),
            "gallery": (place / "gallery", Ask())}  # fmt: skip
    for name, (given, ask) in ways.items():
        made.models.entries[name] = Entry(name, given, opened(given, ask, quiet))
    return made


def files(place: Path) -> list[Any]:
    return [("x", (str(path.name), path.read_bytes())) for path in sorted((place / "new").rglob("*.jpg"))]


@pytest.mark.parametrize(("name", "asked"), [("views", {"view": "five_crop"}), ("both", {})])
def test_views_and_runs_answer_as_offline_and_decode_elsewhere(
    base: tuple[str, str], place: Path, name: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = place / "run" if name == "views" else f"{place / 'run'}+{place / 'twin'}"
    rows = linne.predict(given, place / "new", runtime=RUNTIME, **asked).data()
    offline = {Path(row["name"]).name: row for row in rows}
    monkeypatch.setattr(decoding, "_from_bytes", None)  # whatever decodes in this process is told as unreadable
    url = f"{base[0]}/predict?model={name}"
    many = httpx.post(url, files=files(place), timeout=60).json()["predictions"]
    alone = httpx.post(url, files=files(place)[:1], timeout=60).json()["predictions"]
    assert many[:1] == alone
    assert len(many) == 12
    for one in many:
        row = offline[one["name"]]
        assert one["label"] == row["label"]
        assert one["probabilities"] == {label: row[label] for label in one["probabilities"]}
    broken = httpx.post(url, files=[*files(place)[:1], ("x", ("b", b"no picture"))], timeout=60)
    assert [one["problem"] for one in broken.json()["predictions"]] == [None, "not a picture: starts with 'no picture'"]
    assert httpx.post(url, content=b"no", headers={"content-type": "image/png"}, timeout=60).status_code == 422


def test_a_gallery_answers_as_offline_and_decodes_elsewhere(
    base: tuple[str, str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = linne.Gallery.open(place / "gallery").identify(place / "photos").data()["answers"]
    wanted = {Path(one["picture"]).name: one for one in offline}
    some = sorted((place / "photos").rglob("*.jpg"))[::6]
    monkeypatch.setattr(decoding, "_from_bytes", None)
    told = httpx.post(f"{base[0]}/identify", files=[("x", (one.name, one.read_bytes())) for one in some],
                      timeout=60).json()["answers"]  # fmt: skip
    for one in told:
        assert {**wanted[one["picture"]], "picture": ""} == {**one, "picture": ""}
    grey, none = io.BytesIO(), base64.b64encode(b"no").decode()
    Image.fromarray(np.full((60, 60, 3), 90, np.uint8)).save(grey, "PNG")
    sent = {"pictures": [base64.b64encode(grey.getvalue()).decode(), none]}
    blank = httpx.post(f"{base[0]}/identify", json=sent, timeout=60).json()["answers"]
    assert "shows nothing" in blank[0]["problem"]
    assert "not a picture" in blank[1]["problem"]
    own = {"authorization": f"Bearer {base[1]}", "x-linne": "1"}
    data = [base64.b64encode(one.read_bytes()).decode() for one in some[:2]]
    made = httpx.post(f"{base[0]}/enrol?name=more", json={"pictures": data}, headers=own, timeout=60)
    assert made.status_code == 200, made.text
    again = httpx.post(f"{base[0]}/identify", json={"pictures": data[:1]}, timeout=60).json()["answers"][0]
    assert again["nearest"][0]["name"] == "more"
    assert again["nearest"][0]["similarity"] > 0.9


def test_nothing_of_a_picture_is_kept_on_disk(
    base: tuple[str, str], place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of what is kept for the next time; offline a picture's features are."""
    kept, path = list[bytes](), tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (80, 90, 3), np.uint8)).save(path)
    monkeypatch.setattr(Store, "put", lambda _, key, value: kept.append(key))
    sent = {"pictures": [base64.b64encode(path.read_bytes()).decode()]}
    own = {"authorization": f"Bearer {base[1]}", "x-linne": "1"}
    for asked in ("predict?model=views", "predict?model=both", "identify", "enrol?name=mine"):
        answer = httpx.post(f"{base[0]}/{asked}", json=sent, headers=own, timeout=60)
        assert answer.status_code == 200, answer.text
        assert kept == [], asked
    linne.predict(place / "run", [path], runtime=RUNTIME)
    assert kept


def test_a_decoder_that_is_killed_under_a_picture_is_replaced_and_the_picture_tried_again(
    held: Any, base: tuple[str, str], place: Path
) -> None:
    fell, stopped = held.pool.fell, [one for one in held.pool._all if one.returncode is None]
    for one in stopped:
        os.kill(one.pid, signal.SIGSTOP)

    async def ask() -> Any:
        async with httpx.AsyncClient(timeout=60) as client:
            asked = [
                client.post(f"{base[0]}/{path}", files=files(place)[:1]) for path in ("predict?model=views", "identify")
            ]
            tasks = [asyncio.create_task(one) for one in asked]
            async with asyncio.timeout(60):
                while held.pool.busy < 2:  # both are with a decoder that does not move
                    await asyncio.sleep(0.01)
            for one in stopped:
                os.kill(one.pid, signal.SIGKILL)
            return await asyncio.gather(*tasks)

    for answer in asyncio.run(ask()):
        assert answer.status_code == 200
        told = answer.json()
        assert (told.get("predictions") or told.get("answers"))[0]["problem"] in (None, "")
    assert held.pool.fell == fell + 2


def test_what_kills_every_decoder_is_given_up_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from linne.web import serve_decode

    real = serve_decode._asked

    async def asked(process: Any, data: bytes, how: bytes) -> Any:
        if data == b"poison":
            process.kill()
        return await real(process, data, how)

    monkeypatch.setattr(serve_decode, "_asked", asked)
    sights = Sights(((Geometry(size=32), "flip"), (Geometry(size=48, fit="squash"), "")), facts=True)

    async def run() -> None:
        pool = Pool(1)
        await pool.start()
        assert (await pool.squared(b"poison", Geometry(size=32)))[1:] == (None, "the decoder fell over it")
        lost = await pool.prepared(b"poison", sights)
        assert (lost.reason, lost.squares) == ("the decoder fell over it", {})
        assert lost.look is not None
        assert lost.look["fact"]["reason"].tolist() == b"the decoder fell over it"
        found = await pool.prepared(png(200, (64, 50)), sights)
        assert pool.fell == 4
        here = Prepared.heard(sights, found.hash, prepared(png(200, (64, 50)), sights))
        assert {key: one.shape for key, one in found.squares.items()} == {
            ("crop0.875-32-bicubic", ""): (32, 32, 3), ("crop0.875-32-bicubic", "mirror"): (32, 32, 3),
            ("squash-48-bicubic", ""): (48, 48, 3),
        }  # fmt: skip
        for key, square in found.squares.items():
            np.testing.assert_array_equal(square, here.squares[key])
            assert (square == 200).all()
        with pytest.raises(Unwanted):
            await pool.prepared(png(1), sights, lambda: False)
        await pool.stop()

    asyncio.run(run())


def test_the_answer_to_a_request_that_was_given_up_is_nobody_else_s() -> None:
    async def run() -> None:
        pool = Pool(1, seconds=60)
        await pool.start()
        (process,) = pool._all
        os.kill(process.pid, signal.SIGSTOP)
        given_up = asyncio.create_task(pool.squared(png(10), Geometry(size=32)))
        async with asyncio.timeout(60):
            while not pool.busy:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        square = (await pool.squared(png(200), Geometry(size=32)))[1]
        assert square is not None
        assert (square == 200).all()
        assert pool.busy == 0, "nothing more is on its way"
        await pool.stop()

    asyncio.run(run())


def test_models_are_opened_anew_without_a_lost_request(held: Any, base: tuple[str, str], place: Path) -> None:
    """By /reload while two ask two of the models; the one that cannot be opened stays as it was."""
    told, going, data = list[tuple[int, str]](), [True], files(place)[0][1][1]

    def ask(name: str) -> None:
        with httpx.Client(base_url=base[0], timeout=60) as client:
            while going:
                answer = client.post(f"/predict?model={name}", content=data, headers={"content-type": "image/jpeg"})
                told.append((answer.status_code, answer.json()["predictions"][0]["label"]))

    threads = [threading.Thread(target=ask, args=[name]) for name in ("views", "both")]
    for one in threads:
        one.start()
    own = {"authorization": f"Bearer {base[1]}", "x-linne": "1"}
    before = held.models.entries["both"].number
    try:
        found = httpx.post(f"{base[0]}/reload", json={}, headers=own, timeout=300)
        during = len(told)
        until(lambda: len(told) >= during + 8)
    finally:
        going.clear()
    assert found.status_code == 409
    assert found.json()["reloaded"] == ["views", "both", "gallery"]
    assert "nowhere" in found.json()["failed"]["bright"]
    for one in threads:
        one.join()
    assert {status for status, _ in told} == {200}
    assert len({label for _, label in told}) == 1
    assert held.models.entries["both"].number == before + 1
    assert during > 3

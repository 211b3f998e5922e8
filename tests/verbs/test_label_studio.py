"""linne label_studio as a person starts it."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image

from linne.cli import main


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "photos" / name / "1.png")
    return tmp_path / "photos"


def test_it_is_started_asked_and_ended(photos: Path) -> None:
    words = ["label_studio", str(photos), "--port", "0", "--overlay", "fixes.csv"]
    with subprocess.Popen([sys.executable, "-m", "linne", *words], cwd=photos.parent, stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:  # fmt: skip
        assert server.stderr is not None
        assert server.stdout is not None
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+", line)))
        secret = next(found[1] for line in server.stderr if (found := re.search(r"Bearer (\S+)", line)))
        with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=20), auth=("any", secret)) as client:
            assert client.get("/health").json()["status"] == "UP"
            result = [{"from_name": "k", "to_name": "i", "type": "choices", "value": {"choices": ["dog"]}}]
            event = {"action": "ANNOTATION_CREATED", "task": {"data": {"image": "/data/upload/1/0f1e2d3c-1.png"}}}
            event["annotation"] = {"result": result}
            assert client.post("/webhook", json=event).json()["result"] == {"decided": 0}, "two pictures are called so"
            event["task"] = {"data": {"image": "s3://bucket/cat/1.png"}}
            assert client.post("/webhook", json=event).json()["result"] == {"decided": 1}
            assert client.post("/webhook", json=event, auth=("any", "wrong")).status_code == 401
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert "1 pictures are decided in fixes.csv" in server.stdout.read()
    assert "cat/1.png,relabel,dog" in (photos.parent / "fixes.csv").read_text(encoding="utf-8-sig")


def test_mistakes(photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    for words, why in (
        (["--host", "0.0.0.0"], "lets other machines ask. Give --token"),
        (["--token", "short"], "at least 16"),
        (["--overlay", str(photos / "x.csv")], "lies among the pictures"),
        (["--run", "nowhere"], "There is no run nowhere"),
    ):
        assert main(["label_studio", str(photos), "--port", "0", "--quiet", *words]) == 2
        assert why in capsys.readouterr().err

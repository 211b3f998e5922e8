"""A studio over the tests' small folder, as a client of its server sees it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from linne.core.load import load
from linne.web.guard import Policy
from linne.web.studio.app import guarded
from linne.web.studio.here import Studio
from linne.web.studio.jobs import Jobs
from linne.web.studio.project import Project
from linne.web.studio.static_files import OPEN
from linne.web.studio.thumbs import LARGE, Thumbs, home_of

TOKEN = "a-token-of-the-tests"
HOME = "http://127.0.0.1:8600"


def tree(folder: Path) -> str:
    """A hash of every name, byte and time of change below a folder."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_mtime_ns}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


@dataclass
class Open:
    """A served project. ask: a client with the cookie; bare: one without."""

    here: Studio
    ask: TestClient
    bare: TestClient
    photos: Path

    def get(self, path: str) -> Any:
        answer = self.ask.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.ask.post(path, json=body, headers={"x-linne": "1"})
        assert answer.status_code == status, (path, answer.text)
        return answer.json()

    def decide(self, row: int, decision: str, *to: str, version: int = 0, who: str = "ann", status: int = 200) -> Any:
        one = {"row": row, "version": version, "decision": decision, "to": list(to)}
        return self.post("/api/decide", {"answers": [one], "who": who}, status)


def studio(source: Any, overlay: Path, **more: Any) -> Studio:
    images = load(source)
    large = Thumbs(images.items, LARGE)
    return Studio(Project(images, overlay, "me"), Jobs(overlay.parent), Thumbs(images.items), large, str(source),
                  home_of(overlay), **more)  # fmt: skip


@contextmanager
def opened(source: Any, overlay: Path, **more: Any) -> Iterator[Open]:
    """Served, with both clients."""
    here = studio(source, overlay, **more)
    app = guarded(here, Policy(token=TOKEN, open=OPEN))
    with TestClient(app, HOME) as ask:
        answer = ask.post("/session", json={"token": TOKEN}, headers={"x-linne": "1"})
        assert answer.status_code == 204
        yield Open(here, ask, TestClient(app, HOME), Path(source))


def flat(folder: Path, photos: Path) -> Path:
    """The same pictures without folders, so without labels."""
    folder.mkdir(parents=True)
    for path in sorted(photos.rglob("*.jpg")):
        shutil.copy2(path, folder / path.name)
    return folder

"""A package comes from where npm would get it, is what its maker published, and is fetched once."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError
from linne.engine import npm
from linne.engine.cache import parts

CONTENT = b"a package"
PACKAGE = npm.Package("toy", "1.2.3", base64.b64encode(hashlib.sha512(CONTENT).digest()).decode(), len(CONTENT))


class Registry(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, str]] = []
        self.content, self.moved = CONTENT, ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        if self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved + self.path)
            self.end_headers()
            return
        self.send_response(200 if self.server.content else 403)
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def registries() -> Iterator[list[Registry]]:
    served = [Registry(), Registry()]
    for one in served:
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
    yield served
    for one in served:
        one.shutdown()
        one.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY", "npm_config_cafile", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "rc"))
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "none"))
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_usual_registry_and_every_place_that_names_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = home / "bin" / "npm"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\necho https://own.test/$1/$3\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{own.parent}:/bin")
    assert npm.settings() == npm.Settings("https://own.test/config/registry/", "", "")
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(InputError, match=r"no npm is here.*npm pack toy@1\.2\.3"):
        npm.fetched(PACKAGE)
    (home / "rc").write_text(
        "; a remark\nregistry = https://one.test/npm\n//one.test/npm/:_authToken=${TOKEN}\ncafile=x"
    )
    monkeypatch.setenv("TOKEN", "abc")
    assert npm.settings() == npm.Settings("https://one.test/npm/", "Bearer abc", "x")
    (home / ".npmrc").write_text('registry="https://two.test"\n//two.test/:_auth=eHk=\n')
    assert npm.settings() == npm.Settings("https://two.test/", "Basic eHk=", "x")
    monkeypatch.setenv("npm_config_registry", "https://three.test/")
    assert npm.settings() == npm.Settings("https://three.test/", "", "x")
    monkeypatch.setenv("npm_config_registry", "file:///etc")
    with pytest.raises(InputError, match="no http or https address"):
        npm.settings()


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo no such key >&2; exit 3", "no such key"), ("exit 3", "it ended with 3"), ("sleep 5", "timed out")],
)
def test_an_npm_that_does_not_say_is_told(script: str, said: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = home / "bin" / "npm"
    own.parent.mkdir()
    own.write_text(f"#!/bin/sh\n{script}\n".replace("sleep", "exec sleep"))
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{own.parent}:/bin:/usr/bin")
    monkeypatch.setattr(npm, "SECONDS", 0.2 if "sleep" in script else 30)
    with pytest.raises(InputError, match=rf"npm does not say which registry it asks: .*{said}.*npm pack toy@1\.2\.3"):
        npm.fetched(PACKAGE)


def test_it_is_fetched_once_and_its_damage_is_seen(registries: list[Registry], home: Path) -> None:
    (home / "rc").write_text(f"registry={registries[0].address}/npm/\n")
    assert npm.fetched(PACKAGE) == CONTENT
    assert npm.fetched(PACKAGE) == CONTENT
    assert registries[0].asked == [("/npm/toy/-/toy-1.2.3.tgz", "")]
    assert [part.what for part in parts()] == ["the npm package toy 1.2.3"]
    next((home / "cache").rglob("*.tgz")).write_bytes(b"damaged")
    assert npm.fetched(PACKAGE) == CONTENT
    assert len(registries[0].asked) == 2


def test_a_token_stays_with_its_registry(registries: list[Registry], home: Path) -> None:
    first, second = registries
    first.moved = second.address.replace("127.0.0.1", "localhost")
    (home / "rc").write_text(f"registry={first.address}/npm/\n//{first.address[7:]}/:_authToken=secret\n")
    assert npm.fetched(PACKAGE) == CONTENT
    assert [token for _, token in first.asked + second.asked] == ["Bearer secret", ""]


def test_another_content_is_refused_and_not_kept(registries: list[Registry], home: Path) -> None:
    (home / "rc").write_text(f"registry={registries[0].address}\n")
    registries[0].content = b"something else"
    with pytest.raises(InputError, match=r"sha512 is not that of 1\.2\.3"):
        npm.fetched(PACKAGE)
    registries[0].content = b""
    with pytest.raises(InputError, match="the registry answers 403 Forbidden"):
        npm.fetched(PACKAGE)
    assert not list((home / "cache").rglob("*.tgz"))


def test_without_a_network_it_says_what_to_fetch_and_where_to_put_it(home: Path) -> None:
    (home / "rc").write_text("registry=http://127.0.0.1:9/\n")
    with pytest.raises(InputError) as caught:
        npm.fetched(PACKAGE, option="--runtime-files")
    for words in ("/toy/-/toy-1.2.3.tgz", "npm_config_registry", "npm pack toy@1.2.3", "--runtime-files toy-1.2.3.tgz"):
        assert words in str(caught.value)


def test_a_given_file(home: Path) -> None:
    (home / "own.tgz").write_bytes(CONTENT)
    assert npm.fetched(PACKAGE, home / "own.tgz") == CONTENT
    (home / "own.tgz").write_bytes(CONTENT + b"!")
    with pytest.raises(InputError, match=r"is not toy-1\.2\.3\.tgz as npm has it"):
        npm.fetched(PACKAGE, home / "own.tgz")
    with pytest.raises(InputError, match="cannot be read"):
        npm.fetched(PACKAGE, home / "absent.tgz")

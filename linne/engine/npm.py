"""A JavaScript package as its maker published it, without Node: one pinned version, fetched once, compared by sha512.

The registry is the one that npm would ask: $npm_config_registry, `registry` in .npmrc (this folder's, the person's, the
machine's), else what npm itself says where it is installed; with the token that .npmrc holds for it. What arrives is
kept in the cache.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..core.errors import InputError, LinneError
from ..core.files import write
from .cache import home
from .log import Log

LARGEST, SECONDS = 64_000_000, 30
"""Bytes of a package, and how long nothing may arrive."""


@dataclass(frozen=True)
class Package:
    """name, version: as npm has them, without a scope. integrity: base64 of the .tgz's sha512. size: its bytes."""

    name: str
    version: str
    integrity: str
    size: int

    @property
    def file(self) -> str:
        """How the registry calls the file."""
        return f"{self.name}-{self.version}.tgz"


def fetched(package: Package, given: "Path | None" = None, log: "Log | None" = None, option: str = "") -> bytes:
    """The package's .tgz, its hash compared: the file that is given, else from the cache, else from the registry.

    option: the flag by which a person gives the file, for the error. Raises InputError where a given file is not that
    version, or where the registry cannot be reached: it says what to fetch and where to put it.
    """
    if given is not None:
        return _given(package, given)
    place = home() / "packages" / f"{package.name}-{package.version}" / package.file
    if place.is_file() and _sound(package, data := place.read_bytes()):
        os.utime(place.parent)
        return data
    try:
        config = settings()
    except InputError as error:
        raise _unreached(package, package.file, option, str(error)) from error
    if log:
        log.say(f"fetching {package.file} ({package.size / 1e6:.0f} MB, once) from {urlsplit(config.registry).netloc}")
    data = _asked(package, config, option)
    write(place.parent / "about.json", json.dumps({"what": f"the npm package {package.name} {package.version}"}))
    write(place, data)
    return data


def _given(package: Package, given: Path) -> bytes:
    try:
        with open(given, "rb") as file:
            data = file.read(LARGEST)
    except OSError as error:
        raise InputError(f"{given} cannot be read: {error.strerror or error}.") from error
    if not _sound(package, data):
        raise InputError(
            f"{given} is not {package.file} as npm has it: its sha512 differs. Get it with: npm pack "
            f"{package.name}@{package.version}"
        )
    return data


def _sound(package: Package, data: bytes) -> bool:
    return base64.b64encode(hashlib.sha512(data).digest()).decode() == package.integrity


@dataclass(frozen=True)
class Settings:
    """What npm's configuration says. registry: ends with "/". header: Authorization, or "". cafile: or ""."""

    registry: str
    header: str = ""
    cafile: str = ""


def settings() -> Settings:
    """npm's own configuration, read as npm reads it: the environment before .npmrc files, nearer files first.

    Raises InputError for a registry that is no http(s) address, and where none is known.
    """
    env = {key.lower(): value for key, value in os.environ.items()}
    user = Path(env.get("npm_config_userconfig") or Path.home() / ".npmrc")
    common = Path(env.get("npm_config_globalconfig") or "/etc/npmrc")
    told: dict[str, str] = {}
    for path in (common, user, Path(".npmrc")):
        told |= _rc(path)
    registry = (env.get("npm_config_registry") or told.get("registry") or _said()).rstrip("/") + "/"
    if urlsplit(registry).scheme not in ("http", "https") or not urlsplit(registry).netloc:
        raise InputError(
            f"npm's registry {registry!r} is no http or https address. Set it: npm config set registry ..."
        )
    return Settings(registry, _header(registry, told), env.get("npm_config_cafile") or told.get("cafile", ""))


def _said() -> str:
    """The registry that npm would ask, by its own word. Raises InputError where there is no npm, or it does not say."""
    command = shutil.which("npm")
    if not command:
        raise InputError("no npm is here, and neither npm_config_registry nor an .npmrc names a registry")
    words = [command, "config", "get", "registry"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"npm does not say which registry it asks: {error}") from error
    if done.returncode or not done.stdout.strip():
        why = done.stderr.strip().partition("\n")[0] or f"it ended with {done.returncode} and said nothing"
        raise InputError(f"npm does not say which registry it asks: {why}")
    return done.stdout.strip()


def _rc(path: Path) -> dict[str, str]:
    """The settings of an .npmrc; {} where there is none. ${NAME} is filled from the environment."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and line.strip()[:1] not in ("#", ";"))
    plain = {key.strip(): value.strip().strip("\"'") for key, value in pairs}
    return {key: re.sub(r"\$\{(\w+)\}", lambda m: os.environ.get(m[1], m[0]), value) for key, value in plain.items()}


def _header(registry: str, told: dict[str, str]) -> str:
    """What .npmrc gives for exactly this registry, or a path above it on the same host."""
    place = registry.split(":", 1)[1].rstrip("/")
    while len(place) > 2:
        for key, scheme in (("_authToken", "Bearer"), ("_auth", "Basic")):
            if value := told.get(f"{place}/:{key}"):
                return f"{scheme} {value}"
        place = place.rpartition("/")[0]
    return ""


def _asked(package: Package, config: Settings, option: str) -> bytes:
    address = f"{config.registry}{package.name}/-/{package.file}"
    request = urllib.request.Request(address, headers={"User-Agent": "linne"})
    if config.header:
        request.add_unredirected_header("Authorization", config.header)  # never to where a registry redirects
    try:
        context = ssl.create_default_context(cafile=config.cafile or None)
        with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:
            data = answer.read(LARGEST)
    except (OSError, ValueError) as error:
        raise _unreached(package, address, option, _why(error)) from error
    if not _sound(package, data):
        raise _unreached(package, address, option, f"its sha512 is not that of {package.version} ({len(data):,} bytes)")
    return data


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the registry answers {error.code} {error.reason}"
    return str(getattr(error, "reason", error) or type(error).__name__)


def _unreached(package: Package, address: str, option: str, why: str) -> LinneError:
    hint = f" and give it with {option} {package.file}" if option else ""
    size = f"{package.size / 1e6:.0f} MB"
    return InputError(
        f"{address} could not be fetched: {why}. Set npm_config_registry, or on a machine with "
        f"npm and a network: npm pack {package.name}@{package.version} ({size}); copy it here{hint}."
    )

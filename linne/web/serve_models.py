"""The models that a server answers by: opened by name, exchanged while it runs without a request being lost."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.ask import Ask
from ..core.errors import LinneError, OptionError, nearest
from ..core.run import Run
from ..engine.log import Log
from ..engine.serving import gallery, opened
from .asgi import Refused


@dataclass(frozen=True, eq=False)
class Entry:
    """A model in use. given: what it was opened from; number: how often it was opened; since: seconds since 1970."""

    name: str
    given: Any
    served: Any
    number: int = 1
    since: float = field(default_factory=time.time)


class Models:
    """Models by name; the first is the usual one. Raises what opening raises, OptionError for two of one name."""

    def __init__(self, given: Sequence[Any], ask: Ask, log: Log) -> None:
        self.ask, self.log = ask, log
        self.entries: dict[str, Entry] = {}
        sources = dict[str, Any]()
        for name, source in map(named, given):
            if name in sources:
                raise OptionError(f"Two models are called {name!r}. Say another name: other={source}")
            sources[name] = source
        if ask != Ask() and sources and all(map(gallery, sources.values())):
            raise OptionError(f"{', '.join(sources)}: a gallery has no use for ways to answer, which are for runs.")
        for name, source in sources.items():
            self.entries[name] = Entry(name, source, self._opened(source))

    def _opened(self, source: Any) -> Any:
        return opened(source, Ask() if gallery(source) else self.ask, self.log)

    def get(self, name: str, kind: str) -> Entry:
        """The model of this name, of the first of its kind for "". Raises Refused (404) where there is none."""
        able = [entry for entry in self.entries.values() if entry.served.kind == kind]
        if not name and able:
            return able[0]
        entry = self.entries.get(name)
        if entry is not None and entry.served.kind == kind:
            return entry
        names = [one.name for one in able]
        if not names:
            raise Refused(404, f"No {kind} is served here.")
        raise Refused(404, f"There is no {kind} {name[:100]!r}. {nearest(name[:100], names)}")

    def reload(self) -> dict[str, Any]:
        """Open every model anew beside the old one, then put it in its place; what cannot be opened, whatever the
        reason, stays as it was.

        JSON-ready: {"reloaded": names, "failed": {name: why}}.
        """
        done, failed = list[str](), dict[str, str]()
        for name, entry in list(self.entries.items()):
            try:
                served = self._opened(entry.given)
            except Exception as error:
                failed[name] = str(error) if isinstance(error, LinneError) else f"{type(error).__name__}: {error}"
                continue
            self.entries[name] = Entry(name, entry.given, served, entry.number + 1)
            done.append(name)
        return {"reloaded": done, "failed": failed}

    def about(self) -> list[dict[str, Any]]:
        """JSON-ready: every model."""
        return [{"name": one.name, "loads": one.number, "since": round(one.since, 3), **one.served.about()}
                for one in self.entries.values()]  # fmt: skip


def named(given: Any) -> tuple[str, Any]:
    """(name, what to open) of "name=runs/a" or of a path, which is called by its folder."""
    if isinstance(given, Run):
        return given.path.name, given
    if not isinstance(given, (str, Path)):
        return "model", given
    name, sign, rest = str(given).partition("=")
    if sign and name and "/" not in name and not Path(str(given)).exists():
        return name, rest
    return Path(str(given).split("+")[0]).resolve().name or "model", given

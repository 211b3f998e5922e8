"""An answer in parts, each a file that is whole or not there: stopped at any instant, it goes on where it was.

Which pictures are in which part follows from their list alone, so that processes and machines can share the work: each
writes parts that are not there yet. `plan.json` says first what is done; `DONE.json` last that all of it is.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import OptionError, RunError
from ..core.files import write, write_json
from ..core.images import Taken
from ..core.names import printable

PLAN, DONE = "plan.json", "DONE.json"
FORMAT = 1


class Parts:
    """A folder of parts. each: rows of one. share: (k, n), this one's parts are k, k + n, ... of them.

    plan: what decides their content, JSON-ready. state: of a part's number, what its pictures look like from outside;
    a part that was made of others is not there. Raises RunError where the folder holds parts of another plan, or
    something else.
    """

    def __init__(
        self, folder: Path, rows: int, each: int, plan: Mapping[str, Any], share: tuple[int, int] = (0, 1),
        state: Callable[[range], str] = lambda rows: "",
    ) -> None:  # fmt: skip
        self.folder, self.rows, self.each, self.share, self.state = folder, rows, each, share, state
        self.plan = json.loads(json.dumps({"format": FORMAT, "rows": rows, "each": each, **plan}))
        self._agree()

    @property
    def count(self) -> int:
        """How many parts there are in all."""
        return -(-self.rows // self.each)

    def path(self, number: int) -> Path:
        """Where a part is."""
        return self.folder / f"part-{number:06d}.csv"

    def of(self, number: int) -> range:
        """The rows of a part."""
        return range(number * self.each, min((number + 1) * self.each, self.rows))

    def todo(self) -> Iterator[int]:
        """Parts of this share that are not there, asked one by one: others may write them meanwhile."""
        first, step = self.share
        return (number for number in range(first, self.count, step) if not self.there(number))

    def there(self, number: int) -> bool:
        """Whether a part is there and its pictures are as they were."""
        return self.path(number).exists() and not self.changed(number)

    def changed(self, number: int) -> bool:
        """Whether a part is there and a picture of it is another now. One without a mark counts as it is."""
        try:
            known = self._mark(number).read_text(encoding="utf-8")
        except OSError:
            return False
        return self.path(number).exists() and known != self.state(self.of(number))

    def write(self, number: int, fill: Callable[[Path], Any]) -> Path:
        """Write a part, whole or not at all, and what its pictures look like before they are opened: first where there
        is no part yet, last where there is, so that whoever is stopped in between leaves none that passes for anew."""
        state, there = self.state(self.of(number)), self.path(number).exists()
        if state and not there:
            write(self._mark(number), state)
        made = write(self.path(number), fill)
        if state and there:
            write(self._mark(number), state)
        return made

    def _mark(self, number: int) -> Path:
        return self.folder / f".part-{number:06d}.seen"

    def end(self) -> bool:
        """Whether every part is there; then DONE.json is too."""
        if not all(self.path(number).exists() for number in range(self.count)):
            return False
        if not (self.folder / DONE).exists():
            write_json(self.folder / DONE, {"parts": self.count, "rows": self.rows})
        return True

    def _agree(self) -> None:
        """Begin, or go on with what was begun with the same plan."""
        known = begun(self.folder)
        if known is None:
            write_json(self.folder / PLAN, self.plan)
            return
        other = [name for name in self.plan if known.get(name) != self.plan[name]]
        if other:
            raise RunError(
                f"{self.folder} holds parts of something else: its {PLAN} differs in {', '.join(other)}. Give another "
                "--out, or the command that began it."
            )


def begun(folder: Path) -> "dict[str, Any] | None":
    """The plan that a folder was begun with, None for one that is empty or not there. Raises RunError for a folder of
    something else."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file, and parts go into a folder. Give another --out.")
    try:
        return json.loads((folder / PLAN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if folder.is_dir() and any(one.name[0] != "." for one in folder.iterdir()):
            raise RunError(f"{folder} holds something else already. Give an empty folder, or a new one.") from None
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{folder / PLAN} is damaged: {error}. Give another --out.") from error


def listing(names: Iterable[str]) -> str:
    """A hash of names in their order."""
    mark = hashlib.blake2b(digest_size=16)
    for name in names:
        mark.update(printable(str(name)).encode() + b"\0")
    return mark.hexdigest()


def outside(items: Sequence[Any], rows: Iterable[int]) -> str:
    """A hash of what these pictures look like without being opened: of files sizes and times, of an object store's and
    of shards what the source tells; "" where nothing is known of any."""
    known = [_seen(items, row) for row in rows]
    if not any(known):
        return ""
    return hashlib.blake2b("".join(f"{one}\n" for one in known).encode(), digest_size=16).hexdigest()


def _seen(items: Any, row: int) -> str:
    while isinstance(items, Taken):
        items, row = items.items, int(items.rows[row])
    told = getattr(items, "outside", None)
    return told(row) if told else _file(items[row])


def _file(item: Any) -> str:
    if not isinstance(item, Path):
        return ""
    try:
        found = item.stat()
        return f"{found.st_size} {found.st_mtime_ns}"
    except OSError:
        return "gone"


def shared(text: str) -> tuple[int, int]:
    """(k - 1, n) of "k/n"; (0, 1) of "". Raises OptionError for what is no share."""
    if not text:
        return 0, 1
    first, sign, of = text.partition("/")
    if not (sign and first.isdecimal() and of.isdecimal() and 1 <= int(first) <= int(of)):
        raise OptionError(f"--share {text!r} is not allowed. Say 1/8, 2/8, ... 8/8 on eight machines.")
    return int(first) - 1, int(of)


def spread(todo: Sequence[int], work: Any, given: Mapping[str, Any], workers: int) -> None:
    """Do parts on the machines of a Ray cluster (Ray Data): each worker is made once, work(**given), and called with a
    part's number. Raises MissingExtra without Ray."""
    from ..core.errors import MissingExtra

    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("--ray", "ray") from error

    class Each:
        def __init__(self) -> None:
            self.work = work(**given)

        def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
            self.work(int(row["part"]))
            return row

    rows = ray.data.from_items([{"part": number} for number in todo], override_num_blocks=max(1, len(todo)))
    rows.map(Each, concurrency=workers).materialize()

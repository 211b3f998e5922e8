"""Gallery: registered pictures of identities, and who is in a new one. Nothing is trained; see `held`, `attempts`,
`threshold` for how it is decided, `store` for how it is kept."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import Geometry
from ..core.errors import InputError, OptionError, RunError, nearest
from ..core.images import Images
from ..core.load import load
from ..core.recipe import Recipe
from ..core.run import Run
from . import approximate, pairs, store
from . import held as holding
from .attempts import Attempts
from .enrol import New, apart, fresh, identities, named, prepared, unusable
from .enrolled import Enrolled, alike, count, told
from .extractor import Extractor, about, again, extractor
from .held import Held, directions
from .identified import Answer, Answers, Verdict, answer
from .log import Log
from .look import Looker, Seen
from .nearest import Nearest
from .reasked import reasked
from .threshold import Sure, sure, threshold

SEARCHES = ("auto", "exact", "index")
SHOWN = 3
"""Identities named beside an answer."""


class Gallery:
    """Identities by pictures of them, in memory or as a folder.

    what: a gallery's folder, which is opened; or what makes features: a run or its folder, a network by its name, a
    recipe; Linne's own network where nothing is given. settings: model, weights, weights_licence, size, resize, runtime
    as training has them, so that a person's own weights and ready crops can be used. log: says what is done.
    `last` is what the last enrolment did.

    Raises InputError, OptionError or RunError for what is not there or does not fit.
    """

    def __init__(
        self, what: "str | Path | Run | Recipe | None" = None, *, log: Log | None = None, **settings: Any
    ) -> None:
        self.log, self.path, self.last = log or Log(quiet=True), None, None
        self._extractor: Extractor | None = None
        self._state: store.State | None = None
        self._stamp: tuple[int, ...] = ()
        self._search: tuple[str, store.State, Nearest] | None = None
        if isinstance(what, (str, Path)) and store.exists(Path(what)):
            self.path = Path(what)
            self._agree(settings)
        else:
            self._extractor = extractor(what, **settings)

    @classmethod
    def at(
        cls,
        path: "str | Path",
        what: "str | Path | Run | Recipe | None" = None,
        *,
        log: Log | None = None,
        **given: Any,
    ) -> "Gallery":
        """The gallery of a folder, opened, or begun with the first enrolment. Raises RunError where it was made by
        another network than is given, and names both."""
        path = Path(path)
        store.check(path)
        if not store.exists(path):
            gallery = cls(what, log=log, **given)
            gallery.path = path
            return gallery
        gallery = cls(path, log=log)
        gallery._agree(given if what is None else {"what": what} | given)
        return gallery

    @classmethod
    def open(cls, path: "str | Path", *, log: Log | None = None) -> "Gallery":
        """The gallery of a folder. Raises InputError where there is none."""
        gallery = cls.__new__(cls)
        gallery.log, gallery.path, gallery.last = log or Log(quiet=True), Path(path), None
        gallery._extractor, gallery._state, gallery._stamp, gallery._search = None, None, (), None
        gallery.state  # noqa: B018 - raises where there is none
        return gallery

    def __len__(self) -> int:
        return len(self.held.names)

    def __repr__(self) -> str:
        return f"Gallery({len(self.held):,} pictures of {len(self):,} identities, {self.path or 'in memory'})"

    @property
    def state(self) -> store.State:
        """What the gallery is now: read again where another process has written since."""
        if self.path is not None and (self._state is None or store.stamp(self.path) != self._stamp):
            stamp = store.stamp(self.path)
            if stamp or self._state is not None or self._extractor is None:
                self._state = store.read(self.path)
            self._stamp = stamp  # last: what could not be read is tried again, and another thread sees no old state
        return self._state or store.State(0, {}, Held(), _nobody())

    @property
    def held(self) -> Held:
        """Identities and pictures."""
        return self.state.held

    @property
    def extractor(self) -> Extractor:
        """What makes features: the network that the gallery was made by. Raises RunError where it cannot be found."""
        if self._extractor is None:
            self._extractor = again(self.state.made_by, str(self.path))
        return self._extractor

    @property
    def names(self) -> tuple[str, ...]:
        """Identities, in the order in which they were enrolled."""
        return self.held.names

    def enrol(self, pictures: Any, name: str = "") -> "Gallery":
        """Add pictures: a folder with a folder for each identity, or any pictures of one whose `name` is given.

        Others that are being written meanwhile wait. Stopped at any time, the gallery is as it was. Raises InputError
        where a picture belongs to nobody or to two, or an identity has none that can be used; then nothing is enrolled.
        """
        images = pictures if isinstance(pictures, Images) else load(pictures)
        apart(self.path, pictures, images)
        whose = identities(images, name)
        facts, features, one, ran = self.extractor.look(images, self.log)
        new, self._extractor = prepared(images, whose, facts, features), one
        added: list[New] = []

        def grown(before: store.State) -> store.State:
            made_by = before.made_by or about(one, ran)
            self._same(made_by, one)
            added[:] = [fresh(new, before.held)]
            if not len(added[0]):
                return before
            held = holding.add(before.held, added[0].names, added[0].features, added[0].columns)
            return replace(before, made_by=made_by, held=held)

        self._change(grown)
        self.last = self._told(added[0], ran)
        return self

    def remove(self, *names: str) -> "Gallery":
        """Take identities out with all their pictures. Raises OptionError for one that is not there."""
        return self._change(lambda before: replace(
            before, held=holding.remove(before.held, [_place(before.held, name) for name in names]), index={}
        ))  # fmt: skip

    def rename(self, old: str, new: str) -> "Gallery":
        """Call an identity otherwise. Raises OptionError where it is not there, or another one has that name."""
        new = named(new)

        def renamed(before: store.State) -> store.State:
            if new in before.held.names:
                raise OptionError(
                    f"There is an identity {new!r} already. To make one of the two: merge {new!r} {old!r}."
                )
            return replace(before, held=holding.rename(before.held, _place(before.held, old), new))

        return self._change(renamed)

    def merge(self, into: str, *others: str) -> "Gallery":
        """Make one identity of several, called `into`. Raises OptionError for one that is not there, or is `into`."""
        if into in others:
            raise OptionError(f"{into!r} cannot be merged with itself.")

        def merged(before: store.State) -> store.State:
            places = [_place(before.held, name) for name in others]
            return replace(before, held=holding.merge(before.held, _place(before.held, into), places))

        return self._change(merged)

    def save(self, path: "str | Path") -> "Gallery":
        """Keep a gallery of memory as a folder, where it lives from then on. Raises RunError where one is there."""
        path = Path(path)
        store.check(path)
        if self.path is not None or store.exists(path):
            raise RunError(f"{path if store.exists(path) else self.path} is a gallery already. Give another folder.")
        state = self.state
        with store.writing(path):
            store.save(path, state)
        self.path, self._state = path, None
        return self

    def identify(self, pictures: Any, far: "float | None" = None, search: str = "auto") -> Answers:
        """Who is in each picture: an identity, or "unknown".

        far: how often a stranger may be given a name, 0.01 where nothing is said and as many strangers are known.
        search: exact, index, or auto (an index where one was built). Raises InputError for an empty gallery,
        OptionError for a rate that cannot be promised.
        """
        state, finder = self._ready(search)
        decided, likely = threshold(state.tried, far), sure(state.tried)
        images = pictures if isinstance(pictures, Images) else load(pictures)
        each, ran = list[Answer](), ""
        with self.log.track("identified", len(images)) as step:
            for by, part, points in self._stream(images, step):
                ran = by
                owner, score = finder.search(points, SHOWN)
                found = zip(part, owner, score, strict=True)
                each += [answer(state.held, str(images.names[seen.row]), seen.reason, k, s, (decided, likely))
                         for seen, k, s in found]  # fmt: skip
        return Answers(tuple(each), decided, tuple(self._notes(state, likely, ran)))

    def same(self, first: Any, second: Any, far: "float | None" = None) -> Verdict:
        """Whether two pictures are of one identity, enrolled or not, by what the gallery's own pairs show.

        Raises InputError for an empty gallery and for a picture that shows nothing or cannot be read.
        """
        state = self._something()
        met = pairs.pairs(state.held)
        decided, likely = pairs.threshold(met, far), pairs.sure(met)
        points: list[np.ndarray] = []
        names, ran = list[str](), ""
        for given in (first, second):
            images = load(given if isinstance(given, (str, Path, Images)) else [given])
            if len(images) != 1:
                raise InputError(f"{images.came_from} has {len(images)} pictures; two single pictures are compared.")
            for by, (seen,), point in self._stream(images, lambda count: None):
                ran = by
                if seen.reason:
                    raise InputError(f"{images.names[0]} cannot be compared: {seen.reason}.")
                points.append(point[0])
                names.append(str(images.names[0]))
        similarity = float(points[0] @ points[1])
        known = bool(similarity > decided.value) if np.isfinite(decided.value) else None
        notes = [] if likely.from_identities else ["no probability: no identity has two pictures to tell it from"]
        chance = float(likely(np.array([similarity]))[0])
        notes += self._moved(state, ran)
        return Verdict(names[0], names[1], known, similarity, chance, decided, tuple(notes))

    def index(self) -> approximate.Told:
        """Build an index over all pictures, for galleries of more than about a million. Raises MissingExtra."""
        if self.path is None:
            raise OptionError("A gallery in memory is searched exactly. Save it first: gallery.save('gallery/').")
        before = self._something()
        graph, told = approximate.build(before.held, self.log)
        with store.writing(self.path):
            state = store.read(self.path)
            if state.number != before.number:
                raise RunError(f"{self.path} was changed while its index was built. Give the same command again.")
            file = f"index-{state.number + 1:08d}.usearch"
            approximate.save(graph, self.path / file)
            store.save(self.path, replace(state, index=approximate.kept(told, file, state.held.rows)))
        return told

    def text(self) -> str:
        """For a terminal: the gallery and its identities."""
        state = self.state
        counts, made = state.held.counts(), state.made_by
        head = f"{self.path or 'in memory'}: {count(len(state.held), 'picture')} of {count(len(self), 'identity')}"
        if not len(state.held):
            return f"{head}; empty"
        by = f"features of {made['network']} ({made['id'][:12]}) by {made['ran']}"
        wide = max(map(len, self.names))
        lines = [f"  {name:{wide}}  {count(int(n), 'picture')}" for name, n in zip(self.names, counts, strict=True)]
        return "\n".join([head, by, *lines])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        state = self.state
        pictures: dict[int, list[str]] = {place: [] for place in range(len(self))}
        for place, picture in zip(state.held.identity.tolist(), state.held.pictures, strict=True):
            pictures[place].append(str(picture))
        each = [{"name": name, "pictures": pictures[place]} for place, name in enumerate(self.names)]
        return {
            "gallery": str(self.path or ""),
            "made_by": dict(state.made_by),
            "identities": each,
            "index": dict(state.index),
        }

    def _ready(self, search: str) -> tuple[store.State, Nearest]:
        """The present state and what searches it; begun again where another process removed its index meanwhile."""
        state = self._something()
        try:
            return state, self._finder(search, state)
        except RunError:
            if self.state is state:
                raise
            return self._ready(search)

    def _finder(self, search: str, state: store.State) -> Nearest:
        """What searches this state. Raises OptionError for another word, or an index that was not built."""
        if search not in SEARCHES:
            raise OptionError(f"search={search!r} is not allowed. {nearest(search, SEARCHES)}")
        if search == "index" and not state.index:
            raise OptionError(f"{self.path or 'This gallery'} has no index. Build it: linne gallery index {self.path}")
        way = "index" if state.index and search != "exact" else "exact"
        if self._search is None or self._search[:2] != (way, state):
            folder = self.path or Path()
            made = (
                approximate.Approximate(state.held, folder, dict(state.index))
                if way == "index"
                else Nearest(state.held)
            )
            self._search = (way, state, made)
        return self._search[2]

    def _change(self, step: Callable[[store.State], store.State]) -> "Gallery":
        """Let `step` make the next state of the present one, asked again, and keep it; nobody else writes meanwhile."""
        if self.path is None:
            before = self.state
            self._state = _asked(before, step(before), self.log)
            return self
        with store.writing(self.path):
            before = store.read(self.path) if store.exists(self.path) else store.State(0, {}, Held(), _nobody())
            after = _asked(before, step(before), self.log)
            if after is not before:
                store.save(self.path, after)
        return self

    def _told(self, new: New, ran: str) -> Enrolled:
        state = self.state
        figures, said = {}, [*new.notes, *self._moved(state, ran)]
        if len(new):
            figures, words = told(state.tried, self.extractor.network.name)
            said += [*alike(state.held, new), *words]
        return Enrolled(str(self.path or ""), len(new), len(set(new.names)), (len(state.held), len(state.held.names)),
                        new.left, new.copies, figures, tuple(said))  # fmt: skip

    def _something(self) -> store.State:
        state = self.state
        if not len(state.held):
            where = f"The gallery {self.path}" if self.path else "The gallery"
            raise InputError(f"{where} is empty. Enrol somebody first: linne enrol {self.path or 'GALLERY'} PICTURES")
        return state

    def _stream(self, images: Images, step: Callable[[int], None]) -> Iterator[tuple[str, list[Seen], np.ndarray]]:
        """(what ran, pictures in order, their directions (m, width)); what cannot be compared has its reason."""
        one = self.extractor
        looker = Looker(one.network, one.geometry, self.log, runtime=one.runtime)
        for part in looker.stream(images, step):
            features = np.zeros((len(part), one.network.width))
            for place, seen in enumerate(part):
                seen.reason = unusable(seen.look["fact"], seen.features) if seen.look is not None else seen.reason
                if not seen.reason and seen.features is not None:
                    features[place] = seen.features
            yield looker.ran, part, directions(features)

    def _moved(self, state: store.State, ran: str) -> list[str]:
        """What to say where the pictures ran otherwise than the gallery's."""
        before = state.made_by.get("ran", ran)
        return (
            [f"note: enrolled by {before}, here {ran}: similarities may differ in the third digit"]
            if before != ran
            else []
        )

    def _notes(self, state: store.State, likely: Sure, ran: str) -> list[str]:
        few = [] if likely.from_identities else ["no probability: no identity has two pictures to tell it from"]
        large = []
        if len(state.held) > approximate.LEAST and not state.index:
            large = [f"{len(state.held):,} pictures are searched one by one; quicker: linne gallery index {self.path}"]
        return [*few, *self._moved(state, ran), *large]

    def _same(self, made_by: Any, one: Extractor) -> None:
        """Raise RunError where the gallery was made by another network or preprocessing, naming both."""
        kept = Geometry(**made_by["geometry"]).key()
        if f"{made_by['id']}-{kept}" != one.id:
            raise RunError(
                f"{self.path or 'This gallery'} was made by {made_by['network']} ({made_by['id'][:12]}), {kept}, not "
                f"by {one.told}: features of two networks cannot be compared. Enrol into another gallery."
            )

    def _agree(self, given: dict[str, Any]) -> None:
        """Raise RunError where another network is given than the gallery was made by."""
        chosen = {name: value for name, value in given.items() if name != "runtime"}
        if chosen:
            self._same(self.state.made_by, extractor(chosen.pop("what", None), **chosen))
        if "runtime" in given:
            self._extractor = replace(self.extractor, runtime=given["runtime"])


def _asked(before: store.State, after: store.State, log: Log) -> store.State:
    """The state with what its pictures tell, where they or their identities are not those of before."""
    held, old = after.held, before.held
    if after is before or (held.rows is old.rows and held.identity is old.identity):
        return after
    inside = set(after.index.get("parts", ())) & {part.file for part in held.rows.parts}
    return replace(after, tried=reasked(old, before.tried, held, log), index=after.index if inside else {})


def _place(held: Held, name: str) -> int:
    if name not in held.names:
        raise OptionError(f"There is no identity {name!r}. {nearest(name, held.names)}")
    return held.names.index(name)


def _nobody() -> Attempts:
    return Attempts(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.float64, np.float64, np.int64)))

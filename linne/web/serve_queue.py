"""The queue before a model: bounded by what can be answered in time, answered in small batches by a thread, or by as
many as the model has lanes.

How many pictures may wait follows from the measured seconds a picture and the deadline: what could not be answered in
time is refused at the door, before its body is read, and not after it has waited.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any

from ..engine.serving import Picture, Want
from .asgi import Refused
from .bodies import Body

DEADLINE = 1.0
"""Seconds from a request's head to its answer."""
GATHER, BATCH, LANES = 0.005, 32, 16
"""Seconds for which a batch waits for pictures that are being decoded; pictures in one; threads at most."""
FRESH, UPLOADING = 0.25, 256
"""Seconds for which an upload counts as work to come; uploads at a time."""
FIRST, LEAST = 0.02, 8
"""Seconds a picture before any was measured; pictures that may wait however slow the model is."""
STEADY = 16
"""Pictures that move the measured seconds a picture by a tenth of the way."""
HELD = 512 << 20
"""Bytes of pictures that may wait or be on their way."""


@dataclass(eq=False)
class Job:
    """Pictures of one request for one model, or a call that is made alone."""

    model: Any
    pictures: Sequence[Picture]
    want: Want
    ticket: "Ticket"
    future: "asyncio.Future[Any]"
    call: "Callable[[], Any] | None" = None


@dataclass(eq=False)
class Ticket:
    """One request that was let in. began: time.monotonic(). pictures, held: how many of it wait, and their bytes.

    body: what comes of it, None where nobody can cut it. uploading: it is not there yet. gone: the client has left.
    """

    began: float
    until: float
    body: "Body | None" = None
    uploading: bool = True
    gone: bool = False
    pictures: int = 0
    held: int = 0

    @property
    def bytes(self) -> int:
        """Of its pictures, those too that are still on their way."""
        return self.body.read if self.uploading and self.body is not None else self.held

    @property
    def dead(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.gone or (not self.uploading and time.monotonic() > self.until)


class Queue:
    """Admission, batching and the threads that ask models. decoding: how many pictures are being decoded now."""

    def __init__(self, deadline: float = DEADLINE, decoding: Callable[[], int] = lambda: 0) -> None:
        self.deadline, self.each, self.draining = deadline, FIRST, False
        self.tickets: set[Ticket] = set()
        self.decoding = decoding
        self.batches = self.batched = self.expired = self.left = 0
        self._pending: deque[Job] = deque()
        self._some = asyncio.Event()
        self._threads = ThreadPoolExecutor(LANES, "model")
        self._asked: Any = None
        self._lanes = set[asyncio.Task[None]]()
        self._last = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Answer no more."""
        if self._task is not None:
            self._task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def waiting(self) -> int:
        """Pictures that wait or are being answered; an upload that has just begun counts as one."""
        now = time.monotonic()
        fresh = sum(one.uploading and now - one.began < FRESH for one in self.tickets)
        return fresh + sum(one.pictures for one in self.tickets)

    @property
    def limit(self) -> int:
        """Pictures that can be answered in time."""
        return max(LEAST, int(0.8 * self.deadline / self.each))

    @property
    def uploads(self) -> int:
        """Requests whose bodies are on their way."""
        return sum(one.uploading for one in self.tickets)

    @property
    def held(self) -> int:
        """Bytes of pictures that wait or are on their way."""
        return sum(one.bytes for one in self.tickets)

    def admit(self, asked: float = 0.0, body: "Body | None" = None) -> Ticket:
        """Let a request in by its head. asked: seconds after which its client wants no answer, 0 for the server's.

        Where uploads take all the room, one of them gives way: the slowest where they are too many, the one that holds
        the most where they hold too much. Raises Refused (503 with Retry-After) where the request could not be answered
        in time, or the server is going down.
        """
        if self.draining:
            raise Refused(503, "This server is going down. Ask again.", (("retry-after", "1"), ("connection", "close")),
                          reason="leaving")  # fmt: skip
        waiting, now = self.waiting, time.monotonic()
        seconds = min(asked or self.deadline, self.deadline)
        if waiting >= self.limit or waiting * self.each > seconds or not (self._few() and self._light()):
            raise self._busy(waiting)
        ticket = Ticket(now, now + seconds, body)
        self.tickets.add(ticket)
        return ticket

    def grew(self, ticket: Ticket) -> None:
        """More of a request's body came: beside others it may not take all the room."""
        if ticket.bytes > HELD // UPLOADING and len(self.tickets) > 1:
            self._light()

    def arrived(self, ticket: Ticket, pictures: int, held: int) -> None:
        """A request's body is there. Raises Refused where others came meanwhile and there is no room any more."""
        others = self.waiting - (1 if ticket.uploading and time.monotonic() - ticket.began < FRESH else 0)
        ticket.uploading = False
        if others >= 2 * self.limit:
            raise self._busy(others)
        ticket.pictures, ticket.held = pictures, held
        slow = max(ticket.until - ticket.began, pictures * self.each * 2)
        ticket.until = time.monotonic() + slow  # the upload's time is the client's own

    def left_by(self, ticket: Ticket) -> None:
        """A request is answered, or was refused, or its client has gone."""
        self.tickets.discard(ticket)

    async def ask(self, model: Any, pictures: Sequence[Picture], want: Want, ticket: Ticket) -> list[dict[str, Any]]:
        """The answers to a request's pictures. Raises what the model raises, Refused (503) where it got too late."""
        parts = [pictures[at : at + BATCH] for at in range(0, len(pictures), BATCH)]
        found = await asyncio.gather(*(self._put(Job(model, part, want, ticket, _future()))
                                       for part in parts))  # fmt: skip
        return [one for part in found for one in part]

    async def call(self, call: Callable[[], Any], ticket: Ticket) -> Any:
        """What a call gives that needs the model's thread for itself."""
        return await self._put(Job(None, (), Want(), ticket, _future(), call))

    def _put(self, job: Job) -> "asyncio.Future[Any]":
        self._pending.append(job)
        self._some.set()
        return job.future

    def _few(self) -> bool:
        """Whether there is room for one more upload, for which the slowest gives way."""
        now, slow = time.monotonic(), self._slow()
        if self.uploads >= UPLOADING and slow:
            one, body = min(slow, key=lambda pair: pair[1].read / (now - pair[0].began))
            self._cut(one, body, Refused(
                408, f"{UPLOADING} uploads at a time are taken, and of those this was the slowest: {body.read:,} bytes "
                f"in {now - one.began:.1f} s. Send it again.", (("retry-after", "1"),)))  # fmt: skip
        return self.uploads < UPLOADING

    def _light(self) -> bool:
        """Whether there is room for more bytes, for which the upload that holds the most gives way."""
        if self.held > HELD and (slow := self._slow()):
            one, body = max(slow, key=lambda pair: pair[1].read)
            self._cut(one, body, Refused(
                503, f"Uploads held more than {HELD:,} bytes together, this one the most: {body.read:,}. Send fewer "
                "pictures at once, or ask again.", (("retry-after", "1"),)))  # fmt: skip
        return self.held <= HELD

    def _slow(self) -> "list[tuple[Ticket, Body]]":
        """Uploads that take longer than most do, and are not there yet."""
        now = time.monotonic()
        return [(one, one.body) for one in self.tickets if one.uploading and one.body is not None
                and not one.body.whole and now - one.began >= FRESH]  # fmt: skip

    def _cut(self, ticket: Ticket, body: Body, why: Refused) -> None:
        self.tickets.discard(ticket)
        body.cut(why)

    def _busy(self, waiting: int) -> Refused:
        seconds = max(1, ceil(waiting * self.each))
        return Refused(503, f"{waiting} pictures wait already: this one would be late. Ask again in {seconds} s.",
                       (("retry-after", str(seconds)),))  # fmt: skip

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            await self._gather()
            await self._room()
            batch = self._take()
            if not batch:
                continue
            self._asked = batch[0].model
            lane = asyncio.get_running_loop().create_task(self._answer(batch))
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)

    async def _answer(self, batch: list[Job]) -> None:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _answered, batch)
        self._measure(sum(len(job.pictures) for job in batch))
        for job, one in zip(batch, found, strict=True):
            if not job.future.done():
                job.future.set_exception(one) if isinstance(one, BaseException) else job.future.set_result(one)

    async def _room(self) -> None:
        """Wait until the oldest job's model can be asked: another's answers, and calls, are waited for."""
        while self._lanes:
            first = self._pending[0] if self._pending else None
            shared = first is not None and not first.call and first.model is self._asked
            if shared and len(self._lanes) < _lanes(self._asked):
                return
            await asyncio.wait(self._lanes, return_when=asyncio.FIRST_COMPLETED)

    async def _gather(self) -> None:
        """Wait for what is being decoded now, a few milliseconds, where a batch has room."""
        ends = time.monotonic() + GATHER
        while self.decoding() and time.monotonic() < ends and self._pending:
            if sum(len(job.pictures) for job in self._pending) >= _most(self._pending[0].model):
                return
            await asyncio.sleep(0.001)

    def _take(self) -> list[Job]:
        """The next jobs for one model, oldest first; those that nobody waits for go."""
        batch, rest, size, most = list[Job](), deque[Job](), 0, BATCH
        while self._pending:
            job = self._pending.popleft()
            if job.ticket.dead:
                self._drop(job)
            elif not batch or (not batch[0].call and job.model is batch[0].model and not job.call
                               and size + len(job.pictures) <= most):  # fmt: skip
                batch.append(job)
                size, most = size + len(job.pictures), _most(job.model)
                if job.call:
                    break
            else:
                rest.append(job)
        unit = getattr(batch[0].model, "unit", 1) if batch else 1
        while size > unit and len(batch[-1].pictures) <= size % unit:  # it would be padded; more come meanwhile
            rest.appendleft(batch.pop())
            size -= len(rest[0].pictures)
        rest.extend(self._pending)
        self._pending = rest
        if not rest:
            self._some.clear()
        return batch

    def _drop(self, job: Job) -> None:
        if job.ticket.gone:
            self.left += 1
        else:
            self.expired += 1
        if not job.future.done():
            job.future.set_exception(self._busy(self.waiting))

    def _measure(self, count: int) -> None:
        """Seconds a picture while there is always work: from one batch's end to the next one's."""
        now, backlog = time.monotonic(), self._last
        self.batches, self.batched = self.batches + 1, self.batched + count
        if backlog and count:
            self.each += (1 - 0.9 ** (count / STEADY)) * (min((now - backlog) / count, 1.0) - self.each)
        busy = bool(self._pending) or self.decoding() > 0 or len(self._lanes) > 1
        self._last = now if busy else 0.0


def _lanes(model: Any) -> int:
    return min(LANES, getattr(model, "lanes", 1))


def _most(model: Any) -> int:
    """Pictures that are asked at a time: where several lanes are asked beside each other, each has what goes through
    the network at once."""
    return min(BATCH, getattr(model, "unit", 1)) if _lanes(model) > 1 else BATCH


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


def _answered(batch: Sequence[Job]) -> list[Any]:
    """What each job gets, an exception where it gets none; in the model's thread."""
    if batch[0].call is not None:
        try:
            return [batch[0].call()]
        except Exception as error:
            return [error]
    try:
        looked = batch[0].model.look([one for job in batch for one in job.pictures])
    except Exception as error:
        return [error] * len(batch)
    out, at = list[Any](), 0
    for job in batch:
        part = looked[at : at + len(job.pictures)]
        at += len(job.pictures)
        try:
            out.append(job.model.tell(part, job.want))
        except Exception as error:
            out.append(error)
    return out

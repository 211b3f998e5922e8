"""The queue before a model: what is let in, what goes together, what is dropped."""

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.engine.serving import Picture, Want
from linne.web import serve_queue
from linne.web.asgi import Refused
from linne.web.bodies import Body, Sizes
from linne.web.serve_queue import BATCH, FRESH, HELD, LEAST, UPLOADING, Job, Queue
from tests.serving import Bright

PLAIN = Want()


def grey(value: int) -> Picture:
    return Picture(str(value), b"", b"\0" * 16, np.full((32, 32, 3), value, np.uint8))


def asked(queue: Queue, model: Any, pictures: list[Picture], want: Want = PLAIN, count: bool = True) -> Any:
    """A request's way through the queue."""
    ticket = queue.admit()
    queue.arrived(ticket, len(pictures) if count else 0, 0)

    async def ask() -> Any:
        try:
            return await queue.ask(model, pictures, want, ticket)
        finally:
            queue.left_by(ticket)

    return asyncio.ensure_future(ask()), ticket


def test_every_answer_goes_to_its_own_request_whatever_goes_together() -> None:
    model = Bright(slow=0.01)

    async def run() -> list[Any]:
        queue = Queue(60)
        queue.start()
        each = [asked(queue, model, [grey(value), grey(255 - value)])[0] for value in range(100)]
        try:
            return await asyncio.gather(*each)
        finally:
            queue.stop()

    for value, answers in enumerate(asyncio.run(run())):
        assert [one["name"] for one in answers] == [str(value), str(255 - value)]
        assert answers[0]["value"] == pytest.approx(value / 255)
    assert sum(model.seen) == 200
    assert max(model.seen) == BATCH
    assert len(model.seen) < 12, "requests of two go together"


def test_a_network_that_takes_four_at_a_time_is_given_fours() -> None:
    """Ten that wait go as eight and two: ten would be padded to twelve, while two more come."""
    model = Bright(slow=0.02)
    model.unit = 4

    async def run() -> list[Any]:
        queue = Queue(60)
        queue.start()
        each = [asked(queue, model, [grey(value)])[0] for value in range(10)]
        try:
            return await asyncio.gather(*each)
        finally:
            queue.stop()

    for value, answers in enumerate(asyncio.run(run())):
        assert [one["name"] for one in answers] == [str(value)]
    assert model.seen == [8, 2]


def test_pictures_that_are_being_decoded_are_waited_for_and_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_queue, "GATHER", 60.0)
    model, decoding = Bright(), [2]

    async def run() -> None:
        queue = Queue(60, lambda: decoding[0])
        queue.start()
        each = [asked(queue, model, [grey(0)])[0]]
        await asyncio.sleep(0.02)
        each.append(asked(queue, model, [grey(1)])[0])
        while len(queue._pending) < 2:
            await asyncio.sleep(0)
        decoding[0] = 0
        await asyncio.gather(*each)
        queue.stop()

    asyncio.run(run())
    assert model.seen == [2]


def test_what_would_be_padded_stays_first_in_the_queue() -> None:
    one, other = Bright(), Bright()
    one.unit = 4  # type: ignore[attr-defined]

    async def run() -> None:
        queue = Queue(60)
        given = [(one, "abc"), (other, "x"), (one, "def"), (other, "y")]
        for model, names in given:
            for name in names:
                ticket = queue.admit()
                queue._put(Job(model, [Picture(name, b"")], PLAIN, ticket, asyncio.get_running_loop().create_future()))
        taken = [[job.pictures[0].name for job in queue._take()] for _ in range(4)]
        assert taken == [list("abcd"), list("ef"), list("xy"), []]

    asyncio.run(run())


def test_a_model_of_two_lanes_is_asked_by_two_threads_at_a_time_and_a_call_stays_alone() -> None:
    model = Bright(slow=0.05)
    model.unit, model.lanes = 4, 2
    inside, most, alone = 0, 0, list[int]()
    look, lock = model.look, threading.Lock()

    def counted(pictures: Any) -> Any:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            time.sleep(0.1 * any(one.name == "15" for one in pictures))  # the last one before the call
            return look(pictures)
        finally:
            with lock:
                inside -= 1

    model.look = counted  # type: ignore[method-assign]

    async def run() -> list[Any]:
        queue = Queue(60)
        queue.start()
        each = [asked(queue, model, [grey(value)])[0] for value in range(16)]
        await asyncio.sleep(0.02)
        called = asyncio.ensure_future(queue.call(lambda: alone.append(inside), queue.admit()))
        each += [asked(queue, model, [grey(value)])[0] for value in range(16, 24)]
        try:
            return (await asyncio.gather(*each, called))[:-1]
        finally:
            queue.stop()

    assert [one[0]["name"] for one in asyncio.run(run())] == [str(value) for value in range(24)]
    assert (max(model.seen), most, alone) == (4, 2, [0])


def test_a_large_request_is_answered_in_parts_and_in_order() -> None:
    model = Bright()

    async def run() -> Any:
        queue = Queue(60)
        queue.start()
        found = await asked(queue, model, [grey(value) for value in range(100)])[0]
        queue.stop()
        return found

    assert [one["name"] for one in asyncio.run(run())] == [str(value) for value in range(100)]
    assert max(model.seen) <= BATCH


def test_a_mistake_is_its_own_request_s_alone() -> None:
    async def run() -> list[Any]:
        queue = Queue(60)
        queue.start()
        model = Bright(slow=0.02)
        each = [asked(queue, model, [grey(k)], Want(explain="cam" if k == 3 else ""))[0] for k in range(8)]
        found = await asyncio.gather(*each, return_exceptions=True)
        queue.stop()
        return found

    found = asyncio.run(run())
    assert isinstance(found[3], OptionError)
    assert [one[0]["name"] for k, one in enumerate(found) if k != 3] == [str(k) for k in range(8) if k != 3]


def test_a_model_that_fails_fails_everybody_whom_it_was_asked_for_and_is_asked_again() -> None:
    model, wrong = Bright(), [True]
    look = model.look

    def fails(pictures: Any) -> Any:
        if wrong[0]:
            raise MemoryError("no room")
        return look(pictures)

    model.look = fails  # type: ignore[method-assign]

    async def run() -> list[Any]:
        queue = Queue(60)
        queue.start()
        each = [asked(queue, model, [grey(k)])[0] for k in range(5)]
        found = await asyncio.wait_for(asyncio.gather(*each, return_exceptions=True), 60)
        wrong[0] = False
        found += await asyncio.wait_for(asked(queue, model, [grey(9)])[0], 60)
        queue.stop()
        return found

    *lost, last = asyncio.run(run())
    assert [type(one) for one in lost] == [MemoryError] * 5
    assert last["name"] == "9"


def test_what_nobody_waits_for_never_reaches_the_model() -> None:
    model = Bright(slow=0.1)

    async def run() -> Queue:
        queue = Queue(0.3)
        queue.start()
        first, _ = asked(queue, model, [grey(1)])
        await asyncio.sleep(0.03)  # the model is busy with it
        left, ticket = asked(queue, model, [grey(2)])
        late, older = asked(queue, model, [grey(3)])
        ticket.gone, older.until = True, time.monotonic()
        await first
        for one in (left, late):
            with pytest.raises(Refused) as why:
                await one
            assert why.value.status == 503
        queue.stop()
        return queue

    queue = asyncio.run(run())
    assert model.seen == [1]
    assert (queue.left, queue.expired) == (1, 1)


def test_as_many_are_let_in_as_can_be_answered_in_time() -> None:
    async def run() -> None:
        queue = Queue(1.0)
        queue.each = 0.01
        assert queue.limit == 80
        tickets = [queue.admit() for _ in range(80)]
        with pytest.raises(Refused) as why:
            queue.admit()
        assert why.value.status == 503
        assert dict(why.value.headers)["retry-after"] == "1"
        for one in tickets[:40]:
            queue.arrived(one, 1, 0)
        for one in tickets[40:]:
            one.began -= FRESH  # slow uploads hold nobody up
        assert queue.waiting == 40
        assert queue.admit()
        with pytest.raises(Refused):
            queue.admit(0.2)  # its client would not wait so long
        queue.each = 10.0
        assert queue.limit == LEAST, "a slow model still answers somebody"
        with pytest.raises(Refused) as why:
            queue.admit()
        assert dict(why.value.headers)["retry-after"] == str(10 * queue.waiting), "when the others are answered"

    asyncio.run(run())


def test_the_seconds_a_picture_are_measured_while_there_is_work() -> None:
    model = Bright(slow=0.032)

    async def run() -> float:
        queue = Queue(60)
        queue.each = 1e-4
        queue.start()
        await asyncio.gather(*(asked(queue, model, [grey(1)], count=False)[0] for _ in range(40 * BATCH)))
        queue.stop()
        return queue.each

    assert 0.0009 < asyncio.run(run()) < 0.016, "32 ms for 32 pictures: 1 ms each, and what a busy machine takes"


def test_a_server_that_goes_down_lets_nobody_in() -> None:
    async def run() -> None:
        queue = Queue(1.0)
        queue.draining = True
        with pytest.raises(Refused) as why:
            queue.admit()
        assert dict(why.value.headers) == {"retry-after": "1", "connection": "close"}

    asyncio.run(run())


def coming(queue: Queue, read: int, seconds: float) -> tuple[Any, Body]:
    """An upload that was let in so many seconds ago, and so many bytes of its body."""

    async def nothing(*_: Any) -> Any:
        await asyncio.Event().wait()

    body = Body(nothing, nothing, Sizes(), 1 << 40)
    ticket = queue.admit(body=body)
    ticket.began, body.read = ticket.began - seconds, read
    return ticket, body


def test_where_uploads_are_too_many_the_slowest_gives_way() -> None:
    async def run() -> None:
        queue = Queue(1.0)
        queue.each = 1e-4
        many = [coming(queue, 1000 * (5 + k), 1.0) for k in range(UPLOADING - 2)]
        young, slowest = coming(queue, 0, 0.0), coming(queue, 9000, 2.0)
        last = coming(queue, 0, FRESH)[1]
        assert (queue.uploads, slowest[1].refused is not None) == (UPLOADING, True)
        assert slowest[1].refused is not None
        assert (slowest[1].refused.status, slowest[1].refused.headers) == (408, (("retry-after", "1"),))
        assert "9,000 bytes in 2." in slowest[1].refused.told
        assert slowest[0] not in queue.tickets
        many[0][0].uploading = False  # it is there, and waits: there is room again
        coming(queue, 1, 1.0)
        assert [one.refused for one in (last, young[1], many[1][1])] == [None] * 3
        for ticket, body in many:
            ticket.began, body.whole = ticket.began + 1, True
        young[1].whole = last.whole = True
        coming(queue, 0, 0.0)
        with pytest.raises(Refused):  # all others have just begun, or are whole
            queue.admit()

    asyncio.run(run())


def test_uploads_hold_so_much_together_and_the_largest_gives_way() -> None:
    async def run() -> None:
        queue = Queue(1.0)
        alone, large = coming(queue, 0, 1.0)
        large.read = HELD + 1
        queue.grew(alone)
        assert (large.refused, queue.held) == (None, HELD + 1), "nobody else wants the room"
        small, body = coming(queue, 0, 1.0)
        assert large.refused is not None, "somebody does"
        assert (large.refused.status, dict(large.refused.headers)["retry-after"]) == (503, "1")
        assert alone not in queue.tickets
        queue.arrived(small, 1, HELD)
        grown, more = coming(queue, HELD // UPLOADING, 1.0)
        queue.grew(grown)
        assert more.refused is None, "a small one is not looked at"
        more.read += 1
        queue.grew(grown)
        assert more.refused is not None
        assert body.refused is None
        small.held += 1
        with pytest.raises(Refused):
            queue.admit()  # what waits to be answered does not give way

    asyncio.run(run())


def test_a_body_that_is_cut_wakes_who_waits_for_it_and_is_answered_once() -> None:
    async def run() -> None:
        sent, ended = list[Any](), list[str]()

        async def never() -> Any:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("let go")

        async def send(message: Any) -> None:
            sent.append(message)

        body = Body(never, send, Sizes(idle=60, grace=60), 1000)
        waits = asyncio.ensure_future(body.receive())
        await asyncio.sleep(0.01)
        body.cut(Refused(408, "slowest"))
        body.cut(Refused(503, "later"))
        assert await asyncio.wait_for(waits, 60) == {"type": "http.disconnect"}
        assert await body.receive() == {"type": "http.disconnect"}
        await body.send({"type": "http.response.start", "status": 200})
        assert (sent, ended) == ([], ["let go"])
        assert body.refused is not None
        assert body.refused.told == "slowest"

    asyncio.run(run())

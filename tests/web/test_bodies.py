"""Bodies and refusals, message by message: what is read before an answer, and what after it."""

import asyncio
from typing import Any

import pytest

from linne.web.asgi import DRAINED, LINGERING, Refused, length, refuse
from linne.web.bodies import Bodies, Body, Sizes

WHY = Refused(413, "too large")


def told(declared: "int | None", chunk: int, chunks: int) -> tuple[list[str], list[tuple[bytes, bytes]]]:
    """(what was done, in order, and the headers) where a request with so long a body is refused."""
    done, headers, left = list[str](), list[Any](), chunks

    async def receive() -> Any:
        nonlocal left
        done.append("read")
        left -= 1
        return {"type": "http.request", "body": bytes(chunk), "more_body": left > 0}

    async def send(message: Any) -> None:
        done.append(message["type"].rpartition(".")[2])
        headers.extend(message.get("headers", ()))

    length = (b"transfer-encoding", b"chunked") if declared is None else (b"content-length", str(declared).encode())
    asyncio.run(refuse({"type": "http", "headers": [length]}, receive, send, WHY))  # type: ignore[arg-type]
    return done, headers


def test_a_small_body_is_read_first_and_its_connection_stays() -> None:
    done, headers = told(DRAINED, DRAINED // 2, 2)
    assert done == ["read", "read", "start", "body", "body"]
    assert (b"connection", b"close") not in headers


@pytest.mark.parametrize("declared", [DRAINED + 1, None])
def test_of_a_large_body_or_one_of_unknown_length_the_answer_comes_first(declared: "int | None") -> None:
    done, headers = told(declared, 1 << 20, 1000)
    assert done[:2] == ["start", "body"]
    assert done[-1] == "body"
    assert done.count("read") == 1 + LINGERING // (1 << 20), "and only so much is read away"
    assert (b"connection", b"close") in headers


def test_a_length_that_is_no_number_is_not_known() -> None:
    for told, found in ((b"12", 12), (b"", 0), (b"-1", -1), (b"1e3", -1), (b"\xb2", -1), (b"1, 2", -1)):
        assert length({"headers": [(b"content-length", told)]}) == found, told
    assert length({"headers": [(b"transfer-encoding", b"chunked")]}) == -1
    assert length({"headers": []}) == 0


async def nothing(*_: Any) -> Any:
    await asyncio.Event().wait()


@pytest.mark.parametrize("sizes", [Sizes(idle=0.02, grace=600), Sizes(idle=600, grace=0.02)])
def test_a_body_that_stops_is_cut_by_either_bound(sizes: Sizes) -> None:
    body = Body(nothing, nothing, sizes, 1000)
    assert asyncio.run(asyncio.wait_for(body.receive(), 60)) == {"type": "http.disconnect"}
    assert body.refused is not None
    assert (body.refused.status, body.refused.reason) == (408, "slow")


def test_a_mistake_of_the_program_is_no_refusal() -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("its own")

    scope = {"type": "http", "path": "/", "method": "POST", "headers": []}
    with pytest.raises(RuntimeError, match="its own"):
        asyncio.run(Bodies(fails)(scope, nothing, nothing))

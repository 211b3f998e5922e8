"""Random requests that fit an OpenAPI, and some that do not, by schemathesis: how many were sent, what came back."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

Answer = tuple[int, str, bytes]
"""Status, content type and body of an answer."""


def fuzzed(
    document: dict[str, Any], ask: Callable[[Any], Answer], cases: int, number: int = 0, allowed: tuple[int, ...] = ()
) -> dict[str, Any]:
    """At least `cases` requests by the operations of an OpenAPI document, three of ten of which break it.

    ask: sends a case of schemathesis. allowed: statuses from 500 on that are no fault of the server. Operations that
    take a body or parameters share what those without leave over.
    """
    import schemathesis

    schema = schemathesis.openapi.from_dict(document)
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # pyright: ignore[reportAttributeAccessIssue]
    told: dict[str, Any] = {"operations": len(operations), "cases": 0, "answers": Counter[int]()}
    told |= {"by_operation": Counter[str](), "server_errors": [], "not_in_the_openapi": Counter[str](), "no_json": []}
    rich = [one for one in operations if one.body or one.query or one.path_parameters]
    for one in operations:
        if one not in rich:
            _asked(one, 2, number, ask, told, allowed)
    turn = 0
    while told["cases"] < cases and turn < 10:
        for one in rich:
            _asked(one, -(-(cases - told["cases"]) // len(rich)) + 1, number + turn, ask, told, allowed)
            if told["cases"] >= cases:
                break
        turn += 1
    for name in ("answers", "by_operation", "not_in_the_openapi"):
        told[name] = dict(sorted(told[name].items()))
    return told


def _asked(
    operation: Any, count: int, number: int, ask: Callable[[Any], Answer], told: dict[str, Any], allowed: Any
) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from schemathesis import GenerationMode

    known = operation.definition.raw["responses"]

    def one(case: Any) -> None:
        status, kind, body = ask(case)
        told["cases"] += 1
        told["answers"][status] += 1
        told["by_operation"][f"{operation.method.upper()} {operation.path}"] += 1
        if status >= 500 and status not in allowed:
            told["server_errors"].append([case.method, case.path, status, repr(case.body)[:200]])
        if str(status) not in known and "default" not in known:
            told["not_in_the_openapi"][f"{status} of {operation.path}"] += 1
        if kind.startswith("application/json") and not _json(body):
            told["no_json"].append([case.method, case.path, status])

    for mode, share in ((GenerationMode.POSITIVE, 0.7), (GenerationMode.NEGATIVE, 0.3)):
        few = settings(max_examples=max(1, round(count * share)), deadline=None, database=None,
                       phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # type: ignore[arg-type] # fmt: skip
        try:
            seed(number)(few(given(case=operation.as_strategy(generation_mode=mode))(one)))()
        except Exception as error:  # nothing of this kind can be made of the operation
            if type(error).__name__ not in ("Unsatisfiable", "SkipTest"):
                raise


def _json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True

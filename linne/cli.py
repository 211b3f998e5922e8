"""The command line, read off the verbs' signatures and the recipe's fields. `--help` imports no torch.

Exit codes: 0 done; 1 done, but a gate that was asked for (--strict, --fail-on) is not passed; 2 a mistake that the
message says how to put right; 130 stopped by Ctrl-C, and the same command goes on.
"""

import importlib
import inspect
import json as jsonlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from cyclopts import App, CycloptsError, Parameter

from . import __version__
from .core.errors import LinneError, nearest
from .core.files import plain
from .core.leash import leash
from .core.lookup import names
from .core.recipe import Recipe

VERBS = Path(__file__).parent / "verbs"


def main(argv: list[str] | None = None) -> int:
    """Run a command line; the exit code."""
    words = sys.argv[1:] if argv is None else argv
    leash()
    try:
        return _app()(_worded(words), exit_on_error=False, print_error=False, result_action="return_value") or 0
    except CycloptsError as error:
        return _complain(_usage(error, words))
    except LinneError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: the same command goes on from here.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _worded(words: list[str]) -> list[str]:
    """The words, with what an option means in the place after it where no trick of its kind stands there."""
    command = next((word for word in words if not word.startswith("-")), "")
    bare = getattr(importlib.import_module(f"linne.verbs.{command}"), "BARE", {}) if command in verbs() else {}
    out: list[str] = []
    for word, follows in zip(words, [*words[1:], "-"], strict=True):
        kind = word.removeprefix("--")
        out.append(word)
        named = kind in bare and re.split(r"\W", follows)[0] in names(kind)
        if word == f"--{kind}" and kind in bare and not named and (follows[:1] == "-" or Path(follows).exists()):
            out.append(bare[kind])
    return out


def verbs() -> list[str]:
    """The commands: the files of `linne/verbs`."""
    return sorted(path.stem for path in VERBS.glob("*.py") if path.stem[0] != "_")


def _app() -> App:
    app = App(
        name="linne",
        help="A folder of pictures in, an honest image classifier out.",
        version=__version__,
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    for name in verbs():
        module = importlib.import_module(f"linne.verbs.{name}")
        options = getattr(module, "OPTIONS", Recipe)
        settings = getattr(module, "SETTINGS", tuple(each.name for each in fields(options)))
        app.command(_command(getattr(module, name), options, settings), name=name)
    app.register_install_completion_command(name="--install-completion")
    return app


def _command(verb: Callable[..., Any], options: type, settings: tuple[str, ...]) -> Callable[..., int]:
    """The verb with --json and --quiet, and in the place of its **settings those fields of `options`, the recipe's say,
    that it uses."""
    taken = list(inspect.signature(verb).parameters.values())
    open_ended = any(p.kind is p.VAR_KEYWORD for p in taken)
    params = _several([_plain(p) for p in taken if p.kind is not p.VAR_KEYWORD and p.name != "log"])
    if open_ended:
        used = [each for each in fields(options) if each.name in settings]
        params += [_flag(each.name, type(each.default), each.metadata["help"], each.default) for each in used]
    params.append(_switch("json", "print JSON for a machine, nothing else, on the standard output"))
    logs = any(p.name == "log" for p in taken)
    if logs:
        params.append(_switch("quiet", "say nothing while working"))

    def run(*args: Any, json: bool = False, quiet: bool = False, **options: Any) -> int:
        from .engine.log import Log

        given = {name: value for name, value in options.items() if value is not None}
        return _show(verb(*args, **given, **({"log": Log(quiet)} if logs else {})), json)

    run.__doc__ = verb.__doc__
    run.__signature__ = inspect.Signature(params)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in params}
    return run


def _plain(given: inspect.Parameter) -> inspect.Parameter:
    """A parameter as a command line can give it: what may be an object of ours in Python is a word here."""
    words = {str, int, float, bool, Path, type(None)}
    kinds = set(get_args(given.annotation)) or {given.annotation}
    if kinds <= words and not {str, Path} <= kinds:
        return given
    if any(get_origin(kind) is Sequence for kind in kinds):
        return given.replace(annotation=list[str])
    return given.replace(annotation=str | None if given.default is None else str)


def _several(params: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """Where the first parameter takes several words, those without a name go by place alone: the last words are then
    the others', as in `cp a b c folder`."""
    if not params or params[0].annotation != list[str]:
        return params
    return [p.replace(kind=p.POSITIONAL_ONLY) if p.kind is p.POSITIONAL_OR_KEYWORD else p for p in params]


def _flag(name: str, kind: type, text: str, default: Any) -> inspect.Parameter:
    shown = f"{text} (default: {default})" if default not in ("", 0) else text
    annotation = Annotated[kind | None, Parameter(help=shown, show_default=False, negative="")]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _switch(name: str, text: str) -> inspect.Parameter:
    annotation = Annotated[bool, Parameter(help=text, negative="")]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)


def _show(value: Any, json: bool) -> int:
    """Print what a verb gave, and the exit code that its gate asks for."""
    if json:
        print(jsonlib.dumps(plain(value.data()), ensure_ascii=False, indent=1))
    else:
        print(value.text())
    gate = getattr(value, "gate", "")
    if gate:
        print(gate, file=sys.stderr)
    return 1 if gate else 0


def _usage(error: CycloptsError, words: list[str]) -> str:
    """What was misspelt and the nearest right word, in one line."""
    text = " ".join(str(error).split())
    command = next((word for word in words if not word.startswith("-")), "")
    if command and command not in verbs():
        return f"There is no command {command!r}. {nearest(command, verbs())} See: linne --help"
    text = text.replace("parameter RUN requires an argument", "takes RUN, one or several, and then IMAGES")
    return f"{text} See: linne {command} --help".replace("  ", " ")


def _complain(text: str) -> int:
    """Say what was wrong; one of several processes leaves that to the one that started them, and is not tried again."""
    if fault := os.environ.get("LINNE_FAULT"):
        Path(fault).write_text(text, encoding="utf-8")
        return 0
    print(f"linne: {text}", file=sys.stderr)
    return 2

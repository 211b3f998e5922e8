"""The errors a person may meet, each with what came, what is allowed and the nearest fix.

LinneError              anything a person can put right; printed without a traceback
├── InputError          pictures, labels or tables that cannot be used as they are
│   └── Unreadable      one picture that cannot be decoded (its reason travels with its row)
├── OptionError         a trick, option, column or class by a name or value that is not there
├── RunError            a run's folder that is finished, different, damaged or cannot be written
└── MissingExtra        a name from an extra that is not installed, with the command that installs it
"""

import difflib
from collections.abc import Iterable


class LinneError(Exception):
    """Something that a person can put right. `str(error)` is the whole message."""


class InputError(LinneError):
    """Pictures, labels or tables that cannot be used as they are."""


class Unreadable(InputError):
    """One picture that cannot be decoded; `reason` is short enough for a table."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OptionError(LinneError):
    """A trick, option, column or class by a name or a value that is not there."""


class RunError(LinneError):
    """A run's folder that is finished, different, damaged or cannot be written."""


class MissingExtra(LinneError):
    """A name from an extra that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra that is not installed. Install it with: pip install 'linne[{extra}]'")
        self.extra = extra


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A sentence that names the nearest of `allowed`, or lists them when none is near."""
    options = sorted(map(str, allowed))
    lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(str(word).lower(), list(lower), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {lower[close[0]]!r}?"
    if not options:
        return "There are none."
    shown = ", ".join(options[:20]) + (f", ... ({len(options)} in all)" if len(options) > 20 else "")
    return f"Allowed: {shown}."

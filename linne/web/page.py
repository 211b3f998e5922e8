"""One HTML page from a template: style inside, named by hash in its policy; two languages by two radio buttons."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from ..core.errors import OptionError, nearest
from .words import both

HOME = Path(__file__).parent
LANGUAGES = ("en", "zh")


def page(template: str, lang: str, **shown: Any) -> str:
    """The template's page with the style of the report, without a script. Raises OptionError for another language."""
    from markupsafe import Markup

    css = squeezed((HOME / "report.css").read_text(encoding="utf-8"))
    said = {"both": lambda *args, **values: Markup(both(*args, **values))}
    return environment(lang).get_template(template).render(
        lang=lang, css=Markup(css), css_hash=hashed(css), **said, **shown
    )  # fmt: skip


def environment(lang: str) -> Any:
    """Where templates come from: everything from outside is escaped, and a name that is not there is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if lang not in LANGUAGES:
        raise OptionError(f"lang={lang!r} is not there. {nearest(lang, LANGUAGES)}")
    home = FileSystemLoader(HOME)
    return Environment(autoescape=True, loader=home, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def hashed(source: str) -> str:
    """How a content security policy names a style or a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def squeezed(source: str) -> str:
    """Without indents, empty lines and CSS comments."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))

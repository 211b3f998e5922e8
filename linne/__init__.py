"""Linne: a folder of pictures in, an honest image classifier out.

Every public name is loaded on first use, so that `import linne` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "load": "core.load", "Images": "core.images", "Recipe": "core.recipe", "Run": "core.run",
    "Predictions": "core.predictions", "Finding": "core.finding", "LinneError": "core.errors",
    "find": "core.lookup", "names": "core.lookup",
    "train": "verbs.train", "check": "verbs.check", "predict": "verbs.predict", "evaluate": "verbs.evaluate",
    "compare": "verbs.compare", "curve": "verbs.curve", "report": "verbs.report", "monitor": "verbs.monitor",
    "suggest": "verbs.suggest",
    "demo": "verbs.demo", "ImageClassifier": "estimator",
    "ablate": "verbs.ablate", "search": "verbs.search", "episodes": "verbs.episodes",
    "synthesize": "verbs.synthesize", "recognition": "verbs.recognition",
    "export": "verbs.export", "verify": "verbs.verify", "Bundle": "engine.bundle",
    "Gallery": "engine.gallery", "enrol": "verbs.enrol", "identify": "verbs.identify", "same": "verbs.same",
}  # fmt: skip

__all__ = [
    "Bundle",
    "Finding",
    "Gallery",
    "ImageClassifier",
    "Images",
    "LinneError",
    "Predictions",
    "Recipe",
    "Run",
    "ablate",
    "check",
    "compare",
    "curve",
    "demo",
    "enrol",
    "episodes",
    "evaluate",
    "export",
    "find",
    "identify",
    "load",
    "monitor",
    "names",
    "predict",
    "recognition",
    "report",
    "same",
    "search",
    "suggest",
    "synthesize",
    "train",
    "verify",
]

if TYPE_CHECKING:
    from .core.errors import LinneError
    from .core.finding import Finding
    from .core.images import Images
    from .core.load import load
    from .core.lookup import find, names
    from .core.predictions import Predictions
    from .core.recipe import Recipe
    from .core.run import Run
    from .engine.bundle import Bundle
    from .engine.gallery import Gallery
    from .estimator import ImageClassifier
    from .verbs.ablate import ablate
    from .verbs.check import check
    from .verbs.compare import compare
    from .verbs.curve import curve
    from .verbs.demo import demo
    from .verbs.enrol import enrol
    from .verbs.episodes import episodes
    from .verbs.evaluate import evaluate
    from .verbs.export import export
    from .verbs.identify import identify
    from .verbs.monitor import monitor
    from .verbs.predict import predict
    from .verbs.recognition import recognition
    from .verbs.report import report
    from .verbs.same import same
    from .verbs.search import search
    from .verbs.suggest import suggest
    from .verbs.synthesize import synthesize
    from .verbs.train import train
    from .verbs.verify import verify


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'linne' has no attribute {name!r}")
    value = getattr(import_module(f"linne.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

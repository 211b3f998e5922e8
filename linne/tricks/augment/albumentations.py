"""albumentations: any pipeline of Albumentations 2.0.8 (Buslaev et al. 2020, arXiv:1809.06839) from a dict or file."""

import json
import os
import threading
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import InputError, MissingExtra, OptionError, nearest

_KEPT = threading.local()
"""A thread's own pipelines by what was given: they hold their generators, so no two rows may share one at a time."""


def albumentations(image: np.ndarray, rng: np.random.Generator, *, pipeline: "str | dict[str, Any]" = "") -> np.ndarray:
    """`image`, uint8 (H, W, 3), through a pipeline as `albumentations.to_dict` or `save` wrote it; uint8 (h, w, 3) out.

    pipeline: the path of a JSON file, or the dict itself. Every call seeds it anew from `rng`: left to itself it draws
    the same in every worker and epoch (AlbumentationsX issue 266). Normalising and turning into a tensor are not its
    part: InputError for what is no such picture afterwards. Raises MissingExtra without the extra `albumentations`,
    OptionError for a file, transform or argument that is not there.
    """
    key = pipeline if isinstance(pipeline, str) else json.dumps(pipeline, sort_keys=True)
    kept = vars(_KEPT).setdefault("pipelines", {})
    if key not in kept:
        kept[key] = _built(pipeline)
    kept[key].set_random_seed(int(rng.integers(2**32)))
    out = kept[key](image=np.ascontiguousarray(image))["image"]
    if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.ndim != 3 or out.shape[2] != 3:
        what = f"{out.shape} of {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
        raise InputError(
            f"albumentations: the pipeline gave {what}, expected (H, W, 3) of uint8. Drop Normalize and ToTensorV2."
        )
    return out


def _built(given: "str | dict[str, Any]") -> Any:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # its import asks the network for a newer version otherwise
    try:
        library: Any = import_module("albumentations")
        known = import_module("albumentations.core.serialization").SERIALIZABLE_REGISTRY
    except ImportError as error:
        raise MissingExtra("The augmentation 'albumentations'", "albumentations") from error
    told = _read(given) if isinstance(given, str) else given
    for name in _classes(told):
        if name not in known:
            raise OptionError(f"albumentations: there is no transform {name!r}. {nearest(name, map(str, known))}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # an argument that it does not know is a warning there
            return library.Compose([library.from_dict(told)])
    except Exception as error:
        raise OptionError(f"albumentations: the pipeline cannot be built: {error}") from error


def _read(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OptionError(
            f"albumentations: pipeline={path!r} is no JSON file that can be read ({error}). "
            "Write one with albumentations.save(pipeline, 'pipeline.json')."
        ) from error


def _classes(told: Any) -> list[str]:
    """Every `__class_fullname__` in nested dicts and lists."""
    if isinstance(told, (list, tuple)):
        return [name for part in told for name in _classes(part)]
    if not isinstance(told, dict):
        return []
    own = [told["__class_fullname__"]] if isinstance(told.get("__class_fullname__"), str) else []
    return own + [name for part in told.values() for name in _classes(part)]

"""huggingface: `hf:owner/name` from the Hub (asking is the leave to go there), or a `save_to_disk` folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, MissingExtra, OptionError, nearest
from linne.core.images import Images

from ._cells import Table, joined
from ._say import about_files, some, split_of
from ._table import images_of

prefix = "hf:"
holds = ("dataset_dict.json", "dataset_info.json")


def huggingface(
    path: "str | Path", *, config: str = "", split: str = "", image: str = "", label: str = "", revision: str = ""
) -> Images:
    """Pictures of a Hugging Face data set, not decoded by it; its class names are kept (needs the extra `huggingface`).

    path: owner/name on the Hub, or a folder written by `save_to_disk`. config, revision: which variant and version of a
    set on the Hub. split: one split of it ("train", "train[:500]"); all that are train, validation or test otherwise.
    image, label: the columns where they are not the usual ones. Raises InputError where it cannot be had.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("a Hugging Face data set", "huggingface") from error
    local = Path(path).is_dir()
    if local and (config or revision):
        raise OptionError("config and revision choose among sets on the Hub; a folder has none. Leave them away.")
    try:
        if local:
            found = datasets.load_from_disk(str(path))
        else:
            found = datasets.load_dataset(str(path), config or None, split=split or None, revision=revision or None)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"hf:{path} cannot be loaded: {str(error).splitlines()[0]}") from error
    parts: dict[Any, Any] = {split: found} if isinstance(found, datasets.Dataset) else dict(found)  # type: ignore[arg-type]
    splits = {str(name): part for name, part in parts.items()}
    if local and split:
        splits = _chosen(splits, split)
    known = {name: part for name, part in splits.items() if split_of(_word(name))} or splits
    table = joined([_table(part, _word(name), image, f"{path}:{name}") for name, part in known.items()], str(path))
    left = sorted(set(splits) - set(known))
    why = f"the splits {some(left)} left out: none is train, validation or test."
    table.findings += about_files("other splits", "medium", left, why, f"Say split={left[:1]} to load that one.")
    return images_of(table, Path(path) if local else Path("."), {"image": image, "label": label})


def _word(name: str) -> str:
    return name.partition("[")[0]


def _chosen(splits: dict[str, Any], split: str) -> dict[str, Any]:
    if split not in splits:
        raise OptionError(f"there is no split {split!r}. {nearest(split, [name for name in splits if name])}")
    return {split: splits[split]}


def _table(part: Any, name: str, image: str, place: str) -> Table:
    """A split as columns: pictures lazy and encoded, class numbers as names, everything else as values."""
    import datasets

    columns, classes = {}, {}
    for column, feature in part.features.items():
        if isinstance(feature, datasets.Image):
            columns[column] = Encoded(part.cast_column(column, datasets.Image(decode=False)), column)
        elif isinstance(feature, (datasets.Value, datasets.ClassLabel)):
            columns[column] = part.with_format(None)[column][:]
            if isinstance(feature, datasets.ClassLabel):
                classes[column] = feature.names
    if image and image not in columns:
        raise OptionError(f"hf:{place} has no column {image!r}. {nearest(image, columns)}")
    if split_of(name) and "split" not in columns:
        columns["split"] = [split_of(name)] * len(part)
    return Table(columns, place, classes=classes)


class Encoded(Sequence[Any]):
    """The encoded pictures of a column, read from the data set's Arrow files when asked for."""

    lazy = True

    def __init__(self, part: Any, column: str) -> None:
        self.part, self.column = part.select_columns([column]), column

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        value = self.part[place][self.column]
        return value["bytes"] or Path(value["path"] or "")

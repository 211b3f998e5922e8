"""groups: proposals from names, folders and EXIF with the exact option; none from names that say nothing."""

import uuid
from collections.abc import Callable

import numpy as np
import pytest

from linne.core.groups import group_of
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.check._names import blocks, patterns
from linne.tricks.check.groups import groups

N, VIDEOS = 360, 36


def scene(name: Callable[[int, int], str], pull: float = 3.0, seed: int = 0) -> tuple[Images, np.ndarray, np.ndarray]:
    """(images, features, video): ten pictures of each of 36 videos, three classes; `pull` is how much a video's
    pictures resemble one another. name: (video, frame) to a file name."""
    draw = np.random.default_rng(seed)
    video = np.arange(N) // 10
    labels = video % 3
    features = (
        draw.normal(size=(3, 40))[labels] + pull * draw.normal(size=(VIDEOS, 40))[video] + draw.normal(size=(N, 40))
    )
    names = [f"c{labels[row]}/{name(int(video[row]), row % 10)}" for row in range(N)]
    images = Images.of([b""] * N, [f"c{label}" for label in labels], names=names)
    return images, features.astype(np.float32), video


def name_of_nothing(video: int, frame: int) -> uuid.UUID:
    return uuid.UUID(bytes=np.random.default_rng([video, frame]).bytes(16))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (lambda video, frame: f"vid{video}_{frame:04d}.jpg", r"(vid\d+)_"),
        (lambda video, frame: f"{video:03d}-{frame}.png", r"(\d+)-"),
        (lambda video, frame: f"patient{video}_img_{frame}.jpg", r"(patient\d+)_"),
        (lambda video, frame: f"IMG_{20210101 + video}_{100000 + frame * 7}.jpg", r"(IMG_\d+)_"),
        (lambda video, frame: f"p{video}{'ab'[frame % 2]}{frame}.jpg", None),
    ],
)
def test_names_of_videos_are_proposed_with_a_pattern_that_works(made, name, option: str | None) -> None:
    images, features, video = scene(name)
    (found,) = groups(images, made(N), features, rng(0))
    assert found.kind == "possible groups"
    if option:
        assert found.details["option"] == f"--group '{option}'"
    spec = found.details["option"].removeprefix("--group ").strip("'")
    assert same(group_of(images, spec), video)
    assert len(found.rows) == N


def test_figures_side_by_side_show_what_the_group_gives_away(made) -> None:
    images, features, _ = scene(lambda video, frame: f"vid{video}_{frame:04d}.jpg")
    (found,) = groups(images, made(N), features, rng(0))
    assert found.severity == "high"
    random, grouped, gap = (found.details[name] for name in ("random", "grouped", "difference"))
    assert random[0] - grouped[0] == pytest.approx(gap[0])
    assert gap[1] > 0.03
    assert random[0] > 0.9 > grouped[0]
    assert found.details["by"] == "features"


def test_groups_that_give_nothing_away_are_of_low_severity(made) -> None:
    images, features, _ = scene(lambda video, frame: f"vid{video}_{frame:04d}.jpg", pull=0.0)
    (found,) = groups(images, made(N), features, rng(0))
    assert found.severity == "low"
    assert found.details["difference"][1] <= 0


def test_without_features_colours_are_looked_at(made) -> None:
    images, _, video = scene(lambda video, frame: f"vid{video}_{frame:04d}.jpg")
    facts = made(N)
    facts.small[:] = np.random.default_rng(0).integers(0, 256, (VIDEOS, 8, 8, 3))[video]
    (found,) = groups(images, facts, None, rng(0))
    assert (found.details["by"], found.severity) == ("8x8 colours", "high")


@pytest.mark.parametrize(
    "name",
    [
        lambda video, frame: f"{name_of_nothing(video, frame)}.jpg",
        lambda video, frame: f"{np.random.default_rng([video, frame]).bytes(8).hex()}.jpg",
        lambda video, frame: f"image_{(video * 10 + frame) * 7919 % 360:05d}.jpg",
        lambda video, frame: f"n{video % 3:08d}_{video * 10 + frame}.jpg",
        lambda video, frame: f"{('cat', 'dog', 'cow')[video % 3]}.{video * 10 + frame}.jpg",
    ],
    ids=["uuid", "hash", "scattered", "imagenet", "class"],
)
def test_names_that_say_nothing_or_only_the_class(made, name) -> None:
    images, features, _ = scene(name, pull=0.0)
    assert groups(images, made(N), features, rng(0)) == []


def test_numbers_in_a_row_are_told_only_where_they_matter(made) -> None:
    def name(video: int, frame: int) -> str:
        return f"IMG_{video * 10 + frame:04d}.jpg"

    images, features, video = scene(name)
    (found,) = groups(images, made(N), features, rng(0))
    spec = found.details["option"].removeprefix("--group ").strip("'")
    assert same(group_of(images, spec), video)
    assert found.severity == "high"
    images, features, _ = scene(name, pull=0.0)
    assert groups(images, made(N), features, rng(0)) == []


def test_folders_below_the_class(made) -> None:
    images, features, video = scene(lambda video, frame: f"day{video}/{name_of_nothing(video, frame)}.jpg")
    (found,) = groups(images, made(N), features, rng(0))
    assert found.details["option"] == "--group parent"
    assert same(group_of(images, "parent"), video)


def test_bursts_by_exif(made) -> None:
    images, features, video = scene(lambda video, frame: f"{name_of_nothing(video, frame)}.jpg")
    taken = 1.6e9 + 86_400 * video + np.arange(N) % 10
    facts = made(N, taken=taken, camera=b"X 100")
    (found,) = groups(images, facts, features, rng(0))
    assert found.details["option"] == "--group exif"
    assert same(group_of(images, "exif", facts), video)


def test_groups_that_are_known_are_not_proposed(made) -> None:
    images, features, video = scene(lambda video, frame: f"vid{video}_{frame:04d}.jpg")
    images.group[:] = [f"v{number}" for number in video]
    assert groups(images, made(N), features, rng(0)) == []


def test_one_session_a_class_is_no_proposal(made) -> None:
    """Grouping by it would leave nothing of a class on one side."""
    images, features, video = scene(lambda video, frame: f"s{video % 3}_{video * 10 + frame}.jpg")
    facts = made(N, taken=1.6e9 + 86_400 * (video % 3) + np.arange(N))
    assert [one for one in groups(images, facts, features, rng(0)) if one.details["option"] == "--group exif"] == []


def test_patterns_of_names() -> None:
    names = np.array([f"a/cam{1 + row % 2}_day{row % 7}_{row:03d}.jpg" for row in range(70)], dtype=object)
    assert [one[1] for one in patterns(names)] == [r"(cam\d+)_", r"(cam\d+_day)\d+", r"(cam\d+_day\d+)_"]
    assert [one[0] for one in blocks(names)] == [
        r"(cam\d+_day\d+_\d*)\d\d\.",
        r"(cam\d+_day\d+_\d*)\d\.",
    ]
    assert list(patterns(np.array(["x", "1", "a1", "b-2"], dtype=object))) == []
    assert list(patterns(np.array([], dtype=object))) == []

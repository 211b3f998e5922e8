"""Names that other tools write, as paths below one folder."""

import pytest

from linne.core.inside import parts, placed, unloaded


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("cat/a.jpg", ("cat", "a.jpg")),
        ("./cat//a.jpg", ("cat", "a.jpg")),
        ("cat\\a.jpg", ("cat", "a.jpg")),
        ("/home/ann/cat/a.jpg", ("home", "ann", "cat", "a.jpg")),
        ("C:\\pictures\\a.jpg", ("C:", "pictures", "a.jpg")),
        ("/data/local-files/?d=shop/c%20d/a%2Bb.jpg", ("shop", "c d", "a+b.jpg")),
        ("/data/upload/3/0f1e2d3c-a%20b.jpg", ("0f1e2d3c-a b.jpg",)),
        ("/data/local-files/?d=a & b/c.jpg", ("a & b", "c.jpg")),
        ("http://host:8080/data/local-files/?d=a%3Fb/c.jpg", ("a?b", "c.jpg")),
        ("s3://bucket/k%20y/a?.jpg", ("bucket", "k%20y", "a?.jpg")),
        ("https://example.com/x/a%20b.jpg?size=2#top", ("example.com", "x", "a b.jpg")),
        ("100%.jpg", ("100%.jpg",)),
    ],
)
def test_parts(written: str, steps: tuple[str, ...]) -> None:
    assert parts(written) == steps


@pytest.mark.parametrize(
    "written",
    [
        "", "/", ".", "../a.jpg", "cat/../../a.jpg", "cat\\..\\a.jpg", "/data/local-files/?d=../etc/passwd",
        "/data/local-files/?d=%2e%2e/secret", "/data/local-files/?d=", "https://h/%2e%2e/%2e%2e/etc/passwd",
        "a\0b.jpg", "a\nb.jpg", "http://[::1", "/data/upload/1/..",
    ],
)  # fmt: skip
def test_what_leads_out_is_no_name(written: str) -> None:
    assert parts(written) is None


def test_shared_folders_are_left_away_as_most_names_fit() -> None:
    there = {"cat/a.jpg", "dog/a.jpg", "x/1.jpg"}
    tell = there.__contains__
    assert placed(["cat/a.jpg", "dog/a.jpg"], tell) == ["cat/a.jpg", "dog/a.jpg"]
    far = ["/data/local-files/?d=shop/cat/a.jpg", "/data/local-files/?d=shop/dog/a.jpg"]
    assert placed(far, tell) == ["cat/a.jpg", "dog/a.jpg"]
    assert placed(["/a/b/cat/a.jpg", "/a/b/dog/gone.jpg"], tell) == ["cat/a.jpg", "dog/gone.jpg"]
    assert placed(["cat/a.jpg", "../dog/a.jpg"], tell) == ["cat/a.jpg", None]
    assert placed([], tell) == []


def test_steps_that_differ_are_kept() -> None:
    """gone/1.jpg is never taken for x/1.jpg."""
    assert placed(["gone/1.jpg", "x/1.jpg"], {"x/1.jpg", "1.jpg"}.__contains__) == ["gone/1.jpg", "x/1.jpg"]


def test_uploads() -> None:
    assert unloaded("0f1e2d3c-a.jpg") == "a.jpg"
    assert unloaded("0f1e2d3c-") == "0f1e2d3c-"
    tell = {"a.jpg", "0f1e2d3c-b.jpg"}.__contains__
    names = ["/data/upload/1/aaaaaaaa-a.jpg", "/data/upload/1/0f1e2d3c-b.jpg"]
    assert placed(names, tell) == ["a.jpg", "0f1e2d3c-b.jpg"]

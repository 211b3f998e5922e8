"""unreadable: each fault is named, counted over the right rows, and grows severe with its share."""

import numpy as np

from linne.core.images import Images
from linne.tricks.check.unreadable import unreadable


def kinds(found):
    return {one.kind: one for one in found}


def test_nothing_to_say_of_ordinary_pictures(made) -> None:
    assert unreadable(Images.of([b""] * 30), made(30)) == []


def test_reasons_are_told_and_severity_follows_the_share(made) -> None:
    reasons = np.full(100, b"", "S160")
    reasons[[3, 50]] = b"not a picture", b"cut off"
    images = Images.of([b""] * 100)
    few = kinds(unreadable(images, made(100, reason=reasons)))["unreadable"]
    assert (few.severity, few.rows) == ("medium", (3, 50))
    assert few.details["reasons"] == ["not a picture", "cut off"]
    assert "2 of 100 pictures (2.0 %)" in few.why
    assert kinds(unreadable(images, made(100, reason=reasons), most=0.01))["unreadable"].severity == "high"
    reasons[:6] = b"not a picture"
    assert kinds(unreadable(images, made(100, reason=reasons)))["unreadable"].severity == "high"


def test_truncated_come_worst_first(made) -> None:
    missing = np.zeros(20, np.float32)
    missing[[4, 9, 15]] = 0.02, 0.08, 0.05
    found = kinds(unreadable(Images.of([b""] * 20), made(20, missing_share=missing)))
    assert set(found) == {"truncated"}
    assert found["truncated"].rows == (9, 15, 4)
    assert "8.0 %" in found["truncated"].why


def test_conversions_are_counted_apart(made) -> None:
    n = 20
    mode = np.full(n, b"RGB", "S8")
    mode[:3], mode[3], mode[4:6] = b"CMYK", b"I;16", b"L"
    wrong, alpha = np.zeros((2, n), bool)
    wrong[7], alpha[8] = True, True
    frames, orientation = np.ones((2, n), int)
    frames[9:11], orientation[12] = 5, 6
    facts = made(n, mode=mode, suffix_wrong=wrong, alpha=alpha, frames=frames, orientation=orientation)
    found = kinds(unreadable(Images.of([b""] * n), facts))
    rows = {kind: one.rows for kind, one in found.items()}
    assert rows == {
        "wrong extension": (7,),
        "transparent": (8,),
        "animated": (9, 10),
        "deep": (3,),
        "CMYK": (0, 1, 2),
        "rotated": (12,),
        "grey among colour": (4, 5),
    }
    assert {one.severity for one in found.values()} == {"low"}


def test_grey_pictures_alone_and_unreadable_misnamed_ones_are_no_news(made) -> None:
    facts = made(10, mode=b"L")
    assert unreadable(Images.of([b""] * 10), facts) == []
    facts = made(10, reason=b"text", suffix_wrong=True)
    assert set(kinds(unreadable(Images.of([b""] * 10), facts))) == {"unreadable"}

"""Parts of a long table: what tells two plans, and two states of a picture, apart."""

import os
from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import RunError
from linne.core.images import Images
from linne.engine.parts import PLAN, Parts, listing, outside


def test_names_in_another_order_or_cut_elsewhere_are_another_listing() -> None:
    assert listing(["ab", "c"]) == listing(["ab", "c"])
    assert len({listing(one) for one in (["ab", "c"], ["a", "bc"], ["c", "ab"], ["abc"], ["ab", "c", ""])}) == 5


def test_a_file_is_told_by_its_size_and_time_and_by_being_gone(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.jpg", list[str]()
    for size, time in ((2, 5), (3, 5), (3, 1)):
        path.write_bytes(bytes(size))
        os.utime(path, ns=(time, time))
        seen.append(outside([path], [0]))
    path.unlink()
    seen.append(outside([path], [0]))
    assert len(set(seen)) == 4
    assert "" not in seen
    assert outside([b"bytes"], [0]) == "", "nothing is known of what lies in memory"


def test_rows_of_a_share_of_pictures_are_their_own(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * (1 + ord(name)))
    whole = Images.of([tmp_path / name for name in "abc"])
    some = whole.take(np.array([2, 0]))
    assert outside(some.items, [0]) == outside(whole.items, [2]) != outside(whole.items, [0])


def test_a_folder_of_another_plan_or_of_a_damaged_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("")
    plan = {"asked": {"coverage": 0.9}}
    assert Parts(tmp_path, 20, 10, plan).count == Parts(tmp_path, 20, 10, plan).count == 2
    with pytest.raises(RunError, match="differs in asked, more"):
        Parts(tmp_path, 20, 10, {"asked": {}, "more": 1})
    (tmp_path / PLAN).write_text('{"rows": 20,')
    with pytest.raises(RunError, match=r"is damaged.*another --out"):
        Parts(tmp_path, 20, 10, plan)

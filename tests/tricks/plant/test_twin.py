"""twin: part of a class moves to a name that differs in case alone."""

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.twin import twin

IMAGES = Images.of([b""] * 50, ["hat"] * 30 + ["Shoe"] * 20)


def test_the_new_class_comes_last_with_its_share() -> None:
    found = twin(IMAGES, rng(0), target="hat", share=0.2)
    assert found.classes == ("Shoe", "hat", "Hat")
    assert found.counts().tolist() == [20, 24, 6]
    assert ((found.labels != IMAGES.labels) == (found.columns["planted"] == "twin")).all()


def test_names_that_begin_with_a_capital() -> None:
    assert twin(IMAGES, rng(0), target="Shoe").classes[-1] == "SHOE"


def test_a_name_without_case_and_one_that_is_not_there() -> None:
    with pytest.raises(InputError, match="twin"):
        twin(Images.of([b""] * 9, ["12"] * 9), rng(0))
    with pytest.raises(OptionError, match="hat"):
        twin(IMAGES, rng(0), target="hot")

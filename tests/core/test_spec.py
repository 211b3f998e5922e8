from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linne.core.errors import OptionError
from linne.core.spec import PARSING, Spec, chain, parse

VALUES = st.one_of(
    st.integers(-999, 999),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.booleans(),
    st.none(),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
WORDS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


def test_the_grammar_of_the_architecture() -> None:
    assert parse("flip,rotate(15),noise(std=.1)") == [
        Spec("flip"),
        Spec("rotate", (15,)),
        Spec("noise", (), (("std", 0.1),)),
    ]
    assert parse("hf:owner/name")[0].name == "hf:owner/name"
    assert parse("table(a b.csv, delimiter=';', split=None)")[0] == Spec(
        "table", ("a b.csv",), (("delimiter", ";"), ("split", None))
    )
    assert parse("pad(fill=(1, 2), mode=edge)")[0].options == (("fill", (1, 2)), ("mode", "edge"))


@given(WORDS, st.lists(VALUES, max_size=3), st.dictionaries(WORDS, VALUES, max_size=3))
def test_what_is_written_reads_back(name: str, args: list, options: dict) -> None:
    spec = Spec(name, tuple(args), tuple(options.items()))
    assert parse(str(spec)) == [spec]
    assert parse(f"{spec},{spec}") == [spec, spec]


@pytest.mark.parametrize("text", ["flip,", "rotate(15", "rotate)15(", "rotate(15)x", "", "noise(std=1, 2)", "a('b)"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(OptionError):
        parse(text)


def test_a_chain_from_strings_lists_and_callables() -> None:
    def mine(image: object) -> object:
        return image

    assert chain("flip,rotate(15)") == chain(["flip", "rotate(15)"]) == [Spec("flip"), Spec("rotate", (15,))]
    assert chain([mine, "flip"]) == [mine, Spec("flip")]
    assert chain(None) == []


def test_one_thread_at_a_time_parses() -> None:
    """Python 3.11's parser counts its depth for all threads together, and fails where another one comes between."""
    with ThreadPoolExecutor(1) as threads:
        with PARSING:
            asked = threads.submit(parse, "blur(2)")
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.2)
        assert asked.result(timeout=30) == [Spec("blur", (2,))]

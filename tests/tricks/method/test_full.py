"""full: who learns in which stage, and that layers before them stand still."""

from typing import Any

import pytest
import torch
from toys import Net, clusters, even, learn, make

from linne.core.errors import OptionError


class Watch:
    """The network's state at the end of each stage."""

    def __init__(self, *at: int) -> None:
        self.at, self.states = at, [Net(10, bn=True).state_dict()]

    def on_step(self, loop: Any, record: Any) -> None:
        if loop.step in self.at:
            self.states.append({name: value.clone() for name, value in loop.module.state_dict().items()})


def moved(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> set[str]:
    return {name.removeprefix("body.").split(".")[0] for name in one if not torch.equal(one[name], two[name])}


def test_the_last_layers_learn_first() -> None:
    known, watch = clusters(even(200), 0), Watch(5, 10, 20)
    method = make("full(unfreeze=(0,.5,1), first=.5)", Net(10, bn=True), known.labels)
    assert [(stage.name, stage.share) for stage in method.stages] == [
        ("last 0%", 0.25),
        ("last 50%", 0.25),
        ("all", 0.5),
    ]
    learn(method, {"train": known}, steps=20, hooks=(watch,))
    first, second, third = (moved(*pair) for pair in zip(watch.states, watch.states[1:], strict=False))
    assert (first, second, third) == ({"head"}, {"block", "head"}, {"stem", "block", "head"})
    statistics = [state["body.stem.1.running_mean"] for state in watch.states]
    assert torch.equal(statistics[0], statistics[2])
    assert not torch.equal(statistics[2], statistics[3])


def test_statistics_can_stand_still_and_all_can_learn_at_once() -> None:
    known, watch = clusters(even(200), 0), Watch(10)
    method = make("full(unfreeze=1, statistics=false)", Net(10, bn=True), known.labels)
    assert [stage.share for stage in method.stages] == [1.0]
    learn(method, {"train": known}, steps=10, hooks=(watch,))
    assert moved(*watch.states) == {"stem", "block", "head"}
    assert torch.equal(watch.states[0]["body.stem.1.running_var"], watch.states[1]["body.stem.1.running_var"])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("full(unfreeze=(.5,.2,1))", "rise from 0 or more to 1"),
        ("full(unfreeze=(.2,.5))", "rise from 0 or more to 1"),
        ("full(first=1)", "between 0 and 1"),
        ("full(unfreeze=1, first=.4)", "first=0.4 has no effect"),
    ],
)
def test_wrong_options(spec: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        make(spec, Net(10), even(20))
    assert said in str(caught.value)

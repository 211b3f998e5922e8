"""lbfgs: quasi-Newton steps from the last gradients, for batches of everything (Liu & Nocedal 1989, Math. Prog. 45)."""

import copy
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from ._groups import Groups, checked, need
from ._layout import align_gradients
from ._wrap import Repeats


def lbfgs(
    groups: Groups, *, iterations: int = 20, history: int = 10, search: bool = True, tolerance: float = 1e-7
) -> torch.optim.Optimizer:
    """torch's L-BFGS over all groups as one vector; with `search` each length satisfies the strong Wolfe conditions.

    A step runs the closure up to 1.25 `iterations` times, batch norms estimating in the first. `history`: gradients
    kept, each as large as the network. `tolerance`: it stops where no slope is steeper. Decay is L2, in the loss too.
    The groups' rates must agree (1 is usual): it has one for all. Meant for steps on all rows; noise between batches
    spoils its memory. Raises OptionError for rates that differ.
    """
    need(iterations >= 1 and history >= 1, f"lbfgs(iterations={iterations}, history={history}): both at least 1.")
    need(tolerance >= 0, f"lbfgs(tolerance={tolerance}): it is at least 0.")
    own = checked("lbfgs", groups)
    plain = [item[1] if isinstance(item, tuple) else item for group in own for item in group["params"]]
    need(not any(hasattr(p, "full_tensor") for p in plain), "lbfgs needs whole weights: do not spread them.")
    line = "strong_wolfe" if search else None
    inner = torch.optim.LBFGS(plain, own[0]["lr"], iterations, None, tolerance, 1e-9, history, line)
    return _Lbfgs(inner, torch.optim.SGD(own, own[0]["lr"]).param_groups)


class _Lbfgs(Repeats):
    def __init__(self, base: torch.optim.LBFGS, groups: list[dict[str, Any]]) -> None:
        super().__init__(base)
        known = ("params", "lr", "weight_decay", "name", "param_names")
        self.groups = [{key: group[key] for key in known if key in group} for group in groups]

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The groups as given; set "lr" in all of them."""
        return self.groups

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step; whatever the closure raises, weights and state are as they were."""
        if closure is None:
            need(False, "lbfgs runs its batch many times: call step(closure).")
            return None
        rates = {group["lr"] for group in self.groups}
        need(len(rates) == 1, f"lbfgs has one rate for all parameters, got {sorted(rates)}: leave out layer_decay.")
        base, first = self.base, self.base.param_groups[0]["params"][0]
        base.param_groups[0]["lr"] = rates.pop()
        weights = [p.clone() for group in self.groups for p in group["params"]]
        state = copy.deepcopy(base.state.get(first))
        told: list[Any] = []
        try:
            base.step(lambda: self._evaluate(closure, told))  # pyright: ignore
        except BaseException:
            for p, weight in zip(base.param_groups[0]["params"], weights, strict=True):
                p.copy_(weight)
            base.state.clear()
            if state is not None:
                base.state[first] = state
            raise
        return told[0]

    def _evaluate(self, closure: Callable[[], Any], told: list[Any]) -> Tensor:
        with torch.enable_grad(), self.frozen_statistics() if told else nullcontext():
            loss = closure()
        told.append(loss)
        align_gradients(self)
        total = torch.as_tensor(loss).detach().double()
        for group in self.groups:
            for p in group["params"]:
                if p.grad is not None:
                    total = total + 0.5 * group["weight_decay"] * p.double().square().sum()
                    p.grad = (p.grad + group["weight_decay"] * p).contiguous()
        return total

    def state_dict(self) -> dict[str, Any]:
        """torch's form: {"state": {0: ...}, "param_groups": the groups as given}."""
        state, places = self.base.state_dict()["state"], iter(range(len(self.base.param_groups[0]["params"])))
        saved = [{**group, "params": [next(places) for _ in group["params"]]} for group in self.groups]
        return {"state": state, "param_groups": saved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What state_dict wrote; raises ValueError where the groups are of other sizes."""
        sizes = [len(group["params"]) for group in self.groups]
        if sizes != [len(group["params"]) for group in state_dict["param_groups"]]:
            raise ValueError("loaded state dict has other parameter groups")
        own = self.base.state_dict()["param_groups"]
        self.base.load_state_dict({"state": copy.deepcopy(state_dict["state"]), "param_groups": own})
        for group, saved in zip(self.groups, state_dict["param_groups"], strict=True):
            group.update({key: value for key, value in saved.items() if key != "params"})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Not possible: its memory is one vector over all parameters. Raises OptionError."""
        need(False, "lbfgs takes all its parameters at the start; use another optimizer to add some later.")

"""lora: only low-rank additions to a transformer's matrices and the head learn (Hu et al. 2022, arXiv:2106.09685)."""

from typing import Any

from ...core.batch import Batch, Stage, Step
from ...core.errors import MissingExtra, OptionError

package = "peft"


class lora:
    """A network whose linear layers that `layers` names get W + (alpha / rank) B A, B (out, rank) and A (rank, in).

    B begins at zero, so nothing changes at first; W, norms and all else stay as they are. `settle` adds the products to
    the matrices, and what is kept is the network as it was, other weights alone. Built on the library peft.

    rank: of the additions, 1 or more. alpha: their scale. dropout: on their input. layers: ends of names between "|".
    Raises OptionError where no layer has such a name or the values make no sense, MissingExtra without peft.
    """

    def __init__(
        self, model: Any, loss: Any, *, rank: int = 8, alpha: float = 16.0, dropout: float = 0.0,
        layers: str = "qkv|proj|fc1|fc2",
    ) -> None:  # fmt: skip
        try:
            from peft import LoraConfig, inject_adapter_in_model
        except ImportError as error:
            raise MissingExtra("method 'lora'", "lora") from error
        if rank < 1 or not alpha > 0 or not 0 <= dropout < 1:
            raise OptionError(
                f"lora: rank is 1 or more, alpha above 0, dropout from 0 to below 1; got {rank}, {alpha}, {dropout}."
            )
        ends = tuple(layers.split("|"))
        head = {id(part) for part in model.head.modules()}
        layers_here = [(name, part) for name, part in model.named_modules() if type(part).__name__ == "Linear"]
        linear = {name for name, part in layers_here if id(part) not in head}
        chosen = sorted(name for name in linear if name.rsplit(".", 1)[-1] in ends)
        if not chosen:
            have = ", ".join(sorted({name.rsplit(".", 1)[-1] for name in linear})) or "there are none"
            raise OptionError(f"lora: no layer is called {' or '.join(ends)}. The linear layers here: {have}.")
        config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=chosen)
        self.model, self.loss = inject_adapter_in_model(config, model), loss
        for parameter in self.model.head.parameters():
            parameter.requires_grad_(True)
        learn = sorted(name for name, _ in self.model.named_parameters() if ".lora_" in name)
        self.stages = [Stage("lora", 1.0, ("head", *learn))]

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)

    def settle(self) -> None:
        """Add what was learned to the matrices and take the additions away."""
        for name, part in list(self.model.named_modules()):
            if hasattr(part, "merge") and hasattr(part, "base_layer"):
                part.merge()
                place, _, last = name.rpartition(".")
                setattr(self.model.get_submodule(place) if place else self.model, last, part.base_layer)

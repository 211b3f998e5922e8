"""What practitioners would say of a recipe: one line where a setting goes against experience. Nothing is changed."""

from ..core.recipe import Recipe
from ..core.spec import parse
from .recipes import Steps

GENTLE = 3e-5
"""The rate at which Adam fine-tunes every layer of a trained network without forgetting what it knew."""
FAR = 10.0
SHORT, LONG = 20, 40
"""Epochs: fewer from scratch leave much unlearned, more of fine-tuning on the same pictures bring little."""

SAMPLERS = ("balanced", "classes", "oversample", "undersample", "progressive", "reversed", "root", "weighted")
LOSSES = ("balanced_softmax", "class_balanced", "influence_balanced", "logit_adjusted", "vs", "weighted")
"""Each corrects for uneven classes by itself."""


def advice(recipe: Recipe, steps: Steps, trained: bool, adaptive: bool, norms: bool) -> list[str]:
    """Sentences on a recipe and what it comes to.

    trained: the network's weights are. adaptive: the optimizer divides by a running scale of the gradient. norms: the
    network has batch norms that go by the batch.
    """
    said = []
    method = parse(steps.method)[0].name
    if isinstance(recipe.loss, str) and parse(recipe.loss)[0].name == "mse":
        said.append("the squared error for classes learns slowly from its worst mistakes: cross_entropy is usual")
    sampler, loss = (_word(getattr(recipe, kind)) for kind in ("sampler", "loss"))
    if sampler in SAMPLERS and loss in LOSSES:
        said.append(f"sampler={sampler} and loss={loss} each make up for uneven classes: both do it twice, drop one")
    if any(word in recipe.model for word in ("sigmoid", "tanh", "lenet5")):
        said.append(
            f"{recipe.model} has sigmoid or tanh inside, whose gradients vanish in deep networks: relu is usual"
        )
    if recipe.init == "torch":
        said.append("PyTorch's legacy initialisation shrinks the signal layer by layer: init=auto keeps its spread")
    if trained and adaptive and method not in ("tail", "probe") and steps.rate > FAR * GENTLE and recipe.lr != "auto":
        said.append(f"lr={steps.rate:g} is far above {GENTLE:g}, at which Adam fine-tunes: what was known may be lost")
    if recipe.lr == "auto" and isinstance(recipe.optimizer, str) and recipe.optimizer not in ("auto", "adamw", "adam"):
        said.append(f"lr={steps.rate:.3g} is the method's own, found with its own optimizer: give --lr, or --lr find")
    if norms and steps.batch < 16:
        said.append(f"batch norm estimates little from {steps.batch} pictures: at least 16 a batch are usual")
    if not trained and steps.epochs < SHORT:
        said.append(f"{steps.epochs:g} epochs from random weights leave much unlearned: 50 to 100 are usual")
    if trained and recipe.epochs > LONG:
        said.append(f"{recipe.epochs:g} epochs of fine-tuning are many: about 10 are usual, more rarely help")
    return said


def _word(given: object) -> str:
    """The trick's name, "" for a callable."""
    return parse(given)[0].name if isinstance(given, str) and given else ""

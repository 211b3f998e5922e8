"""Where a run happens: the only file that knows torch.distributed. One process, several on this machine, or many.

Ranks hold equal parts of every batch, cut at cells of 16 rows, and gradients are summed over them, so the number of
processes changes no draw and, up to the order of sums, no result.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..core.batch import CELL
from ..core.errors import OptionError, nearest

KINDS = ("auto", "cpu", "cuda", "mps")
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


@dataclass(frozen=True)
class Device:
    """torch: where tensors live. rank of world processes. shard: parameters are spread over them (FSDP2)."""

    torch: torch.device
    rank: int = 0
    world: int = 1
    shard: bool = False

    @property
    def main(self) -> bool:
        """Whether this process writes and speaks."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        return self.world == 1


def device(kind: str = "auto", shard: bool = False) -> Device:
    """This process's device; joins the others where torchrun started it. Raises OptionError for one that is not here.

    kind: auto (cuda, then mps, then cpu), cpu, cuda, or mps (untested: nobody has run it on one yet).
    """
    if kind not in KINDS:
        raise OptionError(f"device={kind!r} is not allowed. {nearest(kind, KINDS)}")
    have = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if kind != "auto" and not have[kind]:
        here = ", ".join(name for name, there in have.items() if there)
        raise OptionError(f"device={kind!r} was asked for and there is none here. Here are: {here}. Drop --device.")
    kind = next(name for name, there in have.items() if there) if kind == "auto" else kind
    places = (("WORLD_SIZE", 1), ("RANK", 0), ("LOCAL_RANK", 0))
    world, rank, local = (int(os.environ.get(name, alone)) for name, alone in places)
    where = torch.device(kind, local % torch.cuda.device_count()) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(where)
    if world > 1 and not torch.distributed.is_initialized():
        _join("nccl" if kind == "cuda" else "gloo", rank, world)
    if shard and world == 1:
        raise OptionError("shard has no effect on one process. Give --devices 2 or more, or drop it.")
    return Device(where, rank, world, shard)


def _join(backend: str, rank: int, world: int) -> None:
    """Meet the other processes.

    Under torchrun the keys carry the number of the attempt: without it, torch 2.15's restarted processes read the
    addresses of dead ones and never meet. `torch.distributed.nn` has the group of the moment in its defaults: where it
    is imported later (DDP and FSDP do), the group outlives `leave`, and its threads abort a process that ends.
    """
    import torch.distributed.nn

    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        torch.distributed.init_process_group(backend)
        return
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    from torch._C._distributed_c10d import PrefixStore, TCPStore

    store = TCPStore(host, port, world, is_master=False)
    attempt = PrefixStore(f"attempt-{os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    torch.distributed.init_process_group(backend, store=attempt, rank=rank, world_size=world)


def leave() -> None:
    """Part from the other processes; what exchanged gradients is let go first, since it would keep the group alive."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        gc.collect()
        torch.distributed.destroy_process_group()


def launch(count: int, argv: Sequence[str], fault: Path, restarts: int = 3) -> int:
    """Run `python -m linne *argv` in `count` processes of this machine under torchrun; its exit code.

    fault: where a mistake of the user's is written down, which is the same in every attempt. A process that dies is
    started again with all others, up to `restarts` times, and the run resumes. Raises OptionError where a GPU each was
    meant and there are fewer.
    """
    cards = torch.cuda.device_count()
    if cards and count > cards:
        raise OptionError(f"devices={count}: this machine has {cards}. Give --devices {cards} or fewer.")
    threads = max(1, (os.cpu_count() or 1) // count)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}",
               f"--max-restarts={restarts}", "-m", "linne", *argv]  # fmt: skip
    return subprocess.call(command, env={"OMP_NUM_THREADS": str(threads)} | os.environ | {"LINNE_FAULT": str(fault)})


def part(total: int, parts: int, at: int) -> slice:
    """Rows of part `at` of `parts` of a batch of `total`, cut at cells: the same rows together whatever the parts."""
    cells = -(-total // CELL)
    return slice(CELL * (at * cells // parts), min(total, CELL * ((at + 1) * cells // parts)))


def spread(whole: nn.Module, where: Device, unused: bool) -> nn.Module:
    """`whole` such that its backward pass averages gradients over processes. unused: some parameters get none."""
    if where.alone or where.shard:
        return whole
    ids = [where.torch.index] if where.torch.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(whole, ids, find_unused_parameters=unused, gradient_as_bucket_view=True)


def shard(module: Any, where: Device) -> None:
    """Spread the parameters of `module` over the processes, part by part (FSDP2, `fully_shard`)."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mesh, own = init_device_mesh(where.torch.type, (where.world,)), set(module.modules())
    for _, part in module.parts():
        for piece in [part] if part in own else part.children():  # a part made of several layers is never called itself
            if any(True for _ in piece.parameters()):
                fully_shard(piece, mesh=mesh)
    fully_shard(module, mesh=mesh)
    register_fsdp_forward_method(module, "features")


def unsynced(whole: nn.Module, last: bool) -> AbstractContextManager[Any]:
    """Around the forward and backward pass of a micro-batch: gradients are exchanged in the last one only."""
    return nullcontext() if last or not hasattr(whole, "no_sync") else whole.no_sync()  # type: ignore[operator]


def state_of(module: nn.Module, where: Device) -> dict[str, Any]:
    """The whole state of a module, also where it is spread; every process gets it."""
    if not where.shard:
        return module.state_dict()
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    return get_model_state_dict(module, options=StateDictOptions(full_state_dict=True, cpu_offload=False))


def load_state(module: nn.Module, state: dict[str, Any], where: Device) -> None:
    """Put a whole state back."""
    if not where.shard:
        module.load_state_dict(state)
        return
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

    set_model_state_dict(module, state, options=StateDictOptions(full_state_dict=True))


def optimizer_state(optimizer: Any, module: nn.Module, where: Device) -> dict[str, Any]:
    """The whole state of an optimizer, also where its parameters are spread."""
    if not where.shard:
        return optimizer.state_dict()
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

    return get_optimizer_state_dict(module, optimizer, options=StateDictOptions(full_state_dict=True))


def load_optimizer(optimizer: Any, module: nn.Module, state: dict[str, Any], where: Device) -> None:
    """Put the whole state of an optimizer back."""
    if not where.shard:
        optimizer.load_state_dict(state)
        return
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

    set_optimizer_state_dict(module, optimizer, state, options=StateDictOptions(full_state_dict=True))


def gradient_norm(gradients: Sequence[Tensor]) -> Tensor:
    """The norm of all gradients together, a plain tensor also where they are spread over processes."""
    norm: Any = torch.nn.utils.get_total_norm(list(gradients))
    return norm.full_tensor() if hasattr(norm, "full_tensor") else norm


def times(tensors: Sequence[Tensor], factor: "float | Tensor") -> None:
    """Multiply all of them in place."""
    torch._foreach_mul_(list(tensors), factor)  # pyright: ignore[reportPrivateImportUsage]


def total(value: Tensor, where: Device) -> Tensor:
    """The sum of `value` over all processes."""
    if not where.alone:
        torch.distributed.all_reduce(value)
    return value


def told(value: float, where: Device) -> float:
    """What the main process says, the same in all: clocks and measurements differ between them."""
    if where.alone:
        return value
    said = torch.tensor([value], dtype=torch.float64, device=where.torch)
    torch.distributed.broadcast(said, 0)
    return float(said)


def agreed(value: Any) -> Any:
    """What the main process found, in all of them; the value itself where this process is alone."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return value
    box = [value]
    torch.distributed.broadcast_object_list(box, 0)
    return box[0]


@contextmanager
def first(where: Device) -> Iterator[None]:
    """The main process goes through this alone, then the others together: they find its caches and files there, or
    make the same mistake."""
    if not where.main:
        torch.distributed.barrier()
    try:
        yield
    finally:
        if where.main and not where.alone:
            torch.distributed.barrier()


def together(where: Device) -> None:
    """Wait for the others."""
    if not where.alone:
        torch.distributed.barrier()


def gathered(value: Tensor, sizes: Sequence[int], where: Device) -> Tensor:
    """(sum of sizes, ...) of all ranks' rows in their order; gradients flow to this rank's own rows alone."""
    if where.alone:
        return value
    room = torch.zeros(max(sizes), *value.shape[1:], dtype=value.dtype, device=value.device)
    room[: len(value)] = value.detach()
    parts = [torch.empty_like(room) for _ in sizes]
    torch.distributed.all_gather(parts, room)
    return torch.cat([value if r == where.rank else parts[r][:size] for r, size in enumerate(sizes)])


def seed(value: int, where: Device) -> None:
    """Begin torch's draws anew here and on the device.

    `torch.manual_seed` writes down the call stack for each kind of device that is absent: a quarter of a tiny step.
    """
    torch.default_generator.manual_seed(value % 2**63)
    if where.torch.type in ("cuda", "mps"):
        getattr(torch, where.torch.type).manual_seed(value % 2**63)


def autocast(where: Device, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision for a forward pass; nothing for f32."""
    if precision == "f32":
        return nullcontext()
    return torch.autocast(where.torch.type, DTYPES[precision])


class Scaler:
    """Dynamic loss scaling for f16 (Micikevicius et al. 2018, arXiv:1710.03740, section 3.2), safe with closures.

    `GradScaler.step` hands an optimizer's closure scaled gradients without a word; here gradients are unscaled within
    the closure, and an overflow raises FloatingPointError there, so no update happens.
    """

    def __init__(self, precision: str, start: float = 65536.0, every: int = 2000) -> None:
        self.on, self.scale, self.every, self.good = precision == "f16", start if precision == "f16" else 1.0, every, 0

    def unscale(self, gradients: Sequence[Tensor]) -> None:
        """Divide by the scale in place."""
        if self.on and gradients:
            times(gradients, 1 / self.scale)

    def overflowed(self) -> None:
        """Halve the scale after a skipped update; raises FloatingPointError where that no longer helps."""
        self.scale, self.good = self.scale / 2, 0
        if self.scale < 2**-14:
            raise FloatingPointError("f16 overflows at any scale")

    def went_well(self) -> None:
        """Double the scale after `every` updates without overflow."""
        self.good += self.on
        if self.on and self.good >= self.every:
            self.scale, self.good = min(self.scale * 2, 2.0**24), 0

    def state(self) -> dict[str, Any]:
        return {"scale": self.scale, "good": self.good}

    def load(self, state: dict[str, Any]) -> None:
        self.scale, self.good = float(state["scale"]), int(state["good"])


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a GPU or here."""
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
    )

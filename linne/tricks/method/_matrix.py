"""Convolutions of small maps as matrix products, pictures last: what makes the tail of a network quick on a CPU.

Maps are held as (C, P, B), P = H W places, each channel in one stretch of memory. A 1 x 1 convolution is then one
product of (O, C) by (C, P B); a depth-wise one is a product for each channel, of the (Q, P) table that its kernel is
between P and Q places by (P, B): 50 times the multiplications of a 3 x 3 kernel on 7 x 7 places, and yet three times
as fast as the library's gradient (15 against 45 ms for 1,152 channels, 5 x 5, 64 pictures, one core), twice that in
bfloat16, whose products have twice the rate. Modules change their class in place: parameters, names and state stay.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

PLACES = 200
"""Most places of a map: a depth-wise table grows with their square."""
KINDS = {"f32": torch.float32, "bf16": torch.bfloat16}


def matrix(module: nn.Module, example: Tensor, precision: str) -> nn.Module:
    """Give every layer of `module` that can be a matrix product its new form, in place.

    example: (B, C, H, W) that the module takes, to see how large its maps are. precision: of what flows, "f32" or
    "bf16"; parameters and their gradients are float32, and so are the results of all layers that stay as they were.
    """
    sides = _sides(module, example)
    for part in module.modules():
        if getattr(part, "inplace", False):
            part.__dict__["inplace"] = False  # what comes from here is a view
        if part in sides and isinstance(part, nn.Conv2d) and (form := _form(part, sides[part])):
            part.__dict__["margins"] = _margins(part, *sides[part])
            part.__class__ = form
            part.__dict__["kind"] = KINDS[precision]
        elif part in sides and isinstance(part, nn.BatchNorm2d) and part.affine and part.track_running_stats:
            part.__class__ = type("Affine", (_Affine, type(part)), {})
            part.__dict__["kind"] = KINDS[precision]
        elif next(part.parameters(False), None) is not None:
            part.register_forward_pre_hook(_widened)
    return module


def _widened(part: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    kind = next(part.parameters(False)).dtype
    return tuple(x.to(kind) if isinstance(x, Tensor) and x.is_floating_point() else x for x in given)


def _sides(module: nn.Module, example: Tensor) -> dict[nn.Module, tuple[int, int]]:
    """The height and width of what each convolution and norm is given."""
    found: dict[nn.Module, tuple[int, int]] = {}

    def note(part: nn.Module, given: tuple[Any, ...]) -> None:
        if part in found and found[part] != tuple(given[0].shape[2:]):
            found[part] = (PLACES, PLACES)  # used for maps of several sizes: left alone
        found.setdefault(part, tuple(given[0].shape[2:]))

    kinds = (nn.Conv2d, nn.BatchNorm2d)
    hooks = [part.register_forward_pre_hook(note) for part in module.modules() if isinstance(part, kinds)]
    was = module.training
    try:
        with torch.no_grad():
            module.eval()(example)
    finally:
        module.train(was)
        for hook in hooks:
            hook.remove()
    return found


def _form(conv: nn.Conv2d, side: tuple[int, int]) -> "type[nn.Conv2d] | None":
    if side[0] * side[1] > PLACES or conv.dilation != (1, 1) or conv.padding_mode != "zeros":
        return None
    if conv.kernel_size == (1, 1) and conv.stride == (1, 1) and conv.groups == 1:
        return _Pointwise
    return _Depthwise if conv.groups == conv.in_channels == conv.out_channels else None


def _margins(conv: nn.Conv2d, high: int, wide: int) -> tuple[int, int, int, int]:
    """What is added above, below, left and right; TensorFlow's rule where the layer follows it."""
    if conv.padding == "valid":
        return 0, 0, 0, 0
    if isinstance(conv.padding, str) or "Same" in type(conv).__name__:
        each = zip((high, wide), conv.kernel_size, conv.stride, strict=True)
        added = [max((-(-side // step) - 1) * step + kernel - side, 0) for side, kernel, step in each]
        return added[0] // 2, added[0] - added[0] // 2, added[1] // 2, added[1] - added[1] // 2
    down, across = conv.padding
    return int(down), int(down), int(across), int(across)


def _rows(x: Tensor, kind: torch.dtype) -> Tensor:
    """(B, C, H, W) however it lies in memory to (C, P, B); no copy where it came from here."""
    return x.to(kind).permute(1, 2, 3, 0).flatten(1, 2).contiguous()


def _maps(rows: Tensor, high: int, wide: int) -> Tensor:
    """(C, P, B) as (B, C, H, W), without a copy."""
    return rows.view(len(rows), high, wide, -1).permute(3, 0, 1, 2)


class _Pointwise(nn.Conv2d):
    kind: torch.dtype

    def forward(self, input: Tensor) -> Tensor:
        out = _Product.apply(_rows(input, self.kind), self.weight.flatten(1))
        out = _maps(out, *input.shape[2:])
        return out if self.bias is None else out + self.bias.to(out.dtype)[:, None, None]


class _Depthwise(nn.Conv2d):
    kind: torch.dtype
    margins: tuple[int, int, int, int]

    def forward(self, input: Tensor) -> Tensor:
        taps, high, wide = _taps(*input.shape[2:], *self.kernel_size, *self.stride, self.margins, self.kind)
        out = _maps(_Places.apply(_rows(input, self.kind), self.weight.flatten(1), taps, high * wide), high, wide)
        return out if self.bias is None else out + self.bias.to(out.dtype)[:, None, None]


class _Affine(nn.BatchNorm2d):
    """A batch norm with what timm puts behind it: an activation that clamps is done in the same pass."""

    kind: torch.dtype
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, x: Tensor) -> Tensor:
        behind = getattr(self, "act", None)
        clamp = _clamp(behind)
        rows = _rows(x, self.kind)
        out = _maps(self._normal(rows, *(clamp or (-torch.inf, torch.inf))), *x.shape[2:])
        return out if clamp or behind is None else behind(out)

    def _normal(self, rows: Tensor, low: float, high: float) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if not self.training:
            scale = self.weight * torch.rsqrt(var + self.eps)
            return _Scaled.apply(rows, scale, self.bias - mean * scale, low, high)
        out, own_mean, own_var = _Normal.apply(rows, self.weight, self.bias, self.eps, low, high)
        self._estimate(own_mean, own_var, rows.shape[1] * rows.shape[2])
        return out

    @torch.no_grad()
    def _estimate(self, mean: Tensor, var: Tensor, count: int) -> None:
        self.num_batches_tracked.add_(1)
        share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(var * (count / max(count - 1, 1)), share)


def _clamp(act: "nn.Module | None") -> "tuple[float, float] | None":
    """What an activation clamps to; None where it is none of these."""
    if isinstance(act, nn.ReLU6):
        return 0.0, 6.0
    if isinstance(act, nn.ReLU):
        return 0.0, torch.inf
    return (-torch.inf, torch.inf) if isinstance(act, nn.Identity) else None


class _Product(Function):
    """(C, P, B), (O, C) to (O, P, B)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:  # type: ignore[override]
        narrow = weight.to(x.dtype)
        ctx.save_for_backward(x, narrow)
        return (narrow @ x.flatten(1)).view(-1, *x.shape[1:])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        x, narrow = ctx.saved_tensors
        flat = grad.contiguous().flatten(1)
        back = (narrow.T @ flat).view_as(x) if ctx.needs_input_grad[0] else None
        return back, (flat @ x.flatten(1).T).float() if ctx.needs_input_grad[1] else None


class _Places(Function):
    """(C, P, B), (C, k k), taps (k k, Q P) to (C, Q, B)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, taps: Tensor, places: int) -> Tensor:  # type: ignore[override]
        table = (weight.to(x.dtype) @ taps).view(len(weight), places, x.shape[1])
        ctx.save_for_backward(x, table, taps)
        return torch.bmm(table, x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        x, table, taps = ctx.saved_tensors
        grad = grad.contiguous()
        back = torch.bmm(table.transpose(1, 2), grad) if ctx.needs_input_grad[0] else None
        own = torch.bmm(grad, x.transpose(1, 2)).flatten(1) @ taps.T if ctx.needs_input_grad[1] else None
        return back, None if own is None else own.float(), None, None


@lru_cache(32)
def _taps(
    high: int, wide: int, tall: int, broad: int, down: int, across: int, margins: tuple[int, ...], kind: torch.dtype
) -> tuple[Tensor, int, int]:
    """(which entry of a kernel stands between which places, (k k, Q P) of 0 and 1, the height and width of Q)."""
    top, bottom, left, right = margins
    out = (high + top + bottom - tall) // down + 1, (wide + left + right - broad) // across + 1
    taps = torch.zeros(tall, broad, *out, high, wide, dtype=kind)
    for y, x, i, j in torch.cartesian_prod(*(torch.arange(n) for n in (*out, tall, broad))).tolist():
        row, column = y * down + i - top, x * across + j - left
        if 0 <= row < high and 0 <= column < wide:
            taps[i, j, y, x, row, column] = 1
    return taps.view(tall * broad, -1), *out


class _Scaled(Function):
    """clamp(x scale + shift): batch norm by known statistics, and what clamps behind it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, low: float, high: float) -> Tensor:  # type: ignore[override]
        s, t = (value.to(x.dtype)[:, None] for value in (scale, shift))
        out = torch.addcmul(t, x.flatten(1), s).clamp_(low, high).view_as(x)
        ctx.limits = low, high
        ctx.save_for_backward(x, out, scale)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        x, out, scale = ctx.saved_tensors
        own = _unclamped(grad, out, *ctx.limits)
        lean = (own * x.flatten(1)).sum(1, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        shift = own.sum(1, dtype=torch.float32) if ctx.needs_input_grad[2] else None
        return (own * scale.to(own.dtype)[:, None]).view_as(out), lean, shift, None, None


class _Normal(Function):
    """clamp((x - mean) / deviation * weight + bias) by the batch's own statistics, and those."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, low: float, high: float) -> Any:  # type: ignore[override]
        flat = x.flatten(1)
        var, mean = torch.var_mean(flat.float(), 1, correction=0)
        deviation = torch.rsqrt(var + eps)
        scale = weight * deviation
        s, t = (value.to(x.dtype)[:, None] for value in (scale, bias - mean * scale))
        out = torch.addcmul(t, flat, s).clamp_(low, high)
        ctx.limits = low, high
        ctx.save_for_backward(x, out, weight, mean, deviation)
        ctx.mark_non_differentiable(mean, var)
        return out.view_as(x), mean, var

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Any) -> Any:  # type: ignore[override]
        x, out, weight, mean, deviation = ctx.saved_tensors
        own, flat = _unclamped(grad, out, *ctx.limits), x.flatten(1)
        bias = own.sum(1, dtype=torch.float32)
        lean = ((own * flat).sum(1, dtype=torch.float32) - mean * bias) * deviation
        scale, n = weight * deviation, flat.shape[1]
        along = -scale * deviation * lean / n
        s, a, t = (v.to(own.dtype)[:, None] for v in (scale, along, -scale * bias / n - along * mean))
        return torch.addcmul(torch.addcmul(t, flat, a), own, s).view_as(x), lean, bias, None, None, None


def _unclamped(grad: Tensor, out: Tensor, low: float, high: float) -> Tensor:
    """The gradient where the result was not clamped, (C, P B)."""
    flat = grad.contiguous().flatten(1)
    if low == -torch.inf:
        return flat
    return torch.ops.aten.hardtanh_backward(flat, out.flatten(1), low, high)

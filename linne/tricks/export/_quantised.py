"""A network in ONNX with weights and activations of 8 bits, calibrated by own pictures (Jacob et al. 2018, CVPR;
static, weights by channel, as ONNX Runtime's quantiser writes it), and which of its layers suffer most."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError, MissingExtra, OptionError

LAYERS = ("Conv", "Gemm", "MatMul")
FEW, CALIBRATE, PROBE = 16, 100, 8
"""Own pictures that are needed, that calibrate at most, and by which single layers are tried."""
STEP = 10


def quantised(model: Any, samples: np.ndarray, keep: float) -> tuple[Any, list[str]]:
    """(the network from `prepared` to `features` in 8 bits, the layers that stay in float32).

    samples: (n, size, size, 3) uint8. keep: share of the layers, those that alone change the features most. Raises
    InputError for too few pictures, OptionError for a network without layers that can be quantised.
    """
    try:
        from onnxruntime import quantization
    except ImportError as error:
        raise MissingExtra("Quantising to int8", "onnx") from error
    if len(samples) < FEW:
        raise InputError(
            f"int8 is calibrated by the run's own learning pictures, and {len(samples)} of them can be opened; {FEW} "
            "are needed. Put the pictures back where they were, or export in float32."
        )
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser advises at length through the root logger
    model = _plain(model)
    layers = [node.name for node in model.graph.node if node.op_type in LAYERS]
    if not layers:
        raise OptionError("The network has no convolutions or matrix products that could be quantised.")
    ranges = _ranges(quantization, model, samples[np.linspace(0, len(samples) - 1, CALIBRATE).astype(int)]
                     if len(samples) > CALIBRATE else samples)  # fmt: skip
    kept = _worst(model, ranges, layers, samples[:PROBE], keep) if keep else []
    return _written(model, ranges, exclude=kept), [name.removeprefix("network/") for name in kept]


def _plain(model: Any) -> Any:
    """With batch norm folded into convolutions, and every node named."""
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as home:
        first, second = Path(home) / "first.onnx", Path(home) / "second.onnx"
        onnx.save(model, str(first))
        quant_pre_process(str(first), str(second), skip_symbolic_shape=True)
        model = onnx.load(str(second))
    own = [one for one in model.opset_import if one.domain in ("", "ai.onnx")][:1]
    del model.opset_import[:]
    model.opset_import.extend(own)
    for place, node in enumerate(model.graph.node):
        node.name = node.name or f"network/{node.op_type}_{place}"
    return model


def _ranges(quantization: Any, model: Any, samples: np.ndarray) -> Any:
    """Least and greatest value of every activation over the pictures."""
    import onnx

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            parts = np.array_split(samples, max(1, len(samples) // STEP))
            self.parts: Iterator[np.ndarray] = iter(parts)

        def get_next(self) -> "dict[str, np.ndarray] | None":
            part = next(self.parts, None)
            return None if part is None else {"prepared": part}

    with tempfile.TemporaryDirectory() as home:
        onnx.save(model, str(Path(home) / "network.onnx"))
        calibrator = quantization.create_calibrator(
            str(Path(home) / "network.onnx"), None, str(Path(home) / "augmented.onnx"),
            quantization.CalibrationMethod.MinMax,
        )  # fmt: skip
        calibrator.collect_data(Reader())
        found = calibrator.compute_data()
        del calibrator
    return found


def _written(model: Any, ranges: Any, *, exclude: "list[str] | None" = None, only: "list[str] | None" = None) -> Any:
    import onnx
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    from onnxruntime.quantization.registry import QDQRegistry

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    quantiser = QDQQuantizer(
        copy, per_channel=True, reduce_range=False, weight_qType=QuantType.QInt8, activation_qType=QuantType.QUInt8,
        tensors_range=ranges, nodes_to_quantize=only or [], nodes_to_exclude=exclude or [],
        op_types_to_quantize=list(QDQRegistry), extra_options={},
    )  # fmt: skip
    quantiser.quantize_model()
    quantiser.model.topological_sort()
    return quantiser.model.model


def _worst(model: Any, ranges: Any, layers: list[str], pictures: np.ndarray, keep: float) -> list[str]:
    """The share of the layers that alone in 8 bits move the features furthest."""
    plain = _features(model, pictures)
    moved = [float(np.linalg.norm(_features(_written(model, ranges, only=[one]), pictures) - plain)) for one in layers]
    order = np.argsort(moved)[::-1]
    return [layers[k] for k in order[: max(1, round(keep * len(layers)))]]


def _features(model: Any, pictures: np.ndarray) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["features"], {"prepared": pictures})[0])

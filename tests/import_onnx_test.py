"""Imported shared models give onnxruntime's outputs: within 1e-4 of the largest output, on three seeded random images each. What onnxruntime's quantizer makes of
two of them (QDQ, QLinear operators, dynamic) is imported, too: within 2.5 % (a step or two of the output), since float sums before rounding differ in order."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import numpy_helper
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

onnxruntime.set_default_logger_severity(3)
build = pathlib.Path(os.environ.get("GALET_BUILD", "build"))
shared = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data"))
models = ["models/resnet20_cifar10.onnx", "models/resnet20_cifar10_batchnorm_op17.onnx", "models/resnet56_cifar10.onnx", "models/squeezenet1_1_imagenet.onnx",
          "ultraface/version-RFB-320.onnx", "ultraface/version-RFB-320_without_postprocessing.onnx"]


def image_of(seed: int, shape: list) -> "np.ndarray":
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def compare(path: pathlib.Path, how: str, images: int) -> float:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    worst = 0.0
    for seed in range(images):
        image = image_of(seed, [1, *source.shape[1:]])
        expected = session.run(None, {source.name: image})
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "input_0.pb").write_bytes(numpy_helper.from_array(image).SerializeToString())
            subprocess.run([build / "galet_import_onnx_run", path, folder, how], check=True, stdout=subprocess.DEVNULL)  # its stderr is shown
            for i, want in enumerate(expected):
                got = np.fromfile(pathlib.Path(folder, f"galet_{i}.f32"), np.float32).reshape(want.shape)
                worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return worst


def quantized_forms(path: pathlib.Path, folder: str):
    """Files that onnxruntime's quantizer makes of a model, by name."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

    source = onnxruntime.InferenceSession(str(path)).get_inputs()[0]

    class Images(CalibrationDataReader):
        def __init__(self):
            self.images = iter([{source.name: image_of(100 + i, [1, *source.shape[1:]])} for i in range(4)])

        def get_next(self):
            return next(self.images, None)

    for form in ("qdq", "qdq_per_channel_signed", "qlinear", "dynamic"):
        to = pathlib.Path(folder, form + ".onnx")
        with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
            if form == "dynamic":
                quantize_dynamic(path, to)
            else:
                signed = form.endswith("signed")
                quantize_static(path, to, Images(), quant_format=QuantFormat.QOperator if form == "qlinear" else QuantFormat.QDQ, per_channel=signed,
                                activation_type=QuantType.QInt8 if signed else QuantType.QUInt8, weight_type=QuantType.QInt8)
        yield form, to


def classics(folder: str):
    """DenseNet, GoogLeNet, ... as the onnx package ships them, their ConstantOfShape weights replaced by seeded random ones."""
    light = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"
    for name in ("densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet"):
        path = light / f"light_{name}.onnx"
        if not path.exists():
            print(f"skipped, not there: {path}")
            continue
        model = onnx.load(path)
        random = np.random.default_rng(1)
        shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        kept = [node for node in model.graph.node if node.op_type != "ConstantOfShape"]
        variances = {node.input[4] for node in kept if node.op_type == "BatchNormalization"}
        for node in model.graph.node:
            if node.op_type != "ConstantOfShape":
                continue
            shape = [int(extent) for extent in shapes[node.input[0]]]
            values = random.standard_normal(shape) * (2.0 / max(1, int(np.prod(shape[1:])))) ** 0.5
            values = 0.5 + np.abs(values) if node.output[0] in variances else values
            model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), node.output[0]))
        if kept[-1].op_type == "Softmax":  # saturated with random weights: compare what it gets
            model.graph.output[0].name = kept.pop().input[0]
            model.graph.output[0].type.tensor_type.ClearField("shape")
        del model.graph.node[:]
        model.graph.node.extend(kept)
        to = pathlib.Path(folder, name + ".onnx")
        onnx.save(model, to)
        yield name, to
        to.unlink()


def main() -> int:
    missing = [name for name in models if not (shared / name).exists()]
    for name in missing:
        print(f"skipped, not there: {shared / name} (set GALET_SHARED_DATA)")
    failed = 0
    how = sys.argv[1] if len(sys.argv) > 1 else "session"
    for name in models:
        if name in missing:
            continue
        try:
            worst = compare(shared / name, how, 3 if how == "session" else 1)
        except subprocess.CalledProcessError:
            failed += 1
            continue
        print(f"{name}: largest difference {worst:.2e} of the largest output ({how})")
        failed += not worst <= 1e-4
    for name in models[0], models[3]:
        if name in missing:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for form, path in quantized_forms(shared / name, folder):
                worst = compare(path, how, 1)
                print(f"{name} quantized by onnxruntime ({form}): largest difference {worst:.2e} of the largest output ({how})")
                failed += not worst <= 2.5e-2
    with tempfile.TemporaryDirectory() as folder:
        for name, path in classics(folder):
            worst = compare(path, how, 1)
            print(f"{name}, random weights: largest difference {worst:.2e} of the largest output ({how})")
            failed += not worst <= 1e-4
    return 77 if len(missing) == len(models) else 1 if failed else 0


sys.exit(main())

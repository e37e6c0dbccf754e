"""What export_onnx writes is valid ONNX, and ONNX Runtime computes from it what galet's references compute: float networks closely, quantized ones to the
last bit, fused into integer operators. The networks come from export_onnx_cases."""
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

onnxruntime.set_default_logger_severity(4)
TYPES = dict(f32="f4", f64="f8", i8="i1", u8="u1", i32="i4", i64="i8", bool="?")

# What the optimized integer graphs may contain: integer operators, operators that move codes, the ends (the last DequantizeLinear is taken away).
FUSED = {"QLinearConv", "QLinearAdd", "QLinearMul", "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearConcat", "QGemm", "QLinearSigmoid",
         "QLinearLeakyRelu", "MaxPool", "NhwcMaxPool", "Reshape", "Transpose", "Resize", "QuantizeLinear"}
# ONNX Runtime has no integer form of these and computes them in float between a DequantizeLinear and a QuantizeLinear.
FLOAT_STEPS = {"DequantizeLinear", "HardSigmoid", "Mul", "Softplus", "Tanh", "Sigmoid", "Elu", "Gelu", "Sub", "Clip", "Pad", "Resize"}
WITH_FLOAT_STEPS = {"int8_sub", "int8_squeeze_excite", "int8_conv_clip_narrow", "int8_movement", "int8_resize_linear"}
# Fewer codes than 8 bits hold: limited between two quantizations, or found in a table of levels.
FEW_CODES_STEPS = {"DequantizeLinear", "Clip", "Cast", "Gather"}
# Where its float computation rounds otherwise than docs/arithmetic.md: case -> the largest share of codes that may differ, by one step.
ROUNDS_OTHERWISE = {"int8_sweep_resize_linear": 0.005}


def tensors(folder, name, kind):
    found = {}
    for path in folder.glob(f"{name}.{kind}[0-9]*"):
        index, dtype, shape = path.name[len(name) + 1:].split(".")
        extents = [] if shape == "scalar" else [int(d) for d in shape.split("x")]
        found[int(index[len(kind):])] = np.fromfile(path, TYPES[dtype]).reshape(extents)
    return [found[i] for i in sorted(found)]


def codes_of_outputs(model):
    """The outputs as integers: the DequantizeLinear before each output is taken away."""
    producers = {name: node for node in model.graph.node for name in node.output}
    for output in model.graph.output:
        node = producers.get(output.name)
        if node is None or node.op_type != "DequantizeLinear":
            continue
        zero_point = next(t for t in model.graph.initializer if t.name == node.input[2])
        output.type.tensor_type.elem_type = zero_point.data_type
        output.name = node.input[0]
        model.graph.node.remove(node)
    return model


def run(model, inputs, folder):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs)})
    return outputs, [n.op_type for n in onnx.load(options.optimized_model_filepath).graph.node]


def check(folder, path):
    """Returns an error text, or None."""
    name = path.stem
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    integer = name.startswith("int8_")
    inputs, expected = tensors(folder, name, "in"), tensors(folder, name, "out")
    outputs, types = run(codes_of_outputs(model) if integer else model, inputs, folder)
    differing = total = most = 0
    for got, wanted in zip(outputs, expected, strict=True):
        if got.shape != wanted.shape or got.dtype != wanted.dtype:
            return f"{got.dtype}{got.shape}, expected {wanted.dtype}{wanted.shape}"
        if wanted.dtype.kind == "f":
            scale = max(1e-6, float(np.abs(wanted).max(initial=0)))
            if not np.allclose(got, wanted, rtol=1e-4, atol=2e-5 * scale):
                return f"differs by {np.abs(got - wanted).max():g} of {scale:g}"
            continue
        difference = np.abs(got.astype(np.int64) - wanted.astype(np.int64))
        differing, total, most = differing + (difference > 0).sum(), total + difference.size, max(most, difference.max(initial=0))
    if differing:
        text = f"{differing} of {total} codes differ, by up to {most}"
        if most > 1 or differing > total * ROUNDS_OTHERWISE.get(name, 0):
            return f"{text}: {dict(collections.Counter(types))}"
        print(f"{name}: {text}, as known")
    float_steps = FLOAT_STEPS if name in WITH_FLOAT_STEPS or name.startswith("int8_table_") else set()
    if name.startswith("int8_few_"):
        float_steps = FEW_CODES_STEPS
    if integer and not name.startswith("int8_sweep_") and not set(types) <= FUSED | float_steps:
        return f"not fused: {dict(collections.Counter(types))}"
    return None


def main():
    build = pathlib.Path(os.environ.get("GALET_BUILD", "build"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        subprocess.run([build / "export_onnx_cases", folder], check=True)
        paths = sorted(folder.glob("*.onnx"))
        failures = 0
        for path in paths:
            try:
                text = check(folder, path)
            except Exception as error:  # checker and runtime have many exception types
                text = f"{type(error).__name__}: {error}"
            if text:
                failures += 1
                print(f"FAILED {path.stem}: {text}")
        print(f"{len(paths) - failures} of {len(paths)} networks agree")
        return 1 if failures or len(paths) < 80 else 0


if __name__ == "__main__":
    sys.exit(main())

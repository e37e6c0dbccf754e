"""The forms of one network that engines are given: galet's package and its QDQ export, onnxruntime's own static quantization, the expert's hard-sigmoid, ncnn's files."""
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

import ncnn_int8


class Calibration:
    """What onnxruntime's quantizer reads images from."""

    def __init__(self, source: str, images: np.ndarray):
        self.feeds = iter([{source: images[i : i + 1]} for i in range(len(images))])

    def get_next(self):
        return next(self.feeds, None)


def decompose_hard_swish(model: onnx.ModelProto) -> bool:
    """HardSwish(x) -> x * HardSigmoid(x): onnxruntime has an integer multiplication, but no integer HardSwish."""
    nodes, found = [], False
    for node in model.graph.node:
        if node.op_type != "HardSwish":
            nodes.append(node)
            continue
        found, gate = True, f"{node.output[0]}.gate"
        nodes.append(helper.make_node("HardSigmoid", [node.input[0]], [gate], name=gate, alpha=1 / 6, beta=0.5))
        nodes.append(helper.make_node("Mul", [node.input[0], gate], list(node.output), name=node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return found


def quantize_by_onnxruntime(source: pathlib.Path, calibration: pathlib.Path, target: pathlib.Path) -> None:
    """Its documented best: preprocessed, QDQ, u8 activations, s8 weights per channel."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    name = onnx.load(source).graph.input[0].name
    reader = Calibration(name, np.load(calibration))
    quantize_static(prepared, target, reader, quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    prepared.unlink()


def hard_sigmoid_as_addition(model: onnx.ModelProto) -> int:
    """Expert form: between codes, HardSigmoid(x) = clamp(x + 3, 0, 6) / 6 is an addition whose quantization (scale 6 / 255, zero point 0) does the clamping, and
    whose codes are read back with scale 1 / 255. So no float node is left. Returns how many were rewritten."""
    graph = model.graph
    made_by = {output: node for node in graph.node for output in node.output}
    readers = {}
    for node in graph.node:
        for source in node.input:
            readers.setdefault(source, []).append(node)

    def constant(name, value):
        graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    changed = 0
    for node in list(graph.node):
        if node.op_type != "HardSigmoid" or made_by.get(node.input[0], node).op_type != "DequantizeLinear":
            continue
        quantize = readers.get(node.output[0], [])
        if len(quantize) != 1 or quantize[0].op_type != "QuantizeLinear":
            continue
        if not changed:
            constant("three_codes", np.array(255, np.uint8)), constant("three_scale", np.float32(3 / 255)), constant("code_zero", np.uint8(0))
            constant("six_scale", np.float32(6 / 255)), constant("one_scale", np.float32(1 / 255))
        changed += 1
        at = list(graph.node).index(node)
        three = f"{node.name}.three"
        graph.node.insert(at, helper.make_node("DequantizeLinear", ["three_codes", "three_scale", "code_zero"], [three], name=three))
        node.op_type = "Add"
        del node.attribute[:]
        node.input.append(three)
        quantize[0].input[1:] = ["six_scale", "code_zero"]
        for reader in readers[quantize[0].output[0]]:
            reader.input[1:] = ["one_scale", "code_zero"]
    return changed


def expert(source: pathlib.Path, calibration: pathlib.Path, target: pathlib.Path) -> bool:
    """onnxruntime's quantization with the rewrites that an expert would make; False where the network has nothing to rewrite."""
    model = onnx.load(source)
    decompose_hard_swish(model)
    if not any(node.op_type == "HardSigmoid" for node in model.graph.node):
        return False
    decomposed = target.with_suffix(".decomposed.onnx")
    onnx.save(model, decomposed)
    quantize_by_onnxruntime(decomposed, calibration, target)
    decomposed.unlink()
    model = onnx.load(target)
    if hard_sigmoid_as_addition(model) == 0:
        raise RuntimeError(f"{target}: no HardSigmoid stands between codes")
    onnx.checker.check_model(model)
    onnx.save(model, target)
    return True


def ncnn_files(source: pathlib.Path, folder: pathlib.Path, size: int) -> pathlib.Path:
    """MODEL.ncnn.param and .bin by pnnx (which writes beside its source)."""
    binary = pathlib.Path(sys.prefix).glob("lib/python*/site-packages/pnnx/pnnx")
    link = folder / "ncnn.onnx"
    link.write_bytes(source.read_bytes())
    subprocess.run([next(binary), link, f"inputshape=[1,3,{size},{size}]", "fp16=0"], check=True, capture_output=True, cwd=folder)
    param = folder / "ncnn.ncnn.param"
    # pnnx leaves the strided Slice of CIFAR's shortcuts as it is, and ncnn has none with a stride: every second pixel is its nearest resize by a half.
    param.write_text(re.sub(r"^Tensor\.slice( .*)$", r"Interp\1 0=1 1=0.5 2=0.5", param.read_text(), flags=re.M))
    ncnn_int8.write(param, ncnn_int8.fuse_hard_swish(ncnn_int8.read(param)))
    return param


def write_for_torch(source: pathlib.Path, target: pathlib.Path) -> None:
    """What bench/engine_torch.py reads, so that a Python with torch needs no onnx."""
    model = onnx.load(source)
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(attributes["value"])
            continue
        plain = {key: value.decode() if isinstance(value, bytes) else value for key, value in attributes.items()}
        nodes.append([node.op_type, [s for s in node.input if s], node.output[0], plain])
    shape = [d.dim_value or 1 for d in graph.input[0].type.tensor_type.shape.dim]
    text = json.dumps({"nodes": nodes, "constants": list(constants), "input": graph.input[0].name, "output": graph.output[0].name, "shape": shape})
    with target.open("wb") as file:
        np.savez(file, graph=text, **{f"w{i}": value for i, value in enumerate(constants.values())})


def make(galet: pathlib.Path, source: pathlib.Path, folder: pathlib.Path, calibration: pathlib.Path, size: int, wanted: set) -> dict:
    """Writes the forms wanted into `folder` (those that are there are kept); returns form -> path, or form -> a sentence why not."""
    folder.mkdir(parents=True, exist_ok=True)

    def by_galet():
        subprocess.run([galet, "quantize", source, "--data", f"npy:{calibration}", "--samples", "64", "-o", folder / "galet.galet"], check=True, capture_output=True)
        return folder / "galet.galet"

    def exported():
        subprocess.run([galet, "export", folder / "galet.galet", "-o", folder / "galet_qdq.onnx"], check=True, capture_output=True)
        return folder / "galet_qdq.onnx"

    def own():
        quantize_by_onnxruntime(source, calibration, folder / "own_qdq.onnx")
        return folder / "own_qdq.onnx"

    def by_expert():
        return folder / "expert_qdq.onnx" if expert(source, calibration, folder / "expert_qdq.onnx") else "the network has no hard-sigmoid"

    def ncnn_quantized():
        ncnn_int8.quantize(folder / "ncnn.ncnn.param", np.load(calibration, mmap_mode="r")[:32], folder / "ncnn.int8.param")
        return folder / "ncnn.int8.param"

    def for_torch():
        subprocess.run([galet, "export", source, "-o", folder / "float.onnx"], check=True, capture_output=True)  # shapes folded
        write_for_torch(folder / "float.onnx", folder / "torch.npz")
        return folder / "torch.npz"

    makers = {
        "galet": ("galet.galet", by_galet),
        "galet_qdq": ("galet_qdq.onnx", exported),
        "own_qdq": ("own_qdq.onnx", own),
        "expert_qdq": ("expert_qdq.onnx", by_expert),
        "ncnn": ("ncnn.ncnn.param", lambda: ncnn_files(source, folder, size)),
        "torch": ("torch.npz", for_torch),
        "ncnn_int8": ("ncnn.int8.param", ncnn_quantized),
    }  # fmt: skip
    forms = {"float": source}
    for form, (name, write) in makers.items():
        if form not in wanted:
            continue
        try:
            forms[form] = folder / name if (folder / name).exists() else write()
        except subprocess.CalledProcessError as error:
            forms[form] = (error.stderr or error.stdout or b"").decode(errors="replace").strip().splitlines()[-1:] or [str(error)]
            forms[form] = forms[form][0]
        except Exception as error:
            forms[form] = f"{type(error).__name__}: {error}".splitlines()[0]
    return forms

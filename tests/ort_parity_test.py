"""The exported int8 networks in ONNX Runtime against galet's own runtime: integer outputs, bit by bit; and exported float networks against the files that
they came from. ort_parity quantizes and exports."""
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

from export_onnx_test import codes_of_outputs

onnxruntime.set_default_logger_severity(4)
SHARED = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data"))
DATA = pathlib.Path(os.environ.get("GALET_DATA", "../data"))
IMAGES = int(os.environ.get("GALET_PARITY_IMAGES", "500"))

# name, model, calibration data, test data, preprocessing (resize, crop, mean, std)
CASES = [
    ("resnet20", SHARED / "models/resnet20_cifar10.onnx", f"folder:{DATA}/cifar10_jpeg/train", f"folder:{DATA}/cifar10_jpeg/test", []),
    ("resnet56", SHARED / "models/resnet56_cifar10.onnx", f"folder:{DATA}/cifar10_jpeg/train", f"folder:{DATA}/cifar10_jpeg/test", []),
    ("squeezenet", SHARED / "models/squeezenet1_1_imagenet.onnx", f"folder:{DATA}/imagenet_sample", f"folder:{DATA}/imagenet_sample",
     [256, 224, .48235, .45882, .40784, 1 / 255, 1 / 255, 1 / 255]),
    ("tidewrack", pathlib.Path("models/tidewrack_resnet20.onnx"), "tidewrack:train,count=500", "tidewrack:test,count=500", []),
    ("tidewrack lenet", pathlib.Path("models/tidewrack_lenet.onnx"), "tidewrack:train,count=500", "tidewrack:test,count=500", []),
    ("tidewrack mobilenet_v3_small", pathlib.Path("models/tidewrack_mobilenet_v3_small.onnx"), "tidewrack:train,count=500,size=64", "tidewrack:test,count=500,size=64", []),
]
FLOAT_CASES = ["models/resnet20_cifar10.onnx", "models/resnet20_cifar10_batchnorm_op17.onnx", "models/squeezenet1_1_imagenet.onnx",
               "ultraface/version-RFB-320.onnx", "ultraface/version-RFB-320_without_postprocessing.onnx"]


def session(model, keep=None):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if keep:
        options.optimized_model_filepath = str(keep)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def compare_layers(folder, model):
    """Differences of every quantized value of the first image, in the network's order."""
    layers = {path.name[len("layer."):-len(".npy")].replace("@", "/"): np.load(path) for path in folder.glob("layer.*.npy")}
    names = [n.output[0] for n in model.graph.node if n.op_type == "QuantizeLinear"]
    known = {output.name for output in model.graph.output}
    for name in names:
        if name not in known:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None))
    values = session(model).run(names, {model.graph.input[0].name: np.load(folder / "inputs.npy")[:1]})
    for name, value in zip(names, values):
        ours = layers.get(name.removesuffix("_codes"))
        if ours is not None and ours.size == value.size and (ours.reshape(-1) != value.reshape(-1)).any():
            difference = np.abs(ours.reshape(-1).astype(int) - value.reshape(-1).astype(int))
            print(f"    {name}: {(difference > 0).sum()} of {difference.size} differ, by up to {difference.max()}")


def check_dynamic(name, inputs, folder):
    """Dynamic quantization rounds what a float computation gave, so a last bit may differ and with it a code; outputs stay close and the answers the same."""
    run, ours = session(onnx.load(folder / "dynamic.onnx")), np.load(folder / "dynamic.npy")
    theirs = np.concatenate([run.run(None, {run.get_inputs()[0].name: inputs[i:i + 1]})[0] for i in range(len(ours))])
    difference = np.abs(ours - theirs)
    agreement = (ours.reshape(len(ours), -1).argmax(1) == theirs.reshape(len(ours), -1).argmax(1)).mean()
    print(f"{name} dynamic: {len(ours)} images, {(difference > 0).sum()} of {difference.size} outputs differ, by up to {difference.max() / np.abs(ours).max():.1e} "
          f"of the largest; top-1 agreement {agreement:.2%}")
    return agreement == 1


def check(name, model_path, calibration, test, preprocessing, folder):
    arguments = [str(a) for a in preprocessing]
    subprocess.run([pathlib.Path(os.environ.get("GALET_BUILD", "build")) / "ort_parity", model_path, calibration, test, str(IMAGES), folder] + arguments, check=True)
    original = onnx.load(folder / "int8.onnx")
    model = codes_of_outputs(onnx.load(folder / "int8.onnx"))
    run = session(model, folder / "optimized.onnx")
    inputs, ours = np.load(folder / "inputs.npy", mmap_mode="r"), np.load(folder / "codes.npy")
    theirs = np.concatenate([run.run(None, {run.get_inputs()[0].name: inputs[i:i + 1]})[0] for i in range(len(inputs))])
    types = collections.Counter(n.op_type for n in onnx.load(folder / "optimized.onnx").graph.node)
    ours, theirs = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
    if ours.dtype != theirs.dtype:
        print(f"FAILED {name}: outputs are {ours.dtype} here, {theirs.dtype} there")
        return False
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    agreement = (ours.argmax(1) == theirs.argmax(1)).mean()
    print(f"{name}: {len(ours)} images, {(difference > 0).sum()} of {difference.size} outputs ({ours.dtype}) differ, by up to {difference.max():g}; "
          f"top-1 agreement {agreement:.2%}; {dict(types)}")
    if difference.max() > 0:
        compare_layers(folder, original)
    return check_dynamic(name, inputs, folder) and difference.max() == 0 and agreement == 1


def check_float(path, folder):
    """The file that galet read and wrote again computes what the original does, on several images at once where both take them."""
    subprocess.run([pathlib.Path(os.environ.get("GALET_BUILD", "build")) / "ort_parity", path, "-", "-", "0", folder], check=True)
    exported = onnx.load(folder / "float.onnx")
    onnx.checker.check_model(exported, full_check=True)
    ours, theirs = session(exported), onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    symbolic = all(isinstance(s.get_inputs()[0].shape[0], str) for s in (ours, theirs))
    shape = [3 if symbolic else 1, *ours.get_inputs()[0].shape[1:]]
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    worst = 0.0
    for got, wanted in zip(*(s.run(None, {s.get_inputs()[0].name: x}) for s in (ours, theirs)), strict=True):
        worst = max(worst, float(np.abs(got - wanted).max() / np.abs(wanted).max()))
    print(f"{path.name}: float export, batch of {shape[0]}, differs by {worst:.1e} of the largest output")
    return worst < 1e-4


def main():
    done = failed = 0
    for name in FLOAT_CASES:
        if not (SHARED / name).exists():
            print(f"skipped {name}: not in {SHARED} (GALET_SHARED_DATA)")
            continue
        done += 1
        with tempfile.TemporaryDirectory() as temporary:
            if not check_float(SHARED / name, pathlib.Path(temporary)):
                failed += 1
    for name, model, *rest in CASES:
        missing = [p for p in [model, *(pathlib.Path(d.removeprefix("folder:")) for d in rest[:2] if d.startswith("folder:"))] if not p.exists()]
        if missing:
            print(f"skipped {name}: {missing[0]} is not there (GALET_SHARED_DATA, GALET_DATA)")
            continue
        done += 1
        with tempfile.TemporaryDirectory() as temporary:
            if not check(name, model, *rest, pathlib.Path(temporary)):
                failed += 1
    return 1 if failed else 0 if done else 77


if __name__ == "__main__":
    sys.exit(main())

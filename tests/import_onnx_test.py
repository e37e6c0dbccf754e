"""Imported shared models give onnxruntime's outputs: within 1e-4 of the largest output, on three seeded random images each."""
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


def compare(path: pathlib.Path, how: str, images: int) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    shape = [1] + list(source.shape[1:])
    worst = 0.0
    for seed in range(images):
        image = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
        expected = session.run(None, {source.name: image})
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "input_0.pb").write_bytes(numpy_helper.from_array(image).SerializeToString())
            subprocess.run([build / "galet_import_onnx_run", path, folder, how], check=True, stdout=subprocess.DEVNULL)  # its stderr is shown
            for i, want in enumerate(expected):
                got = np.fromfile(pathlib.Path(folder, f"galet_{i}.f32"), np.float32).reshape(want.shape)
                worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return worst


def main() -> int:
    missing = [name for name in models if not (shared / name).exists()]
    for name in missing:
        print(f"skipped, not there: {shared / name} (set GALET_SHARED_DATA)")
    failed = 0
    for name in models:
        if name in missing:
            continue
        how = sys.argv[1] if len(sys.argv) > 1 else "session"
        try:
            worst = compare(shared / name, how, 3 if how == "session" else 1)
        except subprocess.CalledProcessError:
            failed += 1
            continue
        print(f"{name}: largest difference {worst:.2e} of the largest output ({how})")
        failed += worst > 1e-4
    return 77 if len(missing) == len(models) else 1 if failed else 0


sys.exit(main())

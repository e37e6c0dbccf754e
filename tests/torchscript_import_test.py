"""TorchScript archives made by PyTorch, imported through the command line: what is read gives the module's own numbers; what is not is named, with its source line.

torchscript_import_test.py: small modules. torchscript_import_test.py networks: torchvision's networks, traced and scripted, and the traced resnet20 of the shared data
(PyTorch's own outputs are compared once more here, not only by galet). Skips (status 77) where torch, torchvision or galet-torch are missing.
"""
import os
import pathlib
import sys
import tempfile
import warnings
import zipfile

from galet_cli import GALET, ok, ok_json, run

if not (GALET.parent / "galet-torch").exists():
    print("SKIPPED torchscript_import_test: galet-torch is not built (./dev setup --torch)")
    sys.exit(77)
try:
    import numpy as np
    import torch
    import torchvision
except ImportError as missing:
    print(f"SKIPPED torchscript_import_test: {missing} (./dev setup --torch)")
    sys.exit(77)
import torchscript_modules as modules

warnings.filterwarnings("ignore")
OUT = pathlib.Path(tempfile.mkdtemp())
SHAPE = (1, 3, 12, 16)


def save(module, name, trace_with=None):
    path = OUT / f"{name}.pt"
    module = module.eval()
    (torch.jit.trace(module, trace_with) if trace_with is not None else torch.jit.script(module)).save(str(path))
    return path


def imported(path, *flags, shape=SHAPE):
    package = path.with_suffix(".galet")
    done = run("import", path, "--input-shape", "x".join(map(str, shape)), "-o", package, *flags)
    assert done.returncode == 0, f"{path.name}: status {done.returncode}\n{done.stderr}"
    return package, done.stdout + done.stderr


def refused(path, *says, shape=SHAPE):
    package = path.with_suffix(".galet")
    package.unlink(missing_ok=True)
    done = run("torchscript_import", path, "--input-shape", "x".join(map(str, shape)), "-o", package)
    assert done.returncode == 1, f"{path.name}: status {done.returncode}, expected 1\n{done.stdout}{done.stderr}"
    assert len(done.stderr.splitlines()) == 1, f"{path.name}: expected one line, got\n{done.stderr}"
    for text in says:
        assert text in done.stderr, f"{path.name}: expected {text!r} in {done.stderr}"
    assert not package.exists(), f"{path.name}: refused, and yet written"


def same_numbers(module, package, shape=SHAPE, images=3):
    """galet's runtime against PyTorch in this process."""
    x = torch.randn(images, *shape[1:])
    np.save(OUT / "x.npy", x.numpy())
    ok("evaluate", package, "--data", f"npy:{OUT / 'x.npy'}", "--dump-outputs", OUT / "y.npy")
    with torch.no_grad():
        wanted = torch.cat([module(x[i:i + 1]) for i in range(images)]).numpy()
    found = np.load(OUT / "y.npy").reshape(wanted.shape)
    gap = np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-6)
    assert gap < 1e-4, f"{package.name}: {gap}"
    return gap


def line_of(text):
    for number, line in enumerate((pathlib.Path(__file__).parent / "torchscript_modules.py").read_text().splitlines(), 1):
        if text in line:
            return f"torchscript_modules.py:{number}"
    raise AssertionError(text)


def small_modules():
    torch.manual_seed(1)
    for flag in (True, False):
        imported(save(modules.Branches(flag), f"branches_{flag}"))
    example = torch.randn(SHAPE)
    for name in ("InPlace", "Views", "Containers", "ManyFunctions"):
        imported(save(getattr(modules, name)(), name + "_scripted"))
        imported(save(getattr(modules, name)(), name + "_traced", example if name != "Containers" else None))
    for trace in (None, torch.randn(1, 3, 8, 8)):
        imported(save(modules.Pieces(), f"pieces_{trace is None}", trace), shape=(1, 3, 8, 8))
    inspected = ok("inspect", OUT / "Containers_scripted.galet")
    assert "layers.2" in inspected, inspected

    # A batch norm stays where that is wanted, with the names of its module.
    net = nn_sequential()
    path = save(net, "bn")
    folded, kept = imported(path)[0], None
    assert "batch_norm" not in ok("inspect", folded)
    kept, _ = imported(path, "--keep-batch-norm")
    assert "batch_norm" in ok("inspect", kept)
    same_numbers(net, kept)


def nn_sequential():
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(inplace=True), torch.nn.Dropout2d(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    net[1].running_mean.normal_()
    net[1].running_var.uniform_(0.5, 2)
    return net.eval()


def refusals():
    refused(save(modules.Unsupported(), "unsupported"), "operators cannot be imported", "aten::fft_fft at", line_of("torch.fft.fft"), "aten::linalg_inv", line_of("torch.linalg.inv"))
    refused(save(modules.DataDependent(), "data_dependent"), "aten::Bool", line_of("if bool(x.mean()"), "depend")
    refused(save(modules.Random(), "random"), "aten::rand_like", "random")
    refused(save(modules.WritesThroughView(), "view_write"), "another view of the same memory")
    refused(save(modules.State(), "state"), "prim::SetAttr", "count")
    refused(save(modules.Endless(), "endless"), "steps")
    refused(save(modules.Huge(), "huge"), "elements", line_of("torch.ones(1000000"))
    refused(save(modules.Files(), "files"), "aten::from_file", line_of("torch.from_file"))
    refused(save(modules.Raises(), "raises"), "raises an exception", "five channels please")
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    path = OUT / "training.pt"
    torch.jit.trace(net.train(), torch.randn(SHAPE)).save(str(path))
    refused(path, "statistics of each batch")
    dropping = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Dropout(0.5))
    torch.jit.trace(dropping.train(), torch.randn(SHAPE), check_trace=False).save(str(OUT / "dropping.pt"))
    refused(OUT / "dropping.pt", "at random")

    # What a trace fixed is said.
    _, text = imported(save(modules.BakedBatch(), "baked_batch", torch.randn(SHAPE)))
    assert "warning" in text and "two images at once" in text, text
    _, text = imported(save(modules.BakedSize(), "baked_size", torch.randn(SHAPE)))
    assert "size fixed" in text, text


def damaged():
    good = (OUT / "bn.pt").read_bytes()
    for name, data in {"empty": b"", "text": b"hello", "cut": good[:len(good) // 2], "head": good[:100], "tail": good[-300:]}.items():
        path = OUT / f"damaged_{name}.pt"
        path.write_bytes(data)
        refused(path, str(path))
    for missing in ("code", "data.pkl", "constants.pkl", "data/0"):
        path = OUT / f"without_{missing.replace('/', '_')}.pt"
        with zipfile.ZipFile(OUT / "bn.pt") as src, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as dst:
            for entry in src.namelist():
                if f"/{missing}" not in entry:
                    dst.writestr(entry, src.read(entry))
        refused(path, str(path))
    refused(OUT / "not_there.pt", "no such file")
    path = OUT / "state_dict.pt"
    torch.save({"a": torch.ones(2)}, path)
    refused(path, str(path))
    done = run("import", OUT / "bn.pt", "-o", OUT / "no_shape.galet")
    assert done.returncode == 1 and "--input-shape" in done.stderr, done.stderr
    done = run("import", OUT / "bn.pt", "--input-shape", "1x3xbig", "-o", OUT / "no_shape.galet")
    assert done.returncode == 2, done.stderr
    refused(OUT / "bn.pt", "conv2d", shape=(1, 4, 12, 12))


def networks():
    torch.manual_seed(0)
    for name in ("resnet18", "mobilenet_v3_small", "mobilenet_v3_large", "squeezenet1_1"):
        net = getattr(torchvision.models, name)().eval()
        for key, buffer in net.named_buffers():
            if key.endswith("running_mean"):
                buffer.normal_(0, 0.1)
            elif key.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
        shape = (1, 3, 96, 96)
        for kind, example in (("traced", torch.randn(shape)), ("scripted", None)):
            package, text = imported(save(net, f"{name}_{kind}", example), shape=shape)
            assert "warning" not in text, text
            print(f"ok   {name} {kind}: relative difference from PyTorch {same_numbers(net, package, shape, 2):.1e}", flush=True)
    shared = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data")) / "models/resnet20_cifar10_traced.pt"
    test = pathlib.Path(os.environ.get("GALET_DATA", "build/data")) / "cifar10_jpeg/test"
    if not shared.exists() or not test.exists():
        print(f"SKIPPED resnet20: {shared} or {test} is missing")
        return
    package = OUT / "resnet20.galet"
    ok("import", shared, "--input-shape", "x=1x3x32x32", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225", "--data", f"folder:{test}", "-o", package)
    correct = ok_json("evaluate", package, "--data", f"folder:{test}", "--dump-outputs", OUT / "traced.npy")["top1_correct"]
    assert correct == 4286, correct
    ok("evaluate", shared.parent / "resnet20_cifar10.onnx", "--data", f"folder:{test}", "--dump-outputs", OUT / "onnx.npy")
    a, b = np.load(OUT / "traced.npy"), np.load(OUT / "onnx.npy")
    gap = np.abs(a - b).max() / np.abs(b).max()
    assert gap < 1e-5, gap
    print(f"ok   resnet20 traced: 4286 of 5000; from the ONNX form by {gap:.1e} of the largest output")


if sys.argv[1:] == ["networks"]:
    networks()
else:
    small_modules()
    refusals()
    damaged()
print("torchscript_import holds")

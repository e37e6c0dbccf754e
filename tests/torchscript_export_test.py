"""Networks written as TorchScript by galet, loaded and run by PyTorch: float and quantized, under every quantized engine, packed and named, pixels, mobile, lite interpreter.

torchscript_export_test.py: the tidewrack resnet20 of this repository and small networks. torchscript_export_test.py figures: resnet20 of the shared data over all 5,000 test
images, mobilenet_v3_small of this repository. Skips (status 77) where torch or galet-torch are missing.
"""
import os
import pathlib
import sys
import tempfile
import warnings

from galet_cli import GALET, MODEL, ok, ok_json, run

if not (GALET.parent / "galet-torch").exists():
    print("SKIPPED torchscript_export_test: galet-torch is not built (./dev setup --torch)")
    sys.exit(77)
try:
    import numpy as np
    import torch
    from torch.jit.mobile import _load_for_lite_interpreter
except ImportError as missing:
    print(f"SKIPPED torchscript_export_test: {missing} (./dev setup --torch)")
    sys.exit(77)
import torchscript_modules as modules

warnings.filterwarnings("ignore")
OUT = pathlib.Path(tempfile.mkdtemp())
ENGINES = [engine for engine in torch.backends.quantized.supported_engines if engine != "none"]
TIDEWRACK = "tidewrack:test,count=200"
TIDEWRACK_CLASSES = "bottle can bag cup straw lid net rope carton foam".split()
MEAN, STD = np.float32([0.485, 0.456, 0.406]).reshape(3, 1, 1), np.float32([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def export(package, name, *flags):
    path = OUT / name
    done = run("export", package, "--to", "torchscript", "-o", path, *flags)
    assert done.returncode == 0, f"{name}: status {done.returncode}\n{done.stderr}"
    return path, done.stdout, done.stderr


def interior_dequantizes(graph):
    """Quantizations of what was computed from dequantized values."""
    real, found = set(), 0
    for node in graph.nodes():
        from_codes = node.kind() == "aten::dequantize" or any(value.debugName() in real for value in node.inputs())
        if node.kind() == "aten::quantize_per_tensor" and from_codes:
            found += 1
        elif from_codes:
            real.update(value.debugName() for value in node.outputs())
    return found


def kinds(module):
    return {node.kind() for node in module.inlined_graph.nodes()}


def outputs(path, images, engine=None, named=False):
    if engine:
        torch.backends.quantized.engine = engine
    module = torch.jit.load(str(path))
    with torch.no_grad():
        results = [module(torch.from_numpy(images[i:i + 1])) for i in range(len(images))]
    return module, results if named else torch.cat(results).numpy()


def galet_outputs(package, images):
    np.save(OUT / "images.npy", images)
    ok("evaluate", package, "--data", f"npy:{OUT / 'images.npy'}", "--dump-outputs", OUT / "outputs.npy")
    return np.load(OUT / "outputs.npy")


def close(mine, theirs, bound, what):
    gap = np.abs(mine.reshape(theirs.shape) - theirs).mean() / max(np.abs(theirs).max(), 1e-9)
    assert gap <= bound, f"{what}: mean difference {gap:.2e} of the largest output, wanted {bound}"


def tidewrack():
    package = OUT / "tidewrack.galet"
    ok("quantize", MODEL, "--data", "tidewrack:train,count=128", "-o", package)
    images = np.random.default_rng(1).normal(0, 1, (16, 3, 32, 32)).astype(np.float32)
    wanted = galet_outputs(package, images)

    path, text, remarks = export(package, "static.pt", "--data", TIDEWRACK)
    assert "0 interior dequantizes" in text and "real images" in text, text
    for engine in ENGINES:
        assert engine in text, text
        module, found = outputs(path, images, engine)
        assert interior_dequantizes(module.inlined_graph) == 0
        assert {"quantized::conv2d_relu", "quantized::add_relu", "quantized::linear"} <= kinds(module) and "aten::conv2d" not in kinds(module), kinds(module)
        close(found, wanted, 0.02, f"tidewrack {engine}")

    # Float, with the parameters' names.
    path, text, _ = export(MODEL, "float.pt")
    assert "float:" in text, text
    module, found = outputs(path, images)
    close(found, galet_outputs(MODEL, images), 1e-5, "tidewrack float")
    assert any(key.endswith("conv1.weight") for key in module.state_dict()), list(module.state_dict())[:5]

    # Named outputs, pixels.
    path, _, _ = export(package, "named.pt", "--outputs", "named")
    _, results = outputs(path, images[:2], ENGINES[0], named=True)
    assert isinstance(results[0], dict) and len(results[0]) == 1, results[0]
    close(torch.cat([next(iter(r.values())) for r in results]).numpy(), wanted[:2], 0.02, "named")
    pixels = np.random.default_rng(2).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    path, text, _ = export(package, "pixels.pt", "--input", "uint8", "--data", TIDEWRACK)
    _, found = outputs(path, pixels, ENGINES[0])
    np.save(OUT / "pixels.npy", pixels)
    ok("evaluate", package, "--data", f"npy:{OUT / 'pixels.npy'}", "--dump-outputs", OUT / "outputs.npy")
    close(found, np.load(OUT / "outputs.npy"), 0.02, "pixels")

    # Mobile: passes, blocked ones, the lite interpreter.
    floats = {}
    for name, flags in {"all": [], "java": ["--target", "java"], "blocked": ["--block", "insert_fold_prepack_ops", "--block", "fuse_add_relu"]}.items():
        path, _, _ = export(MODEL, f"mobile_{name}.pt", "--mobile", *flags)
        floats[name], found = outputs(path, images)
        close(found, galet_outputs(MODEL, images), 1e-4, f"mobile {name}")
    assert any("prepacked" in kind for kind in kinds(floats["all"])), kinds(floats["all"])
    for name in ("java", "blocked"):
        assert not any("prepacked" in kind for kind in kinds(floats[name])), kinds(floats[name])
    for source, engine in ((package, "qnnpack"), (MODEL, "qnnpack")):
        path, _, _ = export(source, "network.ptl", "--mobile", "--target", "java")
        torch.backends.quantized.engine = engine
        lite = _load_for_lite_interpreter(str(path))
        found = torch.cat([lite(torch.from_numpy(images[i:i + 1])) for i in range(4)]).detach().numpy()
        close(found, galet_outputs(source, images[:4]), 0.02, f"ptl of {source.name}")

    # Refusals.
    for flags, status, says in ((["--bound", "0"], 1, "differs from galet"), (["--block", "fuse_add_relu"], 2, "--mobile"), (["--mobile", "--block", "nonsense"], 2, "nonsense"),
                                (["--outputs", "some"], 2, "some"), (["--opset", "17"], 2, "--opset"), (["--data", "folder:/nowhere"], 1, "/nowhere")):
        path = OUT / "refused.pt"
        done = run("export", package, "--to", "torchscript", "-o", path, *flags)
        assert done.returncode == status and says in done.stderr, f"{flags}: status {done.returncode}\n{done.stdout}{done.stderr}"
        assert not path.exists() and not pathlib.Path(f"{path}.partial").exists(), flags
    done = run("export", package, "--to", "torchscript", "-o", "/nowhere/x.pt")
    assert done.returncode == 1 and len(done.stderr.splitlines()[-1:]) == 1, done.stderr
    done = run("export", package, "-o", OUT / "x.onnx", "--mobile")
    assert done.returncode == 2, done.stderr


def small_networks():
    """What PyTorch wrote goes through galet, quantized, and back."""
    torch.manual_seed(3)
    for name, net in {"pieces": Pieces(), "mobile": Mobile()}.items():
        archive, package = OUT / f"{name}.pt", OUT / f"{name}.galet"
        torch.jit.script(net.eval()).save(str(archive))
        ok("import", archive, "--input-shape", "x=1x3x16x16", "-o", package)
        images = np.random.default_rng(4).normal(0, 1, (32, 3, 16, 16)).astype(np.float32)
        np.save(OUT / "calibrate.npy", images)
        _, text, _ = export(package, f"{name}_float.pt")
        _, found = outputs(OUT / f"{name}_float.pt", images)
        close(found, galet_outputs(package, images), 1e-5, f"{name} float")
        quantized = OUT / f"{name}_int8.galet"
        ok("quantize", package, "--data", f"npy:{OUT / 'calibrate.npy'}", "-o", quantized)
        path, text, remarks = export(quantized, f"{name}_int8.pt", "--data", f"npy:{OUT / 'calibrate.npy'}")
        for engine in ENGINES:
            module, found = outputs(path, images, engine)
            close(found, galet_outputs(quantized, images), 0.02, f"{name} int8 {engine}")
            assert interior_dequantizes(module.inlined_graph) == int(text.split(" interior")[0].split()[-1]), text


class Pieces(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.Conv2d(3, 8, 1), torch.nn.Conv2d(16, 8, 3, groups=2)
        self.head = torch.nn.Linear(8, 5)

    def forward(self, x):
        a = torch.nn.functional.leaky_relu(self.a(x), 0.1)
        b = torch.sigmoid(self.b(x))
        y = torch.nn.functional.max_pool2d(torch.cat([a - b, torch.clamp(b, 0.1, 0.8)], 1), 3, 2, 1)
        y = torch.nn.functional.pad(self.c(y), [1, 2, 0, 1])[:, :, ::2, 1:]
        y = torch.nn.functional.silu(torch.nn.functional.interpolate(y, scale_factor=2.0, mode="nearest"))
        y = torch.nn.functional.avg_pool2d(torch.nn.functional.interpolate(y, scale_factor=2.0, mode="bilinear"), 2)
        return self.head(torch.flatten(torch.nn.functional.adaptive_avg_pool2d(torch.nn.functional.elu(y), [1, 1]), 1))


class Mobile(torch.nn.Module):
    """A block of mobilenet_v3: depthwise, squeeze and excite, hard functions, a residual."""
    def __init__(self):
        super().__init__()
        self.expand, self.depth, self.project = torch.nn.Conv2d(3, 16, 1), torch.nn.Conv2d(16, 16, 5, padding=2, groups=16), torch.nn.Conv2d(16, 16, 1)
        self.squeeze, self.excite, self.head = torch.nn.Conv2d(16, 8, 1), torch.nn.Conv2d(8, 16, 1), torch.nn.Linear(16, 6)

    def forward(self, x):
        x = torch.nn.functional.hardswish(self.expand(x))
        y = torch.nn.functional.hardswish(self.depth(x))
        s = torch.nn.functional.relu(self.squeeze(torch.nn.functional.adaptive_avg_pool2d(y, [1, 1])))
        y = self.project(y * torch.nn.functional.hardsigmoid(self.excite(s))) + x
        return self.head(torch.nn.functional.relu6(y).mean([2, 3]))


def pictures(folder, classes):
    """Images of a folder per class as galet prepares them, and their labels."""
    from PIL import Image
    files = sorted((str(p) for p in folder.rglob("*.*")), key=os.fsencode)
    labels = np.array([classes.index(pathlib.Path(f).parent.name) for f in files])
    return np.stack([((np.asarray(Image.open(f).convert("RGB")).transpose(2, 0, 1).astype(np.float32) / np.float32(255)) - MEAN) / STD for f in files]), labels


def compare_top1(name, path, images, labels, correct, most):
    for engine in ENGINES:
        torch.backends.quantized.engine = engine
        module = torch.jit.load(str(path))
        assert interior_dequantizes(module.inlined_graph) == 0
        with torch.no_grad():
            found = int(sum((module(torch.from_numpy(images[i:i + 50])).argmax(1).numpy() == labels[i:i + 50]).sum() for i in range(0, len(images), 50)))
        print(f"{'ok  ' if abs(found - correct) <= most else 'FAIL'} {name} {engine}: PyTorch {found} of {len(images)}, galet {correct}", flush=True)
        assert abs(found - correct) <= most, engine


def figures():
    shared = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data")) / "models/resnet20_cifar10.onnx"
    data = pathlib.Path(os.environ.get("GALET_DATA", "build/data")) / "cifar10_jpeg"
    small = OUT / "mobilenet_int8.galet"
    ok("quantize", MODEL.parent / "tidewrack_mobilenet_v3_small.onnx", "--data", "tidewrack:train,count=5000,size=64", "--samples", "512", "--seed", "1", "--equalize-channels", "--correct-bias", "-o", small)
    path, text, _ = export(small, "mobilenet_int8.pt", "--data", "tidewrack:test,count=500,size=64", "--limit", "500")
    print("mobilenet_v3_small of models/, trained:\n" + text, end="", flush=True)
    assert "0 interior dequantizes" in text, text
    ok("tidewrack", OUT / "pictures64", "--count", 500, "--size", 64)
    images, labels = pictures(OUT / "pictures64", TIDEWRACK_CLASSES)
    correct = ok_json("evaluate", small, "--data", "tidewrack:test,count=500,size=64")["top1_correct"]
    compare_top1("mobilenet_v3_small", path, images, labels, correct, 2)
    if not shared.exists() or not (data / "test").exists():
        print(f"SKIPPED resnet20: {shared} or {data} is missing")
        return
    package = OUT / "resnet20.galet"
    ok("quantize", shared, "--data", f"folder:{data}/train", "--samples", "512", "--seed", "1", "-o", package)
    path, text, _ = export(package, "resnet20.pt", "--data", f"folder:{data}/test", "--limit", "5000")
    print(text, end="", flush=True)
    assert "0 interior dequantizes" in text, text
    correct = ok_json("evaluate", package, "--data", f"folder:{data}/test")["top1_correct"]
    images, labels = pictures(data / "test", sorted(p.name for p in (data / "test").iterdir()))
    compare_top1("resnet20", path, images, labels, correct, 5)  # 0.1 points


if sys.argv[1:] == ["figures"]:
    figures()
else:
    tidewrack()
    small_networks()
print("torchscript_export holds")

"""What PyTorch saves, galet reads, and the other way round: torchvision's networks give torchvision's outputs, every way of saving gives the same tensors,
exports load strictly; resnet20 in all its forms scores what PyTorch measured. Needs Debian's python3-torch and python3-torchvision (else skipped, by name)."""
import argparse
import collections
import os
import pathlib
import sys
import tempfile

from galet_cli import ok, ok_json, refused, run

try:
    import numpy
    import torch
    import torchvision
except ImportError as error:
    print(f"SKIPPED pytorch_import_test: {error} (./dev setup --torch installs python3-torch and python3-torchvision)")
    sys.exit(77)

torch.set_num_threads(1)
SHARED = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data")) / "models"
CIFAR = pathlib.Path(os.environ.get("GALET_DATA", "build/data")) / "cifar10_jpeg/test"
NETWORKS = ["resnet18", "resnet34", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "squeezenet1_1"]


def random_network(name, seed=1, **options):
    """With statistics and gains that differ from channel to channel, so that a parameter in the wrong place shows."""
    torch.manual_seed(seed)
    network = (SMALL[name][0](**options) if name in SMALL else getattr(torchvision.models, name)(weights=None, **options)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
            module.num_batches_tracked.fill_(1234)
    return network


def outputs(out, package, images):
    numpy.save(out / "images.npy", images)
    ok("evaluate", package, "--data", f"npy:{out}/images.npy", "--dump-outputs", out / "outputs.npy", "--threads", 2)
    return numpy.load(out / "outputs.npy")


class Block(torch.nn.Module):
    def __init__(self, inside, out, stride, shortcut):
        super().__init__()
        self.conv1, self.bn1 = torch.nn.Conv2d(inside, out, 3, stride, 1, bias=False), torch.nn.BatchNorm2d(out)
        self.conv2, self.bn2 = torch.nn.Conv2d(out, out, 3, 1, 1, bias=False), torch.nn.BatchNorm2d(out)
        self.same, self.pad = stride == 1 and inside == out, out // 4
        self.shortcut = torch.nn.Sequential()
        if not self.same and shortcut == "B":
            self.shortcut = torch.nn.Sequential(torch.nn.Conv2d(inside, out, 1, stride, bias=False), torch.nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        side = self.shortcut(x) if self.same or len(self.shortcut) else torch.nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return torch.relu(y + side)


class SmallResNet(torch.nn.Module):
    """The network of section 4.2 of He et al. 2015, with the names of akamaster/pytorch_resnet_cifar10."""

    def __init__(self, blocks, shortcut, num_classes):
        super().__init__()
        self.conv1, self.bn1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False), torch.nn.BatchNorm2d(16)
        stage = lambda inside, out, stride: torch.nn.Sequential(*[Block(inside if i == 0 else out, out, stride if i == 0 else 1, shortcut) for i in range(blocks)])
        self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.linear = torch.nn.Linear(64, num_classes)

    def forward(self, x):
        return self.linear(self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))).mean((2, 3)))


class LeNet(torch.nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv1, self.conv2 = torch.nn.Conv2d(3, 6, 5, bias=False), torch.nn.Conv2d(6, 16, 5, bias=False)
        self.fc1, self.fc2, self.fc3 = (torch.nn.Linear(*extents, bias=False) for extents in ((400, 120), (120, 84), (84, num_classes)))

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = torch.relu(torch.max_pool2d(conv(x), 2))
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1))))))


SMALL = {"lenet": (LeNet, []), "resnet20": (lambda num_classes: SmallResNet(3, "A", num_classes), []), "resnet32": (lambda num_classes: SmallResNet(5, "B", num_classes), ["--shortcut", "B"]),
         "resnet56": (lambda num_classes: SmallResNet(9, "A", num_classes), [])}


def check_networks(out):
    for name in [*SMALL, *NETWORKS]:
        for size, classes in ((32, 10), (32, 7)) if name in SMALL else ((224, 1000), (96, 7)):
            network = random_network(name, num_classes=classes)
            images = torch.randn(2, 3, size, size)
            torch.save(network.state_dict(), out / "net.pth")
            ok("import", out / "net.pth", "--model", name, "--classes", classes, "--input-size", size, *SMALL.get(name, (0, []))[1], "-o", out / "net.galet", "--report", out / "keys.json")
            with torch.no_grad():
                expected = network(images).numpy()
            found = outputs(out, out / "net.galet", images.numpy()).reshape(expected.shape)
            error = numpy.abs(found - expected).max() / numpy.abs(expected).max()
            print(f"{'ok  ' if error < 1e-4 else 'FAIL'} {name} {size}x{size}: differs by {error:.2g} of the largest output {numpy.abs(expected).max():.3g}", flush=True)
            assert error < 1e-4
        ok("export", out / "net.galet", "--to", "pth", "-o", out / "back.pth")
        back = torch.load(out / "back.pth", weights_only=True)
        other = random_network(name, seed=2, num_classes=classes)
        other.load_state_dict(back, strict=True)
        state = network.state_dict()
        assert state.keys() == back.keys(), "keys changed"
        assert all(torch.equal(state[key], other.state_dict()[key]) for key in state), "weights changed on the way"


def check_forms(out):
    """Every way of saving the same tensors."""
    network = random_network("mobilenet_v3_small", num_classes=10)
    state = collections.OrderedDict((k, v.clone()) for k, v in network.state_dict().items())
    half = collections.OrderedDict((k, v.half().float() if v.is_floating_point() else v) for k, v in state.items())
    transposed = collections.OrderedDict((k, v.clone(memory_format=torch.channels_last) if v.dim() == 4 else v.t().contiguous().t() if v.dim() == 2 else v) for k, v in state.items())
    flat = torch.cat([v.flatten() for v in state.values() if v.is_floating_point()])
    views, at = collections.OrderedDict(), 0
    for key, value in state.items():
        views[key] = flat[at:at + value.numel()].view(value.shape) if value.is_floating_point() else value
        at += value.numel() if value.is_floating_point() else 0
    optimizer = torch.optim.Adam(network.parameters())
    sum(p.sum() for p in network.parameters()).backward()
    optimizer.step()
    after = {k: v.clone() for k, v in network.state_dict().items()}
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 7])
    checkpoint = {"epoch": 3, "arch": "mobilenet", "state_dict": after, "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "best": numpy.float64(81.5),
                  "args": argparse.Namespace(lr=0.1, data="/data", steps=[1, 2]), "size": torch.Size([1, 2]), "device": torch.device("cpu")}
    legacy = dict(_use_new_zipfile_serialization=False)
    forms = {  # name: (what is saved, how, what is expected, flags)
        "zip": (state, {}, state, []),
        "legacy": (state, legacy, state, []),
        "protocol 4": (state, dict(pickle_protocol=4), state, []),
        "protocol 5": (state, dict(pickle_protocol=5), state, []),
        "half": (collections.OrderedDict((k, v.half() if v.is_floating_point() else v) for k, v in state.items()), {}, half, []),
        "bfloat16": (collections.OrderedDict((k, v.bfloat16() if v.is_floating_point() else v) for k, v in state.items()), {}, {k: v.bfloat16().float() if v.is_floating_point() else v for k, v in state.items()}, []),
        "double": (collections.OrderedDict((k, v.double() if v.is_floating_point() else v) for k, v in state.items()), {}, state, []),
        "strides": (transposed, {}, state, []),
        "strides, legacy": (transposed, legacy, state, []),
        "views of one storage": (views, {}, state, []),
        "views, legacy": (views, legacy, state, []),
        "parameters": (dict(network.named_parameters()) | dict(network.named_buffers()), {}, after, []),
        "checkpoint": (checkpoint, {}, after, []),
        "checkpoint, legacy": (checkpoint, legacy, after, []),
        "nested": ({"nets": {"teacher": state, "student": after}}, {}, after, ["--key", "nets.student"]),
        "DataParallel": (torch.nn.DataParallel(network).state_dict(), {}, after, []),
        "plain dict": (dict(state), {}, state, []),
    }
    for name, (what, how, expected, flags) in forms.items():
        torch.save(what, out / "form.pth", **how)
        ok("import", out / "form.pth", "--model", "mobilenet_v3_small", "--classes", 10, *flags, "-o", out / "form.galet")
        ok("export", out / "form.galet", "--to", "pth", "-o", out / "form_back.pth")
        back = torch.load(out / "form_back.pth", weights_only=True)
        different = [k for k in expected if not torch.equal(expected[k], back[k])]
        print(f"{'FAIL' if different else 'ok  '} {name}", flush=True)
        assert not different, (name, different[:3])

    target = ("--model", "mobilenet_v3_small", "--classes", 10, "-o", out / "x.galet")
    for name, what, says in [
        ("a whole model", network, "save model.state_dict() alone"),
        ("quantized tensors", {"w": torch.quantize_per_tensor(torch.randn(3), 0.1, 0, torch.qint8)}, "quantized tensors are not read"),
        ("sparse tensors", {"w": torch.eye(3).to_sparse()}, "sparse tensors are not read"),
        ("complex tensors", {"w": torch.zeros(2, dtype=torch.complex64)}, "complex tensors are not read"),
        ("no tensors", {"lr": 0.1}, "no state dict"),
        ("a tensor", torch.zeros(3), "no state dict"),
        ("a list", [torch.zeros(3)], "no state dict"),
        ("two networks", {"a": state, "b": dict(state)}, "choose one with --key"),
    ]:
        for how in ({}, legacy):
            torch.save(what, out / "bad.pth", **how)
            refused(1, says, "import", out / "bad.pth", *target)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(out / "script.pt"))
    refused(1, "TorchScript", "import", out / "script.pt", *target)
    assert not (out / "x.galet").exists()

    # Damage: weights in a zip file have a checksum, and no cut or flipped byte of any file crashes.
    torch.save({"layer.weight": torch.randn(4, 4)}, out / "small.pth")
    torch.save({"layer.weight": torch.randn(4, 4)}, out / "small_legacy.pth", **legacy)
    for file in ("small.pth", "small_legacy.pth"):
        whole = (out / file).read_bytes()
        for i in range(0, len(whole), max(1, len(whole) // 60)):
            for damaged in (whole[:i], whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1:]):
                (out / "damaged.pth").write_bytes(damaged)
                done = run("import", out / "damaged.pth", "--list")
                assert done.returncode in (0, 1) and (done.returncode == 0 or len(done.stderr.strip().splitlines()) == 1), (file, i, done)


def check_resnet20(out):
    missing = [str(p) for p in (SHARED / "resnet20_cifar10.pth", CIFAR) if not p.exists()]
    if missing:
        print("SKIPPED the shared resnet20: missing " + ", ".join(missing))
        return
    images = numpy.random.default_rng(1).standard_normal((64, 3, 32, 32), dtype=numpy.float32)
    found = {}
    for name in ("resnet20_cifar10.onnx", "resnet20_cifar10_batchnorm_op17.onnx", "resnet20_cifar10.pth", "resnet20_cifar10_checkpoint_legacy.pth"):
        package = out / (name + ".galet")
        ok("import", SHARED / name, *([] if name.endswith("onnx") else ["--model", "resnet20"]), "-o", package)
        found[name] = outputs(out, package, images)
        correct = ok_json("evaluate", package, "--data", f"folder:{CIFAR}")["top1_correct"]
        error = numpy.abs(found[name] - found["resnet20_cifar10.onnx"]).max()
        print(f"{'ok  ' if error <= 1e-5 and correct == 4286 else 'FAIL'} {name}: {correct} of 5000, differs by {error:.2g}", flush=True)
        assert correct == 4286 and error <= 1e-5 * max(1, numpy.abs(found[name]).max()), name


with tempfile.TemporaryDirectory() as folder:
    check_networks(pathlib.Path(folder))
    check_forms(pathlib.Path(folder))
    check_resnet20(pathlib.Path(folder))
print("PyTorch and galet agree")

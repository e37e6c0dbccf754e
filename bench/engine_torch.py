"""PyTorch's float engine for bench/engine.py, where a Python with torch is at hand (Debian's python3-torch, say): the ONNX graph written down by bench/forms.py
(an .npz: weights, and the nodes as JSON) is traced, frozen and optimized for inference by TorchScript."""
import json

import numpy as np
import torch
import torch.nn.functional as F


def conv(src, weight, bias=None, *, strides, pads, group=1, dilations=(1, 1), **_):
    return F.conv2d(src, weight, bias, strides, pads[:2], dilations, group)


def clip(src, low, high):
    return torch.clamp(src, float(low), float(high))


def hard_sigmoid(src, alpha=0.2, beta=0.5):
    return F.hardsigmoid(src) if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5 else torch.clamp(alpha * src + beta, 0, 1)


def slices(src, starts, ends, axes, steps):
    for start, end, axis, step in zip(starts.tolist(), ends.tolist(), axes.tolist(), steps.tolist()):
        src = src[tuple([slice(None)] * axis + [slice(start, min(end, src.shape[axis]), step)])]
    return src


def pad(src, pads, value=None, *, mode="constant"):
    half = len(pads) // 2
    both = [int(pads[axis + which * half]) for axis in reversed(range(half)) for which in (0, 1)]
    return F.pad(src, both)


OPERATORS = {
    "Conv": conv,
    "Relu": torch.relu,
    "Clip": clip,
    "HardSwish": F.hardswish,
    "HardSigmoid": hard_sigmoid,
    "Add": torch.add,
    "Mul": torch.mul,
    "MaxPool": lambda src, *, kernel_shape, strides, pads, ceil_mode=0, **_: F.max_pool2d(src, kernel_shape, strides, pads[:2], ceil_mode=bool(ceil_mode)),
    "GlobalAveragePool": lambda src: F.adaptive_avg_pool2d(src, 1),
    "Flatten": lambda src, *, axis=1: torch.flatten(src, axis),
    "Reshape": lambda src, shape, **_: src.reshape([extent or src.shape[axis] for axis, extent in enumerate(shape.tolist())]),
    "Gemm": lambda src, weight, bias=None, *, transB=0, **_: F.linear(src, weight if transB else weight.t(), bias),
    "Concat": lambda *sources, axis: torch.cat(sources, axis),
    "Slice": slices,
    "Pad": pad,
}  # fmt: skip


class Network(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        stored = np.load(path)
        self.graph = json.loads(str(stored["graph"]))
        self.constants = {name: torch.from_numpy(stored[f"w{i}"]) for i, name in enumerate(self.graph["constants"])}
        if unknown := {op for op, *_ in self.graph["nodes"]} - OPERATORS.keys():
            raise RuntimeError(f"bench/engine_torch.py knows no {', '.join(sorted(unknown))}")

    def forward(self, image):
        values = {self.graph["input"]: image, **self.constants}
        for op, sources, result, attributes in self.graph["nodes"]:
            values[result] = OPERATORS[op](*(values[s] for s in sources), **attributes)
        return values[self.graph["output"]]


class Torch:
    def prepare(self):
        pass

    def load(self, model, threads):
        torch.set_num_threads(threads)
        network = Network(model).eval()
        with torch.inference_mode():
            traced = torch.jit.trace(network, torch.zeros(network.graph["shape"]), check_trace=False)
            self.module = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        return torch.__version__

    def bind(self, image):
        self.image = torch.from_numpy(image)

    def run(self):
        with torch.inference_mode():
            self.result = self.module(self.image)

    def output(self):
        return self.result.numpy()

"""The benchmark's networks as ONNX files: torchvision's architectures, random but well-scaled weights, batch norm folded (as its exporter leaves them).

    python3 bench/models.py FOLDER [--models resnet18,mobilenet_v2]

Speed does not depend on the weights, but quantization does, so they are made to resemble a trained network: He-initialised convolutions, and batch norm whose
statistics are those of the network itself on a few synthetic pictures. For that each network is built twice: once with the statistics computed by the graph and
given out (run by onnxruntime), once with them folded into the convolutions. The classifier's bias is set so that no class wins by its mean alone. Same seed, same
architecture, same files (up to the last bits of onnxruntime's sums).
"""
import argparse
import math
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 14  # HardSwish
CALIBRATION_IMAGES = 8


def synthetic_images(size: int, count: int = CALIBRATION_IMAGES) -> np.ndarray:
    """(count, 3, size, size), about zero mean and unit variance, with the falling spectrum of photographs."""
    rng = np.random.default_rng(7)
    frequency = np.maximum(np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size))), 1 / size)
    images = np.fft.ifft2(np.fft.fft2(rng.standard_normal((count, 3, size, size))) / frequency).real
    images = images - images.mean((2, 3), keepdims=True)
    grey = images[:, :1] * 0.8 + images * 0.2  # colours go together
    return (grey / grey.std() + rng.normal(0, 0.3, (count, 3, 1, 1))).astype(np.float32)


class Net:
    """Appends layers to an ONNX graph. `statistics` None: batch norms compute theirs and the graph gives them out; else they are folded with those given."""

    def __init__(self, name: str, size: int, batch: int, statistics: dict | None, seed: int = 0):
        self.name, self.size, self.batch, self.statistics = name, size, batch, statistics
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.measured, self.macs = [], [], [], 0
        self.shapes = {"input": (3, size, size)}  # (channels, height, width), or (features,)

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(self, kind, sources, name, shape=None, **attributes):
        self.nodes.append(helper.make_node(kind, sources, [name], name=name, **attributes))
        self.shapes[name] = shape or self.shapes[sources[0]]
        return name

    def random(self, shape, scale):
        return (self.rng.standard_normal(shape) * scale).astype(np.float32)

    def activate(self, x, kind):
        if kind is None:
            return x
        if kind == "Relu6":
            if not any(c.name == "zero" for c in self.constants):
                self.constant("zero", np.float32(0)), self.constant("six", np.float32(6))
            return self.op("Clip", [x, "zero", "six"], f"{x}.relu6")
        return self.op(kind, [x], f"{x}.{kind.lower()}")

    def kernel(self, out, depth, size):
        """He-initialised (out, depth, size, size), with what trained kernels have besides: depthwise ones keep most of their centre, the others follow what channels have
        in common (else eight bits drown in noise that no trained network has)."""
        weight = self.random((out, depth, size, size), math.sqrt(2 / (depth * size * size)))
        if depth == 1:
            weight *= 0.5
            weight[:, :, size // 2, size // 2] += 1
        elif depth > 3:
            weight += np.abs(self.random((out, depth, 1, 1), math.sqrt(0.3 / (depth * size * size))))
        return weight

    def conv(self, x, name, out, kernel=1, stride=1, pad=None, groups=1, act=None, eps=1e-5, norm=True):
        """Convolution, then batch norm (`norm`) or a bias, then activation."""
        channels, height, width = self.shapes[x]
        pad = kernel // 2 if pad is None else pad
        to = [(d + 2 * pad - kernel) // stride + 1 for d in (height, width)]
        weight = self.kernel(out, channels // groups, kernel)
        self.macs += weight.size * to[0] * to[1]
        geometry = dict(shape=(out, *to), kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, group=groups)
        if not norm:
            bias = self.random(out, 0.1)
            x = self.op("Conv", [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)], name, **geometry)
            return self.activate(x, act)
        gamma, beta = self.rng.uniform(0.5, 1.5, out).astype(np.float32), self.random(out, 0.2)
        if self.statistics is None:
            x = self.op("Conv", [x, self.constant(f"{name}.weight", weight)], name, **geometry)
            x = self.normalize(x, name, gamma.reshape(-1, 1, 1), beta.reshape(-1, 1, 1), eps, [0, 2, 3])
        else:
            mean, variance = (self.statistics[f"{name}.{which}"].reshape(-1) for which in ("mean", "variance"))
            factor = gamma / np.sqrt(variance + eps)
            weight, bias = weight * factor.reshape(-1, 1, 1, 1), beta - mean * factor
            x = self.op("Conv", [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)], name, **geometry)
        return self.activate(x, act)

    def normalize(self, x, name, gamma, beta, eps, axes):
        mean = self.op("ReduceMean", [x], f"{name}.mean", axes=axes)
        centred = self.op("Sub", [x, mean], f"{name}.centred", self.shapes[x])
        squares = self.op("Mul", [centred, centred], f"{name}.squares")
        variance = self.op("ReduceMean", [squares], f"{name}.variance", axes=axes)
        self.measured += [mean, variance]
        deviation = self.op("Sqrt", [self.op("Add", [variance, self.constant(f"{name}.eps", np.float32(eps))], f"{name}.v")], f"{name}.deviation")
        scaled = self.op("Mul", [self.op("Div", [centred, deviation], f"{name}.unit"), self.constant(f"{name}.gamma", gamma)], f"{name}.scaled")
        return self.op("Add", [scaled, self.constant(f"{name}.beta", beta)], f"{name}.normalized")

    def linear(self, x, name, out, act=None, classifier=False):
        features = self.shapes[x][0]
        weight, bias = self.random((out, features), math.sqrt((1 if classifier else 2) / features)), self.random(out, 0.1)
        self.macs += weight.size
        if classifier and self.statistics is not None:
            bias = bias - self.statistics[f"{name}.mean"].reshape(-1)
        x = self.op("Gemm", [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)], name, (out,), transB=1)
        if classifier and self.statistics is None:
            self.measured.append(self.op("ReduceMean", [x], f"{name}.mean", axes=[0]))
        return self.activate(x, act)

    def max_pool(self, x, name, kernel, stride, pad=0, ceil=False):
        channels, *extents = self.shapes[x]
        round_up = stride - 1 if ceil else 0
        to = [(d + 2 * pad - kernel + round_up) // stride + 1 for d in extents]
        return self.op("MaxPool", [x], name, (channels, *to), kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, ceil_mode=int(ceil))

    def global_pool(self, x, name):
        return self.op("GlobalAveragePool", [x], name, (self.shapes[x][0], 1, 1))

    def flatten(self, x):
        return self.op("Flatten", [x], f"{x}.flatten", (self.shapes[x][0],), axis=1)

    def model(self, x):
        outputs = [x, *self.measured]
        graph = helper.make_graph(
            self.nodes, self.name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, [self.batch, 3, self.size, self.size])],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, [self.batch, *self.shapes[o]] if o == x else None) for o in outputs], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="galet bench/models.py")


def head(net, x, classes=1000):
    return net.linear(net.flatten(net.global_pool(x, "avgpool")), "fc", classes, classifier=True)


def resnet(blocks, bottleneck):
    def build(net):
        x = net.max_pool(net.conv("input", "conv1", 64, 7, 2, act="Relu"), "maxpool", 3, 2, 1)
        for stage, count in enumerate(blocks):
            width = 64 << stage
            for block in range(count):
                name, stride, source = f"layer{stage + 1}.{block}", 2 if stage and not block else 1, x
                out = width * 4 if bottleneck else width
                if bottleneck:
                    y = net.conv(x, f"{name}.conv1", width, act="Relu")
                    y = net.conv(y, f"{name}.conv2", width, 3, stride, act="Relu")
                    y = net.conv(y, f"{name}.conv3", out)
                else:
                    y = net.conv(x, f"{name}.conv1", width, 3, stride, act="Relu")
                    y = net.conv(y, f"{name}.conv2", out, 3)
                if stride != 1 or net.shapes[source][0] != out:
                    source = net.conv(source, f"{name}.downsample", out, 1, stride)
                x = net.activate(net.op("Add", [y, source], f"{name}.add"), "Relu")
        return head(net, x)

    return build


def resnet20(net):
    """CIFAR's, with 1x1 convolutions as shortcuts."""
    x = net.conv("input", "conv1", 16, 3, act="Relu")
    for stage in range(3):
        for block in range(3):
            name, stride, out, source = f"layer{stage + 1}.{block}", 2 if stage and not block else 1, 16 << stage, x
            y = net.conv(net.conv(x, f"{name}.conv1", out, 3, stride, act="Relu"), f"{name}.conv2", out, 3)
            if stride != 1:
                source = net.conv(source, f"{name}.downsample", out, 1, stride)
            x = net.activate(net.op("Add", [y, source], f"{name}.add"), "Relu")
    return head(net, x, 10)


def mobilenet_v2(net):
    x = net.conv("input", "features.0", 32, 3, 2, act="Relu6")
    index = 0
    for expand, out, count, first_stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for block in range(count):
            index += 1
            name, source, channels, stride = f"features.{index}", x, net.shapes[x][0], 1 if block else first_stride
            if expand != 1:
                x = net.conv(x, f"{name}.expand", channels * expand, act="Relu6")
            x = net.conv(x, f"{name}.depthwise", channels * expand, 3, stride, groups=channels * expand, act="Relu6")
            x = net.conv(x, f"{name}.project", out)
            if stride == 1 and channels == out:
                x = net.op("Add", [source, x], f"{name}.add")
    return head(net, net.conv(x, "features.18", 1280, act="Relu6"))


def divisible(v, by=8):
    near = max(by, int(v + by / 2) // by * by)
    return near + by if near < 0.9 * v else near


def mobilenet_v3(rows, last, hidden):
    """rows: (kernel, expanded, out, squeeze-and-excite, activation, stride)."""

    def build(net):
        conv = lambda x, name, *args, **how: net.conv(x, name, *args, eps=1e-3, **how)
        x = conv("input", "features.0", 16, 3, 2, act="HardSwish")
        for index, (kernel, expanded, out, excite, act, stride) in enumerate(rows, 1):
            name, source, channels = f"features.{index}", x, net.shapes[x][0]
            if expanded != channels:
                x = conv(x, f"{name}.expand", expanded, act=act)
            x = conv(x, f"{name}.depthwise", expanded, kernel, stride, groups=expanded, act=act)
            if excite:
                s = net.global_pool(x, f"{name}.se.pool")
                s = net.conv(s, f"{name}.se.fc1", divisible(expanded // 4), act="Relu", norm=False)
                s = net.conv(s, f"{name}.se.fc2", expanded, norm=False)
                s = net.op("HardSigmoid", [s], f"{name}.se.scale", alpha=1 / 6, beta=0.5)
                x = net.op("Mul", [s, x], f"{name}.se.mul", net.shapes[x])
            x = conv(x, f"{name}.project", out)
            if stride == 1 and channels == out:
                x = net.op("Add", [x, source], f"{name}.add")
        x = conv(x, f"features.{len(rows) + 1}", last, act="HardSwish")
        x = net.linear(net.flatten(net.global_pool(x, "avgpool")), "classifier.0", hidden, act="HardSwish")
        return net.linear(x, "classifier.3", 1000, classifier=True)

    return build


def squeezenet1_1(net):
    conv = lambda x, name, *args, **how: net.conv(x, name, *args, act="Relu", norm=False, **how)
    x = net.max_pool(conv("input", "features.0", 64, 3, 2, 0), "features.2", 3, 2, ceil=True)
    for index, squeeze, expand in [(3, 16, 64), (4, 16, 64), (6, 32, 128), (7, 32, 128), (9, 48, 192), (10, 48, 192), (11, 64, 256), (12, 64, 256)]:
        if index in (6, 9):
            x = net.max_pool(x, f"features.{index - 1}", 3, 2, ceil=True)
        name = f"features.{index}"
        s = conv(x, f"{name}.squeeze", squeeze)
        parts = [conv(s, f"{name}.expand1x1", expand), conv(s, f"{name}.expand3x3", expand, 3)]
        x = net.op("Concat", parts, f"{name}.concat", (2 * expand, *net.shapes[s][1:]), axis=1)
    return net.flatten(net.global_pool(conv(x, "classifier.1", 1000), "avgpool"))


def one_relu(net):
    """Next to nothing: what a call costs."""
    return net.op("Relu", ["input"], "relu")


RE, HS = "Relu", "HardSwish"
LARGE = [
    (3, 16, 16, False, RE, 1), (3, 64, 24, False, RE, 2), (3, 72, 24, False, RE, 1), (5, 72, 40, True, RE, 2), (5, 120, 40, True, RE, 1), (5, 120, 40, True, RE, 1),
    (3, 240, 80, False, HS, 2), (3, 200, 80, False, HS, 1), (3, 184, 80, False, HS, 1), (3, 184, 80, False, HS, 1), (3, 480, 112, True, HS, 1),
    (3, 672, 112, True, HS, 1), (5, 672, 160, True, HS, 2), (5, 960, 160, True, HS, 1), (5, 960, 160, True, HS, 1),
]  # fmt: skip
SMALL = [
    (3, 16, 16, True, RE, 2), (3, 72, 24, False, RE, 2), (3, 88, 24, False, RE, 1), (5, 96, 40, True, HS, 2), (5, 240, 40, True, HS, 1), (5, 240, 40, True, HS, 1),
    (5, 120, 48, True, HS, 1), (5, 144, 48, True, HS, 1), (5, 288, 96, True, HS, 2), (5, 576, 96, True, HS, 1), (5, 576, 96, True, HS, 1),
]  # fmt: skip

# name: (input size, builder)
MODELS = {
    "one_relu": (32, one_relu),
    "resnet20": (32, resnet20),
    "resnet18": (224, resnet([2, 2, 2, 2], False)),
    "resnet50": (224, resnet([3, 4, 6, 3], True)),
    "mobilenet_v2": (224, mobilenet_v2),
    "mobilenet_v3_large": (224, mobilenet_v3(LARGE, 960, 1280)),
    "mobilenet_v3_small": (224, mobilenet_v3(SMALL, 576, 1024)),
    "squeezenet1_1": (224, squeezenet1_1),
}


def make(name: str, path: pathlib.Path) -> int:
    """Writes the network; returns its multiply-accumulates."""
    import onnxruntime

    size, build = MODELS[name]
    first = Net(name, size, CALIBRATION_IMAGES, None)
    model = first.model(build(first))
    statistics = {}
    if first.measured:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        statistics = dict(zip(first.measured, session.run(first.measured, {"input": synthetic_images(size)})))
    net = Net(name, size, 1, statistics)
    model = net.model(build(net))
    onnx.checker.check_model(model)
    temporary = path.with_suffix(".partial")
    onnx.save(model, temporary)
    temporary.rename(path)
    return net.macs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--models", default=",".join(MODELS))
    flags = parser.parse_args()
    flags.folder.mkdir(parents=True, exist_ok=True)
    for name in flags.models.split(","):
        path = flags.folder / f"{name}.onnx"
        print(f"{path}: {make(name, path) / 1e6:.1f} million multiply-accumulates")


if __name__ == "__main__":
    main()

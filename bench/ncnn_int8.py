"""ncnn's files made ready for int8: what its tools ncnnoptimize, ncnn2table and ncnn2int8 do, which the PyPI package does not bring.

A .param file is one layer a line (type, name, counts, blobs, KEY=VALUE); the .bin holds the weights in that order, each as a 4-byte tag (0: float), the
weights, the bias. A layer with 8=1 has after them the weights' scales (127 / largest, per output channel) and the scale of its source; ncnn then quantizes the weights
itself when it loads them. 8=101 adds the scale of the result, which so stays int8: possible where int8 layers alone read it. Activation scales are 127 / the largest
magnitude that the float network shows on the calibration images.
"""
import pathlib

import numpy as np

HARD_SWISH = "9=6 -23310=2,1.666667e-01,5.000000e-01"


class Layer:
    def __init__(self, line):
        words = line.split()
        self.type, self.name, sources, results = words[0], words[1], int(words[2]), int(words[3])
        self.sources, self.results = words[4 : 4 + sources], words[4 + sources : 4 + sources + results]
        self.params = dict(word.split("=", 1) for word in words[4 + sources + results :])

    def number(self, key):
        return int(self.params.get(str(key), 0))

    @property
    def weighted(self):
        return self.type in ("Convolution", "ConvolutionDepthWise", "InnerProduct")

    def __str__(self):
        params = " ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.type:24} {self.name:24} {len(self.sources)} {len(self.results)} {' '.join(self.sources + self.results)} {params}"


def read(param: pathlib.Path):
    lines = param.read_text().splitlines()
    return [Layer(line) for line in lines[2:] if line.strip()]


def write(param: pathlib.Path, layers) -> None:
    blobs = sum(len(layer.results) for layer in layers)
    param.write_text("\n".join(["7767517", f"{len(layers)} {blobs}", *map(str, layers)]) + "\n")


def fuse_hard_swish(layers):
    """Onto the convolution before it, as ncnnoptimize does."""
    made_by = {blob: layer for layer in layers for blob in layer.results}
    kept = []
    for layer in layers:
        before = made_by.get(layer.sources[0]) if layer.sources else None
        if layer.type == "HardSwish" and before is not None and before.weighted and "9" not in before.params:
            before.params.update(part.split("=", 1) for part in HARD_SWISH.split())
            before.results = layer.results
            made_by[layer.results[0]] = before
        else:
            kept.append(layer)
    return kept


def weights_of(layers, binary: pathlib.Path):
    """Layer name -> (weights per output channel, bias or None)."""
    data, at, found = np.fromfile(binary, np.float32), 0, {}
    for layer in layers:
        if not layer.weighted:
            continue
        linear = layer.type == "InnerProduct"
        size, out, biased = layer.number(2 if linear else 6), layer.number(0), layer.number(1 if linear else 5)
        if data[at : at + 1].view(np.uint32)[0] != 0:
            raise RuntimeError(f"{binary}: the weights of {layer.name} are not plain floats")
        weights = data[at + 1 : at + 1 + size].reshape(out, -1)
        at += 1 + size
        found[layer.name] = weights, data[at : at + out] if biased else None
        at += out if biased else 0
    if at != len(data):
        raise RuntimeError(f"{binary}: {len(data) - at} floats are left after the last layer")
    return found


def activation_scales(param, binary, layers, images):
    """Blob that a weighted layer reads -> 127 / its largest magnitude."""
    import ncnn

    net = ncnn.Net()
    net.opt.use_vulkan_compute = net.opt.use_bf16_storage = net.opt.use_fp16_storage = net.opt.lightmode = False
    if net.load_param(str(param)) != 0 or net.load_model(str(binary)) != 0:
        raise RuntimeError(f"{param}: ncnn cannot load it")
    largest = {layer.sources[0]: 0.0 for layer in layers if layer.weighted}
    for image in images:
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(np.ascontiguousarray(image)).clone())
        for blob in largest:
            largest[blob] = max(largest[blob], float(np.abs(np.array(extractor.extract(blob)[1])).max()))
    return {blob: 127 / max(value, 1e-9) for blob, value in largest.items()}


def result_scale(layer, layers, scales):
    """The scale in which the result can stay int8, where only int8 layers read it (perhaps after a Split); else nothing."""
    readers = [other for other in layers if layer.results[0] in other.sources]
    if len(readers) == 1 and readers[0].type == "Split":
        readers = [other for other in layers for blob in readers[0].results if blob in other.sources]
        blobs = [other.sources[0] for other in readers]
    else:
        blobs = [layer.results[0]] * len(readers)
    if not readers or not all(reader.weighted and reader.type != "InnerProduct" for reader in readers) or layer.type == "InnerProduct":
        return None
    return min(scales[blob] for blob in blobs)


def quantize(param: pathlib.Path, images: np.ndarray, target: pathlib.Path) -> None:
    """NET.param and NET.bin (float) -> `target` (.param) and the .bin beside it."""
    binary = param.with_suffix(".bin")
    layers = read(param)
    scales = activation_scales(param, binary, layers, images)
    parts = []
    weights = weights_of(layers, binary)
    for layer in layers:
        if not layer.weighted:
            continue
        values, bias = weights[layer.name]
        parts += [np.zeros(1, np.float32), values.reshape(-1)] + ([] if bias is None else [bias])
        parts += [127 / np.maximum(np.abs(values).max(1), 1e-9), np.array([scales[layer.sources[0]]])]
        result = result_scale(layer, layers, scales)
        layer.params["8"] = "1" if result is None else "101"
        if result is not None:
            parts.append(np.array([result]))
    np.concatenate([part.astype(np.float32) for part in parts]).tofile(target.with_suffix(".bin"))
    write(target, layers)

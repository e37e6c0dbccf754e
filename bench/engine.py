"""One engine with one network, in a process of its own: bench/compare.py talks to it by lines on stdin, it answers by lines of JSON (as engine_galet.cpp does).

    engine.py KIND MODEL THREADS IMAGES.npy      KIND: onnxruntime, openvino, ncnn, torch

loads, answers {"load_ms", "base_bytes", "peak_bytes", "note"}; then
    burst SECONDS IMAGE  ->  {"times_ms": [...]}       outputs COUNT FILE.npy  ->  {"images": COUNT}

Each engine is called in its cheapest way: buffers bound beforehand where the interface allows it, nothing but the call itself inside of the clock.
"""
import json
import sys
import time

import numpy as np


def peak_bytes() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


class OnnxRuntime:
    def prepare(self):
        import onnxruntime

        self.module = onnxruntime

    def load(self, model, threads):
        options = self.module.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
        self.session = self.module.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.source, self.result = self.session.get_inputs()[0].name, self.session.get_outputs()[0].name
        self.binding = self.session.io_binding()
        return self.module.__version__

    def bind(self, image):
        self.value = self.module.OrtValue.ortvalue_from_numpy(image)
        self.binding.bind_ortvalue_input(self.source, self.value)
        self.binding.bind_output(self.result, "cpu")

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def output(self):
        return self.binding.copy_outputs_to_cpu()[0]


class OpenVino:
    def prepare(self):
        import openvino

        self.module = openvino
        self.core = openvino.Core()

    def load(self, model, threads):
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
        self.compiled = self.core.compile_model(model, "CPU", config)
        self.request = self.compiled.create_infer_request()
        return self.module.__version__.split("-")[0] + ", f32 hint"

    def bind(self, image):
        self.tensor = self.module.Tensor(image, shared_memory=True)
        self.image = image
        self.request.set_input_tensor(self.tensor)

    def run(self):
        self.request.infer(share_outputs=True)  # in this thread: start_async and wait cost 10 us more

    def output(self):
        return np.array(self.request.get_output_tensor().data)


class Ncnn:
    """MODEL.ncnn.param beside MODEL.ncnn.bin, blobs in0 and out0 (as pnnx names them)."""

    def prepare(self):
        import ncnn

        self.module = ncnn

    def load(self, model, threads):
        self.net = self.module.Net()
        self.net.opt.num_threads = threads
        self.net.opt.use_vulkan_compute = False
        if not ".int8." in model:  # float means float32, as it does for the others
            self.net.opt.use_bf16_storage = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = self.net.opt.use_fp16_packed = False
        if self.net.load_param(model) != 0 or self.net.load_model(model.removesuffix(".param") + ".bin") != 0:
            raise RuntimeError(f"{model}: ncnn cannot load it")
        return self.module.__version__

    def bind(self, image):
        self.mat = self.module.Mat(np.ascontiguousarray(image[0])).clone()

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input("in0", self.mat)
        _, self.result = extractor.extract("out0")

    def output(self):
        return np.array(self.result)[None]


KINDS = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "ncnn": Ncnn}


def answer(what):
    print(json.dumps(what), flush=True)


def burst(engine, image, seconds):
    engine.bind(image)
    engine.run()
    run, clock, times = engine.run, time.perf_counter, []
    end = clock() + seconds
    while clock() < end or len(times) < 3:
        begin = clock()
        run()
        times.append(clock() - begin)
    return [round(1e3 * t, 6) for t in times]


def outputs(engine, images, count, path):
    results = []
    for i in range(count):
        engine.bind(images[i : i + 1].copy())
        engine.run()
        results.append(engine.output().reshape(1, -1).copy())
    np.save(path, np.concatenate(results).astype(np.float32))
    return {"images": count}


def main():
    kind, model, threads, images_file = sys.argv[1:]
    images = np.load(images_file, mmap_mode="r")
    if kind == "torch":
        from engine_torch import Torch

        engine = Torch()
    else:
        engine = KINDS[kind]()
    engine.prepare()
    base, begin = peak_bytes(), time.perf_counter()
    note = engine.load(model, int(threads))
    load_ms = 1e3 * (time.perf_counter() - begin)
    burst(engine, images[:1].copy(), 0.02)
    answer({"load_ms": load_ms, "base_bytes": base, "peak_bytes": peak_bytes(), "note": note})
    for line in sys.stdin:
        command, number, argument = line.split()
        if command == "burst":
            image = int(argument) % len(images)
            answer({"times_ms": burst(engine, images[image : image + 1].copy(), float(number))})
        elif command == "outputs":
            answer(outputs(engine, images, int(number), argument))


try:
    main()
except Exception as error:
    answer({"error": f"{type(error).__name__}: {error}"})
    sys.exit(1)

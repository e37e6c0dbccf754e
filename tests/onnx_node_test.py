"""Runs the backend node tests of the onnx package: lays them out as files (model.onnx, test_data_set_0/input_N.pb, output_N.pb) and calls galet_onnx_node_tests."""
import os
import pathlib
import subprocess
import sys
import warnings

try:
    import numpy as np
    import onnx
    import onnx.backend.test.case.node as node_cases
    from onnx import TensorProto, numpy_helper
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

build = pathlib.Path(os.environ.get("GALET_BUILD", "build"))


def write_value(path: pathlib.Path, value, kind: str) -> None:
    if isinstance(value, TensorProto):
        path.write_bytes(value.SerializeToString())
    elif kind in ("sequence_type", "optional_type", "map_type"):
        path.with_suffix(".unclaimed").write_text(kind)  # not tensors
    else:
        path.write_bytes(numpy_helper.from_array(np.asarray(value)).SerializeToString())


def generate(folder: pathlib.Path) -> None:
    for case in node_cases.collect_testcases(None):
        at = folder / case.name
        (at / "test_data_set_0").mkdir(parents=True, exist_ok=True)
        (at / "model.onnx").write_bytes(case.model.SerializeToString())
        (at / "tolerance").write_text(f"{case.rtol} {case.atol}\n")
        for number, (inputs, outputs) in enumerate(case.data_sets):
            data = at / f"test_data_set_{number}"
            data.mkdir(exist_ok=True)
            for name, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
                for i, value in enumerate(values):
                    write_value(data / f"{name}_{i}.pb", value, infos[i].type.WhichOneof("value"))


def main() -> int:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    shipped = pathlib.Path(onnx.__file__).parent / "backend/test/data/node"  # older packages ship the files, newer ones the program that makes them
    folder = shipped if shipped.exists() else build / f"onnx_node_tests_{onnx.__version__}"
    done = folder / ".complete"
    if folder != shipped and not done.exists():
        generate(folder)
        done.write_text(onnx.__version__)
    exceptions = pathlib.Path(__file__).with_name("onnx_node_exceptions.txt")
    return subprocess.run([build / "galet_onnx_node_tests", folder, exceptions, *sys.argv[1:]], check=False).returncode


sys.exit(main())

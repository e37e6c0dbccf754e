# The ONNX reader against onnxruntime and against the node tests of the onnx package.
add_executable(galet_import_onnx_run import_onnx_run.cpp)
target_link_libraries(galet_import_onnx_run PRIVATE galet_importers galet_runtime)
galet_python_test(import_onnx_test slow venv)
add_executable(galet_onnx_node_tests onnx_node_tests.cpp)
target_link_libraries(galet_onnx_node_tests PRIVATE galet_importers galet_runtime)
galet_python_test(onnx_node_test slow venv)

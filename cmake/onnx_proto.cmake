# galet_onnx_proto: the messages of ONNX files, generated from the onnx.proto that libonnx-dev installs. Include as "onnx.pb.h", in .cpp files only.
include_guard(GLOBAL)
find_program(PROTOC protoc REQUIRED)
find_library(PROTOBUF_LITE_LIBRARY protobuf-lite REQUIRED)  # onnx.proto asks for the lite runtime
find_path(ONNX_PROTO_DIR onnx/onnx.proto REQUIRED)
set(onnx_proto_out ${CMAKE_BINARY_DIR}/onnx_proto)
file(MAKE_DIRECTORY ${onnx_proto_out})
add_custom_command(
  OUTPUT ${onnx_proto_out}/onnx.pb.cc ${onnx_proto_out}/onnx.pb.h
  COMMAND ${PROTOC} --proto_path=${ONNX_PROTO_DIR}/onnx --cpp_out=${onnx_proto_out} onnx.proto
  DEPENDS ${ONNX_PROTO_DIR}/onnx/onnx.proto
  VERBATIM)
add_library(galet_onnx_proto STATIC ${onnx_proto_out}/onnx.pb.cc ${onnx_proto_out}/onnx.pb.h)
target_compile_options(galet_onnx_proto PRIVATE -w)
target_include_directories(galet_onnx_proto SYSTEM PUBLIC ${onnx_proto_out})
target_link_libraries(galet_onnx_proto PUBLIC ${PROTOBUF_LITE_LIBRARY} Threads::Threads)

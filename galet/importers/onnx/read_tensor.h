// TensorProto to Tensor. For read_model.cpp and read_tensor.cpp only (protobuf).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "galet/core/file.h"
#include "galet/core/remark.h"
#include "galet/core/tensor.h"

namespace onnx {
class TensorProto;
}

namespace galet::importers {

/// Where external data lie, and what was converted.
struct TensorReader {
  std::string folder;  // of the model; external data must stay inside
  std::map<std::string, std::shared_ptr<const MappedFile>> files;
  Remarks remarks;

  /// Takes the bytes out of the message where it can. Throws Error naming the tensor when the elements present do not match its shape.
  Tensor read(::onnx::TensorProto& tensor);
};

/// "float8e4m3fn", "string", ... for a TensorProto.DataType.
std::string onnx_type_name(int type);
/// The type that galet holds such elements in (f32 for half, bfloat16 and double), false when it holds none.
bool galet_dtype(int type, DType& dtype);

}  // namespace galet::importers

#include "galet/importers/onnx/conversion.h"

namespace galet::importers {
namespace {

/// Names in a damaged file may hold anything; an error is one printable line.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

}  // namespace

OnnxImport import_onnx(const std::string& path, const OnnxImportOptions& options) {
  try {
    OnnxModel model = read_model(path);
    inline_functions(model);
    return Conversion(model, options).run();
  } catch (const DataDependentError& error) {
    throw DataDependentError(one_line(path + ": " + error.what()), error.inputs);
  } catch (const Error& error) {
    throw Error(one_line(path + ": " + error.what()));
  }
}

}  // namespace galet::importers

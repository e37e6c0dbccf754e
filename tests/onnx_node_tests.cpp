// galet_onnx_node_tests DIR EXCEPTIONS [--table FILE] [--only NAME]: runs the node tests of ONNX whose operators galet all claims. Each
// test is imported (inputs that decide about shapes become constants, all others stay inputs of the network), run by the references and by
// runtime::Session, and compared as ONNX's own runner does: |found - expected| <= atol + rtol * |expected|. A test counts for every
// operator in it. Exit code 1 when a test fails that EXCEPTIONS does not list with its reason, or when a listed one passes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "galet/core/file.h"
#include "galet/importers/onnx/node_import.h"
#include "galet/runtime/session.h"
#include "tests/run_reference.h"

namespace fs = std::filesystem;
using namespace galet;
using namespace galet::importers;

namespace {

struct Tolerance {
  double relative = 1e-3, absolute = 1e-7;
};

struct Count {
  int passed = 0, failed = 0, excepted = 0;
  std::map<std::string, int> skipped;
};

std::map<std::string, std::string> read_exceptions(const std::string& path) {
  std::map<std::string, std::string> found;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (const size_t colon = line.find(": "); !line.starts_with("#") && colon != std::string::npos)
      found[line.substr(0, colon)] = line.substr(colon + 2);
  return found;
}

std::vector<Tensor> read_tensors(const fs::path& folder, const std::string& what) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path path = folder / (what + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(path)) return tensors;
    tensors.push_back(read_onnx_tensor(path.string()));
  }
}

/// Why the test is out of galet's scope; empty when it is in.
std::string out_of_scope(const OnnxModel& model, const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".unclaimed") return "type not claimed: sequence, optional or map";
  for (const auto* list : {&model.graph.inputs, &model.graph.output_types})
    for (const OnnxInput& input : *list) {
      if (!input.refused.empty()) return "type not claimed: " + (input.type.empty() ? "not a tensor" : input.type);
      if (input.type.find("float16") != std::string::npos) return "type not claimed: " + input.type + " (held as f32)";
    }
  return {};
}

void compare(const Tensor& found, const Tensor& expected, size_t output, const Tolerance& tolerance) {
  if (found.dtype() != expected.dtype())
    fail("output {} is {}, expected {}", output, to_string(found.dtype()), to_string(expected.dtype()));
  if (found.shape() != expected.shape())
    fail("output {} has shape {}, expected {}", output, to_string(found.shape()), to_string(expected.shape()));
  dispatch(found.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < found.size(); ++i) {
      const auto a = static_cast<double>(found.data<T>()[i]), b = static_cast<double>(expected.data<T>()[i]);
      const bool same =
          a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= tolerance.absolute + tolerance.relative * std::abs(b);
      if (!same) fail("output {} element {} is {}, expected {}", output, i, a, b);
    }
  });
}

/// Imports with as few bound inputs as needed. Shapes come from the data.
OnnxImport import_with(const std::string& path, const OnnxModel& model, const std::vector<Tensor>& inputs, std::set<std::string>& bound) {
  OnnxImportOptions options;
  std::map<std::string, Tensor> values;
  for (size_t i = 0; i < model.graph.inputs.size() && i < inputs.size(); ++i) {
    values[model.graph.inputs[i].name] = inputs[i];
    options.input_shapes[model.graph.inputs[i].name] = inputs[i].shape();
  }
  for (;;) try {
      return import_onnx(path, options);
    } catch (const DataDependentError& error) {
      const size_t before = bound.size();
      for (const std::string& name : error.inputs)
        if (values.contains(name)) {
          bound.insert(name);
          options.bind[name] = values[name];
        }
      if (bound.size() == before) throw;
    }
}

void run_test(const fs::path& folder, const OnnxModel& model, const Tolerance& tolerance) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::vector<Tensor> inputs = read_tensors(entry.path(), "input"), expected = read_tensors(entry.path(), "output");
    std::set<std::string> bound;
    const OnnxImport import = import_with((folder / "model.onnx").string(), model, inputs, bound);
    verify(import.graph);
    std::vector<Tensor> free;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!bound.contains(model.graph.inputs.at(i).name) && !model.graph.constants.contains(model.graph.inputs[i].name))
        free.push_back(inputs[i]);
    const std::vector<Tensor> found = tests::run_reference(import.graph, free);
    for (size_t i = 0; i < expected.size(); ++i) compare(found.at(i), expected[i], i, tolerance);
    try {
      const std::vector<Tensor> planned = runtime::Session(import.graph).run(free);
      for (size_t i = 0; i < expected.size(); ++i) compare(planned.at(i), expected[i], i, tolerance);
    } catch (const Error& error) {
      fail("session: {}", error.what());
    }
  }
}

Tolerance read_tolerance(const fs::path& folder) {
  Tolerance tolerance;
  if (std::ifstream file(folder / "tolerance"); file) file >> tolerance.relative >> tolerance.absolute;
  return tolerance;
}

std::string table(const std::map<std::string, Count>& counts) {
  std::string text = "| operator | passed | excepted | total | out of scope |\n|---|---|---|---|---|\n";
  for (const auto& [type, count] : counts) {
    int skipped = 0;
    std::string reasons;
    for (const auto& [reason, n] : count.skipped) {
      skipped += n;
      reasons += (reasons.empty() ? ": " : ", ") + std::to_string(n) + " " +
                 reason.substr(reason.find(": ") == std::string::npos ? 0 : reason.find(": ") + 2);
    }
    text += fmt::format("| {} | {} | {} | {} | {} |\n", type, count.passed, count.excepted, count.passed + count.failed + count.excepted,
                        skipped == 0 ? "" : std::to_string(skipped) + reasons);
  }
  return text;
}

struct Options {
  std::string folder, exceptions, table, only;
};

int run(const Options& options) {
  const std::map<std::string, std::string> exceptions = read_exceptions(options.exceptions);
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(options.folder))
    if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::map<std::string, Count> counts;
  std::map<std::string, int> unclaimed;
  Count all;
  int stale = 0;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (!options.only.empty() && name.find(options.only) == std::string::npos) continue;
    std::set<std::string> types;
    const auto tally = [&](auto&& f) {
      f(all);
      for (const std::string& type : types) f(counts[type]);
    };
    OnnxModel model;
    try {
      model = read_model((folder / "model.onnx").string());
      inline_functions(model);
    } catch (const Error& error) {
      ++all.skipped["type not claimed: in a constant"];
      continue;
    }
    bool claimed = true;
    for (const OnnxNode& node : model.graph.nodes) {
      const std::string type = (node.domain.empty() ? "" : node.domain + ".") + node.type;
      types.insert(type);
      if (find_onnx_op(node.domain, node.type) == nullptr) {
        claimed = false;
        ++unclaimed[type];
      }
    }
    if (!claimed) continue;
    if (const std::string why = out_of_scope(model, folder); !why.empty()) {
      tally([&](Count& count) { ++count.skipped[why]; });
      continue;
    }
    const auto listed = exceptions.find(name);
    try {
      run_test(folder, model, read_tolerance(folder));
      tally([](Count& count) { ++count.passed; });
      if (listed != exceptions.end()) {
        std::printf("STALE %s: passes, but is listed as an exception\n", name.c_str());
        ++stale;
      }
    } catch (const std::exception& error) {
      tally([&](Count& count) { ++(listed != exceptions.end() ? count.excepted : count.failed); });
      if (listed == exceptions.end() || !options.only.empty()) std::printf("FAILED %s: %s\n", name.c_str(), error.what());
    }
  }
  std::fputs(table(counts).c_str(), stdout);
  for (const auto& [reason, n] : all.skipped) std::printf("skipped %d: %s\n", n, reason.c_str());
  std::string list;
  for (const auto& [type, n] : unclaimed) list += " " + type + "(" + std::to_string(n) + ")";
  std::printf("operators not claimed:%s\n", list.c_str());
  std::printf("%d passed, %d failed, %d excepted, %d stale exceptions\n", all.passed, all.failed, all.excepted, stale);
  if (!options.table.empty()) {
    std::string text =
        "# ONNX operators\n\nWhat galet reads, held against the node tests of the `onnx` package (written by `tests/onnx_node_test.py "
        "--table docs/onnx-operators.md`).\n"
        "A test counts for every operator in it; it is run by the references and by the runtime, tolerance rtol 1e-3, atol 1e-7. Excepted "
        "tests are listed with their\n"
        "reasons in tests/onnx_node_exceptions.txt; out of scope are element types that galet does not hold.\n\n";
    text += table(counts);
    text += fmt::format("\nTogether: {} tests passed, {} excepted, {} in all.\n", all.passed, all.excepted,
                        all.passed + all.excepted + all.failed);
    write_file(options.table, text);
  }
  return all.failed + stale > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--table") == 0 && i + 1 < argc)
      options.table = argv[++i];
    else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc)
      options.only = argv[++i];
    else
      (options.folder.empty() ? options.folder : options.exceptions) = argv[i];
  }
  if (options.folder.empty()) return 2;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

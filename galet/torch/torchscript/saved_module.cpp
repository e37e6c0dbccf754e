#include "galet/torch/torchscript/saved_module.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/mobile/import.h>
#include <torch/csrc/jit/mobile/module.h>
#include <torch/csrc/jit/passes/xnnpack_rewrite.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "galet/core/random.h"
#include "galet/runtime/codes.h"
#include "galet/runtime/pixels.h"
#include "galet/runtime/session.h"
#include "galet/torch/tensors.h"
#include "galet/torch/torchscript/source_line.h"

namespace galet::torch {
namespace {

namespace lookup {  // the name lies in torch::jit in 1.13, and outside of it in 2.x
using namespace ::torch::jit;
using Type = MobileOptimizerType;
}  // namespace lookup
using Pass = lookup::Type;

constexpr double kFloatBound = 1e-4;  // of the largest output, for networks without codes

const std::vector<std::pair<std::string, Pass>>& passes() {
  static const std::vector<std::pair<std::string, Pass>> all{{"conv_bn_fusion", Pass::CONV_BN_FUSION},
                                                             {"insert_fold_prepack_ops", Pass::INSERT_FOLD_PREPACK_OPS},
                                                             {"remove_dropout", Pass::REMOVE_DROPOUT},
                                                             {"fuse_add_relu", Pass::FUSE_ADD_RELU},
                                                             {"hoist_conv_packed_params", Pass::HOIST_CONV_PACKED_PARAMS},
                                                             {"conv_1d_to_2d", Pass::CONV_1D_TO_2D}};
  return all;
}

std::vector<at::QEngine> engines() {
  std::vector<at::QEngine> result;
  for (const at::QEngine engine : at::globalContext().supportedQEngines())
    if (engine != at::QEngine::NoQEngine) result.push_back(engine);
  return result;
}

/// As Python writes it: "qnnpack".
std::string name_of(at::QEngine engine) {
  std::string name = c10::toString(engine);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool has_codes(const Graph& graph) {
  for (const ValueId id : graph.values())
    if (graph.value(id).quant) return true;
  return false;
}

std::vector<Tensor> random_images(const Graph& graph, bool pixels) {
  Random random(5);
  std::vector<Tensor> images;
  for (int i = 0; i < 8; ++i) {
    Tensor image(pixels ? DType::u8 : DType::f32, pixels ? runtime::pixel_shape(graph) : graph.value(graph.inputs()[0]).shape);
    for (int64_t k = 0; k < image.size(); ++k)
      if (pixels)
        image.mutable_data<uint8_t>()[k] = static_cast<uint8_t>(random.below(256));
      else
        image.mutable_data<float>()[k] = static_cast<float>(random.normal());
    images.push_back(std::move(image));
  }
  return images;
}

/// The file, ready to run.
class Loaded {
 public:
  Loaded(const std::string& path, bool lite) : lite_(lite) {
    if (lite)
      mobile_ = ::torch::jit::_load_for_mobile(path);
    else
      full_ = ::torch::jit::load(path, c10::kCPU);
  }
  /// The outputs of one image, in the graph's order.
  std::vector<Tensor> run(const Tensor& image, const Graph& graph, const TorchScriptExport& result, bool named) {
    const c10::InferenceMode guard;
    const std::vector<c10::IValue> inputs{to_torch(image)};
    const c10::IValue y = lite_ ? mobile_.forward(inputs) : full_.forward(inputs);
    std::vector<Tensor> outputs;
    if (named) {
      const auto dict = y.toGenericDict();
      for (const ValueId id : graph.outputs()) outputs.push_back(from_torch(dict.at(graph.value(id).name).toTensor()));
    } else if (result.layout.size() == 1) {
      outputs.push_back(from_torch(y.toTensor()));
    } else {
      int64_t begin = 0;
      for (const auto& [name, size] : result.layout) outputs.push_back(from_torch(y.toTensor().narrow(1, begin, size))), begin += size;
    }
    return outputs;
  }

 private:
  bool lite_;
  ::torch::jit::Module full_;
  ::torch::jit::mobile::Module mobile_;
};

int64_t largest(const Tensor& x) {
  const float* p = x.data<float>();
  return std::max_element(p, p + x.size()) - p;
}

TorchScriptRun compare(Loaded& loaded, const std::string& engine, const Graph& graph, const std::vector<Tensor>& images,
                       const TorchScriptExportOptions& options, const TorchScriptExport& result) {
  runtime::SessionOptions session_options;
  session_options.pixels = options.pixels;
  runtime::Session session(graph, session_options);
  TorchScriptRun run;
  run.engine = engine;
  double sum = 0, agreed = 0;
  int64_t elements = 0;
  for (const Tensor& image : images) {
    const std::vector<Tensor> mine = session.run(std::span(&image, 1)), theirs = loaded.run(image, graph, result, options.named_outputs);
    if (mine.size() != theirs.size()) fail("it gives {} outputs, the network has {}", theirs.size(), mine.size());
    for (size_t i = 0; i < mine.size(); ++i) {
      const Tensor a = mine[i].cast(DType::f32), b = theirs[i].cast(DType::f32);
      if (a.size() != b.size()) fail("output {} has {} elements, the network's has {}", i, b.size(), a.size());
      const auto spec = runtime::affine_of(graph.value(graph.outputs()[i]));
      float most = 0;
      for (int64_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a.data<float>()[k]));
      const double unit = spec ? spec->scale : std::max(most / 255.0f, 1e-12f);
      for (int64_t k = 0; k < a.size(); ++k) {
        const double x = a.data<float>()[k], y = b.data<float>()[k];
        const double gap = x == y || (std::isnan(x) && std::isnan(y)) ? 0 : std::abs(x - y) / unit;
        run.max_difference = std::max(run.max_difference, std::isnan(gap) ? INFINITY : gap);
        sum += std::isnan(gap) ? INFINITY : gap;
      }
      elements += a.size();
      if (i == 0) agreed += largest(a) == largest(b) ? 1 : 0;
    }
    run.images++;
  }
  run.mean_difference = elements == 0 ? 0 : sum / static_cast<double>(elements);
  run.agreement = run.images == 0 ? 1 : agreed / static_cast<double>(run.images);
  return run;
}

void write(const ::torch::jit::Module& module, const std::string& path, const TorchScriptExportOptions& options) {
  ::torch::jit::Module final = module;
  if (options.mobile) {
    std::set<Pass> blocked;
    for (const auto& [name, pass] : passes())
      if (std::find(options.blocked.begin(), options.blocked.end(), name) != options.blocked.end()) blocked.insert(pass);
    final = ::torch::jit::optimizeForMobile(module, blocked);
  }
  if (options.lite)
    final._save_for_mobile(path);
  else
    final.save(path);
}

}  // namespace

std::vector<std::string> mobile_passes() {
  std::vector<std::string> names;
  for (const auto& [name, pass] : passes()) names.push_back(name);
  return names;
}

PackingEngine::PackingEngine() : before_(static_cast<int>(at::globalContext().qEngine())) {
  const std::vector<at::QEngine> all = engines();
  if (std::find(all.begin(), all.end(), at::QEngine::QNNPACK) != all.end()) at::globalContext().setQEngine(at::QEngine::QNNPACK);
}

PackingEngine::~PackingEngine() { at::globalContext().setQEngine(static_cast<at::QEngine>(before_)); }

void save_and_check(::torch::jit::Module& module, const Graph& graph, const std::string& path, const TorchScriptExportOptions& options,
                    TorchScriptExport& result) {
  const std::string partial = path + ".partial";
  struct Remover {
    const std::string& path;
    ~Remover() {
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
    }
  } remover{partial};
  try {
    write(module, partial, options);
    const bool codes = has_codes(graph);
    const std::vector<Tensor> images = options.images.empty() ? random_images(graph, options.pixels) : options.images;
    const auto before = at::globalContext().qEngine();
    for (const at::QEngine engine : codes ? engines() : std::vector<at::QEngine>{before}) {
      at::globalContext().setQEngine(engine);
      Loaded loaded(partial, options.lite);
      result.runs.push_back(compare(loaded, codes ? name_of(engine) : "float", graph, images, options, result));
    }
    at::globalContext().setQEngine(before);
    for (const TorchScriptRun& run : result.runs) {
      const double bound = codes ? options.bound : kFloatBound * 255;
      if (!(run.mean_difference <= bound))
        fail(
            "loaded again and run with {}, it differs from galet by {:.3g} on average ({:.3g} at most, in codes of the output; the bound "
            "is {:.3g}): the file is not kept",
            run.engine, run.mean_difference, run.max_difference, bound);
    }
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  } catch (const std::exception& error) {
    throw Error(path + ": " + first_line(error.what()));
  }
  std::filesystem::rename(partial, path);
}

}  // namespace galet::torch

#include "galet/pipeline/quantize_model.h"

#include "galet/pipeline/clip_weights.h"
#include "galet/transform/passes.h"

namespace galet::pipeline {

QuantizedModel quantize_model(const Graph& graph, const data::Dataset* dataset, const QuantizeRecipe& recipe, Progress& progress) {
  QuantizedModel model;
  model.graph = graph;
  auto note = [&](const Remarks& remarks) { model.remarks.insert(model.remarks.end(), remarks.begin(), remarks.end()); };
  note(transform::simplify(model.graph, recipe.without));
  if (recipe.equalize_channels) note(transform::run_pass(model.graph, "equalize_channels"));
  const Graph simplified = model.graph;
  auto& metadata = model.graph.info.metadata;
  if (recipe.equalize_channels) metadata["equalize_channels"] = "true";
  if (!recipe.clip_weights.empty()) {
    const double moved = clip_weights(model.graph, recipe.clip_weights, recipe.quantization);
    metadata["clip_weights"] = fmt::format("{}, {:.3g} % of the weights moved", recipe.clip_weights, 100 * moved);
  }

  const bool fixed = recipe.quantization.mode == quantize::Mode::fixed;
  if (fixed || recipe.correct_bias) {
    if (dataset == nullptr) fail("static quantization and bias correction need images: give a data set");
  }
  if (fixed) {
    calibrate::CalibrationOptions options = recipe.calibration;
    if (options.values.empty()) options.values = quantize::values_to_calibrate(model.graph, recipe.quantization);
    model.calibration = calibrate::calibrate(model.graph, *dataset, options, progress);
  }
  model.quantization = quantize::quantize(model.graph, recipe.quantization);
  note(model.quantization.remarks);
  if (recipe.correct_bias) {
    quantize::CorrectBiasOptions options;
    options.seed = recipe.calibration.seed;
    options.threads = recipe.calibration.threads;
    note(quantize::correct_bias(model.graph, simplified, *dataset, options, progress));
  }
  if (dataset != nullptr && model.graph.info.labels.empty()) model.graph.info.labels = dataset->class_names();
  return model;
}

}  // namespace galet::pipeline

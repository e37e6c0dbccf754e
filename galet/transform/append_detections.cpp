#include "galet/transform/append_detections.h"

#include <charconv>

#include "galet/ir/rewriter.h"
#include "galet/ops/ops.h"

namespace galet::transform {
namespace {

template <typename T>
T number(std::string_view value, std::string_view part) {
  T parsed{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (error != std::errc() || end != value.data() + value.size()) fail("detections \"{}\": \"{}\" is no number", part, value);
  return parsed;
}

ValueId find_output(const Graph& graph, const std::string& name, std::string_view what) {
  std::vector<std::string> names;
  for (const ValueId id : graph.outputs()) {
    if (graph.value(id).name == name) return id;
    names.push_back(graph.value(id).name);
  }
  fail("detections: no output is called \"{}\" ({}), the network has {}", name, what, fmt::join(names, ", "));
}

}  // namespace

DetectionHeads parse_detection_heads(const std::string& text) {
  DetectionHeads heads;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const size_t equal = part.find('=');
    const std::string_view key = part.substr(0, equal), value = equal == part.npos ? std::string_view() : part.substr(equal + 1);
    if (key == "boxes")
      heads.boxes = value;
    else if (key == "scores")
      heads.scores = value;
    else if (key == "mode")
      heads.mode = value;
    else if (key == "relative")
      heads.relative = number<int>(value, part) != 0;
    else if (key == "background")
      heads.background = number<int64_t>(value, part);
    else if (key == "k")
      heads.k = number<int64_t>(value, part);
    else if (key == "candidates")
      heads.candidates = number<int64_t>(value, part);
    else if (key == "score")
      heads.score = number<float>(value, part);
    else if (key == "iou")
      heads.iou = number<float>(value, part);
    else
      fail("detections: \"{}\", expected boxes=, scores=, relative=, background=, score=, iou=, k=, candidates= or mode=", part);
  }
  return heads;
}

void append_detections(Graph& graph, const DetectionHeads& heads) {
  ValueId boxes = find_output(graph, heads.boxes, "boxes");
  const ValueId scores = find_output(graph, heads.scores, "scores");
  if (graph.inputs().size() != 1 || graph.value(graph.inputs()[0]).shape.size() != 4)
    fail("detections: expected a network with one image as its input");
  const Shape input = graph.value(graph.inputs()[0]).shape;
  Rewriter rewriter(graph, "append_detections");
  if (heads.relative) {
    const auto width = static_cast<float>(input[3]), height = static_cast<float>(input[2]);
    const ValueId size = rewriter.constant("input_size", Tensor::from<float>({4}, std::vector<float>{width, height, width, height}));
    boxes = graph.result(rewriter.insert(ops::get("mul"), "boxes_in_pixels", {boxes, size}));
  }
  const Shape shape = graph.value(scores).shape;
  const int64_t all = shape.size() == 3 ? shape[1] * (shape[2] - heads.background) : 1;
  const NodeId node = rewriter.insert(ops::get("select_detections"), "select_detections", {boxes, scores},
                                      {{"k", std::min(heads.k, std::max<int64_t>(all, 1))},
                                       {"score_threshold", heads.score},
                                       {"iou_threshold", heads.iou},
                                       {"candidates", heads.candidates},
                                       {"background", heads.background},
                                       {"mode", heads.mode}});
  rewriter.set_outputs({graph.result(node)});
  rewriter.rename_value(graph.result(node), "detections");
  rewriter.remove_dead();
}

}  // namespace galet::transform

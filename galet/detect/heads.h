// Where a detector's layers end and its decoding begins: found in the graph, from the operators that decode, so that whatever was imported
// or built can be trained. What the layers give (logits, sizes, differences) is trained; what follows turns it into boxes.
#pragma once

#include <string_view>
#include <vector>

#include "galet/ir/graph.h"

namespace galet::detect {

enum class Kind : uint8_t {
  centers,  // decode_centers of a heatmap: CenterNet
  points,   // decode_points: FCOS
  anchors,  // decode_anchors: RetinaNet
};
std::string_view to_string(Kind kind);

/// Rows of boxes that come from one map.
struct Level {
  int64_t first = 0, count = 0;
  float stride = 0;  // pixels between places; only of Kind::points
};

struct Heads {
  Kind kind = Kind::centers;
  int64_t classes = 0;
  int64_t height = 0, width = 0;  // of the network's input
  ValueId scores;                 // logits: (1, classes, h, w) of centers, (1, rows, classes) of the others
  ValueId boxes;                  // centers: wh (1, 2, h, w); points: distances in pixels (1, rows, 4); anchors: differences (1, rows, 4)
  ValueId extra;                  // centers: reg (1, 2, h, w); points: logits of centre-ness (1, rows, 1); invalid where there is none
  float stride = 1;               // of centers: pixels of a place
  Tensor places;                  // points (rows, 2) or anchors (rows, 4), in pixels of the input
  Floats weights{1, 1, 1, 1};     // of decode_anchors
  float limit = 0;                // of decode_anchors
  std::vector<Level> levels;      // of points and anchors
  std::vector<ValueId> values() const;
};

/// Whether the network ends in decoded boxes.
bool is_detector(const Graph& graph);
/// Throws Error, naming the node, for a detector that cannot be trained: scores that are no sigmoid, sizes for each class.
Heads find_heads(const Graph& graph);

/// The layers alone: the same graph with heads.values() for outputs. Names and ids stay.
Graph body(const Graph& graph, const Heads& heads);
/// The decoding alone: heads.values() are its inputs, detections (1, k, 6) its output.
Graph tail(const Graph& graph, const Heads& heads);

}  // namespace galet::detect

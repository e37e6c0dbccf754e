#include "galet/transform/append_detections.h"

#include <doctest/doctest.h>

#include "galet/ir/text.h"
#include "galet/ops/ops.h"

using namespace galet;
using namespace galet::transform;

namespace {

Graph two_heads() {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 6});
  const ValueId boxes = graph.result(graph.add_node(ops::get("reshape"), "boxes", {x}, {{"shape", Ints{1, 18, 4}}}));
  const ValueId scores = graph.result(graph.add_node(ops::get("slice"), "scores", {boxes},
                                                     {{"starts", Ints{1}}, {"ends", Ints{4}}, {"axes", Ints{2}}, {"steps", Ints{1}}}));
  graph.add_output(scores);
  graph.add_output(boxes);
  return graph;
}

}  // namespace

TEST_CASE("append_detections: two outputs become one") {
  Graph graph = two_heads();
  append_detections(graph, parse_detection_heads("relative=1,background=1,k=20,mode=agnostic,score=0.5"));
  verify(graph);
  REQUIRE(graph.outputs().size() == 1);
  CHECK(graph.value(graph.outputs()[0]).name == "detections");
  CHECK(graph.value(graph.outputs()[0]).shape == Shape{1, 20, 6});
  CHECK(graph.find_node("boxes_in_pixels"));
  Graph all = two_heads();
  append_detections(all, parse_detection_heads(""));
  CHECK(all.value(all.outputs()[0]).shape == Shape{1, 54, 6});  // no more than there are
}

TEST_CASE("append_detections: refusals") {
  CHECK_THROWS_WITH_AS(parse_detection_heads("box=b"), doctest::Contains("\"box=b\", expected boxes="), Error);
  CHECK_THROWS_WITH_AS(parse_detection_heads("k=many"), doctest::Contains("\"many\" is no number"), Error);
  Graph graph = two_heads();
  CHECK_THROWS_WITH_AS(append_detections(graph, parse_detection_heads("boxes=b")),
                       doctest::Contains("no output is called \"b\" (boxes), the network has scores, boxes"), Error);
  CHECK_THROWS_WITH_AS(append_detections(graph, parse_detection_heads("boxes=scores,scores=boxes")), doctest::Contains("select_detections"),
                       Error);
  CHECK_THROWS_WITH_AS(append_detections(graph, parse_detection_heads("background=3")), doctest::Contains("background 3"), Error);
}

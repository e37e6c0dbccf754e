// From a picture to codes: by pixels as by floats.
#include <doctest/doctest.h>

#include "galet/core/random.h"
#include "galet/data/preprocess.h"
#include "galet/ops/ops.h"
#include "galet/runtime/pixels.h"

using namespace galet;

TEST_CASE("the pixels of a preprocessor stand for the floats that it makes") {
  Random random(5);
  for (const int picture_channels : {3, 1})
    for (const auto& [order, channels] : {std::pair("rgb", 3), std::pair("bgr", 3), std::pair("gray", 1), std::pair("gray", 3)})
      for (const int resize : {0, 20}) {
        Graph graph;
        graph.add_output(graph.result(graph.add_node(ops::get("relu"), "r", {graph.add_input("x", DType::f32, {1, channels, 16, 18})})));
        graph.info.preprocessing.order = order;
        graph.info.preprocessing.resize = resize;
        data::Image image(resize == 0 ? 18 : 41, resize == 0 ? 16 : 30, picture_channels);
        for (uint8_t& code : image.pixels) code = static_cast<uint8_t>(random.below(256));
        const data::Preprocessor preprocessor(graph.info.preprocessing, channels, 16, 18);
        const data::Image pixels = preprocessor.pixels(image);
        const Tensor tensor = Tensor::from<uint8_t>({1, pixels.height, pixels.width, pixels.channels}, pixels.pixels);
        CHECK(tensor.shape() == runtime::pixel_shape(graph));
        CHECK(runtime::float_image(graph, tensor).same_as(data::preprocess(image, graph.info.preprocessing, channels, 16, 18)));
      }
}

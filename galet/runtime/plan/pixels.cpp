// The forms of an input that is given as pixels: one table lookup a channel, to codes or to floats.
#include "galet/core/pixels.h"

#include <memory>

#include "galet/runtime/plan/lowering.h"

namespace galet::runtime {
namespace {

/// For each channel of the network: from a pixel's code to what the network is given.
template <typename T>
struct Tables {
  std::array<std::array<T, 256>, 3> of;
  PixelLayout layout;
};

/// dst[i * pixel_step + c * channel_step] = table of c [pixel i].
template <typename T>
void run_tables(const Tables<T>& tables, int64_t channels, const uint8_t* src, T* dst, int64_t pixel_step, int64_t channel_step,
                int64_t begin, int64_t end) {
  const int64_t step = tables.layout.channels;
  if (channels == 3 && channel_step == 1) {
    const T *a = tables.of[0].data(), *b = tables.of[1].data(), *c = tables.of[2].data();
    const uint8_t *from_a = src + tables.layout.from[0], *from_b = src + tables.layout.from[1], *from_c = src + tables.layout.from[2];
    for (int64_t i = begin; i < end; ++i) {
      T* to = dst + 3 * i;
      to[0] = a[from_a[i * step]];
      to[1] = b[from_b[i * step]];
      to[2] = c[from_c[i * step]];
    }
    return;
  }
  for (int64_t c = 0; c < channels; ++c) {
    const uint8_t* from = src + tables.layout.from[static_cast<size_t>(c)];
    const T* table = tables.of[static_cast<size_t>(c)].data();
    for (int64_t i = begin; i < end; ++i) dst[i * pixel_step + c * channel_step] = table[from[i * step]];
  }
}

}  // namespace

BufferId Lowering::pixel_form(ValueId id, Layout layout, bool real) {
  const Value& v = value(id);
  const Preprocessing& p = graph.info.preprocessing;
  const int64_t batch = v.shape[0], channels = v.shape[1], plane = v.shape[2] * v.shape[3];
  const int64_t pixel_step = layout == Layout::nhwc ? channels : 1, channel_step = layout == Layout::nhwc ? 1 : plane;
  const BufferId src = pixels_;
  const auto add = [&]<typename T>(const char* name, BufferId dst, auto&& entry) {
    auto tables = std::make_shared<Tables<T>>();
    tables->layout = pixel_layout(p);
    for (size_t c = 0; c < 3; ++c)
      for (size_t code = 0; code < 256; ++code) tables->of[c][code] = entry(pixel_value(p, c, static_cast<uint8_t>(code)));
    add_step(NodeId{}, name, {src}, {dst}, [=](const RunContext& context) {
      for (int64_t n = 0; n < batch; ++n) {
        const uint8_t* from = context.at<uint8_t>(src) + n * plane * tables->layout.channels;
        T* to = context.at<T>(dst) + n * plane * channels;
        context.parallel(plane, 0.8, [&](int64_t begin, int64_t end, std::byte*) {
          run_tables<T>(*tables, channels, from, to, pixel_step, channel_step, begin, end);
        });
      }
    });
    return dst;
  };
  if (real || !is_coded(v))
    return add.template operator()<float>("pixels to f32", arena_buffer(bytes_of(id, true)), [](float x) { return x; });
  const auto affine = affine_of(v);
  if (!affine) {
    get(id, layout, true);
    return convert(id, layout, false);
  }
  return add.template operator()<uint8_t>("pixels to codes", arena_buffer(bytes_of(id, false)),
                                          [&](float x) { return quantize_real(x, *affine); });
}

}  // namespace galet::runtime

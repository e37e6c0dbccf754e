// Resize as ONNX defines it (opset 11 to 19): nearest, linear and cubic, all coordinate transformations, antialiasing, cropping.
// Every mode is separable, so each axis becomes a table of taps and weights, applied axis by axis from the first to the last, in the
// element type. Coordinates are computed in double. With x the source coordinate of a destination position, linear takes floor(x) and the
// next, cubic one more on each side; antialiasing widens these kernels by 1/scale when shrinking.
//   half_pixel            x = (y + 0.5) / scale - 0.5          pytorch_half_pixel: the same, 0 where the destination has 1 position
//   half_pixel_symmetric  the same, centred when src * scale is no integer
//   asymmetric            x = y / scale
//   align_corners         x = y * (src - 1) / (src * scale - 1)
//   tf_crop_and_resize    x = start * (src - 1) + y * (end - start) * (src - 1) / (dst - 1)
#include "galet/ops/resize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "galet/ops/rules.h"

namespace galet::ops {
namespace {

constexpr std::array<std::string_view, 3> kModes{"nearest", "linear", "cubic"};
constexpr std::array<std::string_view, 6> kCoordinates{"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                                       "asymmetric", "align_corners",        "tf_crop_and_resize"};
constexpr std::array<std::string_view, 4> kNearest{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

bool crops(const OpCall& call) { return call.get_string("coordinates") == "tf_crop_and_resize"; }

void expect_word(const OpCall& call, std::string_view attribute, std::span<const std::string_view> words) {
  const std::string& found = call.get_string(attribute);
  if (std::find(words.begin(), words.end(), found) == words.end())
    call.fail("{} is \"{}\", expected one of {}", attribute, found, fmt::join(words, " "));
}

/// The scale must lead to the extent, which bounds the number of taps.
void check_axis(const OpCall& call, size_t axis) {
  const int64_t src = call.shape(0)[axis], dst = call.get_ints("sizes")[axis];
  if (dst < 0 || (src == 0) != (dst == 0)) call.fail("an extent of {} cannot become {}", src, dst);
  if (call.get_floats("scales").empty() || crops(call) || dst == 0) return;
  const double scale = call.get_floats("scales")[axis], exact = scale * static_cast<double>(src);
  const double slack = 1e-5 + 1e-6 * static_cast<double>(dst);
  const auto extent = static_cast<double>(dst);
  if (!(extent > exact - 1 - slack && extent <= exact + 0.5 + slack))
    call.fail("scale {} makes {} of {}, sizes says {}", scale, exact, src, dst);
}

std::vector<TensorType> infer(const OpCall& call) {
  expect_word(call, "mode", kModes);
  expect_word(call, "coordinates", kCoordinates);
  expect_word(call, "nearest", kNearest);
  const bool nearest = call.get_string("mode") == "nearest";
  expect_types(call, 0, nearest ? Types::any : Types::floats);
  if (nearest && call.get_int("antialias") != 0) call.fail("antialias with mode nearest, expected linear or cubic");
  const size_t rank = call.rank(0);
  const Floats &scales = call.get_floats("scales"), &roi = call.get_floats("roi");
  if (call.get_ints("sizes").size() != rank) call.fail("{} sizes for {} dimensions", call.get_ints("sizes").size(), rank);
  if (!scales.empty() && scales.size() != rank) call.fail("{} scales for {} dimensions", scales.size(), rank);
  if (crops(call) && roi.size() != 2 * rank) call.fail("roi has {} numbers, expected {} (begins then ends)", roi.size(), 2 * rank);
  for (const float x : roi)
    if (!std::isfinite(x)) call.fail("roi contains {}", x);
  for (size_t axis = 0; axis < rank; ++axis) check_axis(call, axis);
  return {result_type(call, call.dtype(0), call.get_ints("sizes"))};
}

/// One axis: where destination positions lie in the source.
struct Coordinates {
  const std::string& kind;
  double src, dst;                                                  // extents
  double scale;                                                     // as given, else 0: then it is exactly dst / src
  double start, end;                                                // of the crop, in units of src - 1
  double target() const { return scale != 0 ? scale * src : dst; }  // the extent before rounding
  double unscaled(double y) const { return scale != 0 ? y / scale : y * src / dst; }

  double operator()(double y) const {
    if (kind == "asymmetric") return unscaled(y);
    if (kind == "align_corners") return target() == 1 ? 0 : y * (src - 1) / (target() - 1);
    if (kind == "tf_crop_and_resize")
      return dst > 1 ? start * (src - 1) + y * (end - start) * (src - 1) / (dst - 1) : 0.5 * (start + end) * (src - 1);
    if (kind == "pytorch_half_pixel" && dst <= 1) return 0;
    const double centre = kind == "half_pixel_symmetric" ? src / 2 * (1 - dst / target()) : 0;
    return centre + unscaled(y + 0.5) - 0.5;
  }
};

Coordinates coordinates_of(const OpCall& call, size_t axis) {
  const Floats &scales = call.get_floats("scales"), &roi = call.get_floats("roi");
  Coordinates c{
      call.get_string("coordinates"), static_cast<double>(call.shape(0)[axis]), static_cast<double>(call.get_ints("sizes")[axis]), 0, 0, 1};
  if (!scales.empty() && !crops(call)) c.scale = scales[axis];
  if (crops(call)) c.start = roi[axis], c.end = roi[call.rank(0) + axis];
  return c;
}

double linear_kernel(double d) { return std::max(0.0, 1 - std::abs(d)); }

double cubic_kernel(double d, double a) {
  d = std::abs(d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

double round_nearest(const std::string& kind, double x) {
  if (kind == "floor") return std::floor(x);
  if (kind == "ceil") return std::ceil(x);
  return kind == "round_prefer_floor" ? std::ceil(x - 0.5) : std::floor(x + 0.5);
}

/// Appends the taps of one destination position whose source coordinate is x; `narrow` <= 1 widens the kernel.
void add_taps(const OpCall& call, ResizeAxis& table, double x, double narrow, int64_t src) {
  const bool cubic = call.get_string("mode") == "cubic", exclude = call.get_int("exclude_outside") != 0;
  const double a = call.get_float("cubic_a");
  const auto first = static_cast<int64_t>(std::floor(x)) - table.taps / 2 + 1;
  const size_t begin = table.weight.size();
  double sum = 0;
  for (int64_t i = first; i < first + table.taps; ++i) {
    const double d = (static_cast<double>(i) - x) * narrow;
    double weight = cubic ? cubic_kernel(d, a) : linear_kernel(d);
    if (exclude && (i < 0 || i >= src)) weight = 0;
    table.index.push_back(std::clamp<int64_t>(i, 0, src - 1));
    table.weight.push_back(weight);
    sum += weight;
  }
  if ((exclude || narrow < 1) && sum != 0)
    for (size_t i = begin; i < table.weight.size(); ++i) table.weight[i] /= sum;
}

/// One axis of a tensor resampled.
template <typename T>
Tensor resample(const Tensor& src_tensor, size_t axis, const ResizeAxis& table, T extrapolation) {
  Shape shape = src_tensor.shape();
  const int64_t outer = count(shape, 0, axis), inner = count(shape, axis + 1, shape.size()), extent = shape[axis];
  shape[axis] = static_cast<int64_t>(table.index.size()) / table.taps;
  Tensor result(src_tensor.dtype(), shape);
  const T* src = src_tensor.data<T>();
  T* dst = result.mutable_data<T>();
  for (int64_t o = 0; o < outer; ++o, src += extent * inner)
    for (int64_t y = 0; y < shape[axis]; ++y, dst += inner) {
      const int64_t* index = table.index.data() + y * table.taps;
      if (!table.outside.empty() && table.outside[static_cast<size_t>(y)]) {
        std::fill(dst, dst + inner, extrapolation);
      } else if (table.weight.empty()) {
        std::copy_n(src + *index * inner, inner, dst);
      } else if constexpr (std::is_floating_point_v<T>) {
        for (int64_t k = 0; k < table.taps; ++k) {
          const T weight = static_cast<T>(table.weight[static_cast<size_t>(y * table.taps + k)]);
          for (int64_t i = 0; i < inner; ++i) dst[i] += weight * src[index[k] * inner + i];
        }
      }
    }
  return result;
}

std::vector<Tensor> reference(const OpCall& call, std::span<const Tensor> operands) {
  Tensor result = operands[0];
  if (count(call.get_ints("sizes")) == 0) return {Tensor(call.dtype(0), call.get_ints("sizes"))};
  dispatch(call.dtype(0), [&](auto zero) {
    using T = decltype(zero);
    const T extrapolation = Tensor::scalar(call.get_float("extrapolation")).cast(call.dtype(0)).data<T>()[0];
    for (size_t axis = 0; axis < call.rank(0); ++axis) {
      const ResizeAxis table = resize_axis(call, axis);
      if (!table.identity) result = resample<T>(result, axis, table, extrapolation);
    }
  });
  return {result};
}

}  // namespace

ResizeAxis resize_axis(const OpCall& call, size_t axis) {
  const int64_t src = call.shape(0)[axis], dst = call.get_ints("sizes")[axis];
  const std::string& mode = call.get_string("mode");
  const Coordinates source = coordinates_of(call, axis);
  ResizeAxis table;
  table.identity = src == dst && std::abs(source.target() - static_cast<double>(src)) <= 1e-9 * static_cast<double>(src) &&
                   source.start == 0 && source.end == 1;
  const double narrow = call.get_int("antialias") != 0 ? std::min(1.0, source.target() / source.src) : 1.0;
  if (mode != "nearest") table.taps = 2 * static_cast<int64_t>(std::ceil((mode == "cubic" ? 2 : 1) / narrow));
  for (int64_t y = 0; y < dst; ++y) {
    const double exact = source(static_cast<double>(y)), reach = static_cast<double>(table.taps + 1);
    if (crops(call)) table.outside.push_back(exact < 0 || exact > source.src - 1);
    const double x = std::clamp(exact, -reach, source.src + reach);  // beyond it nothing changes
    if (mode == "nearest")
      table.index.push_back(std::clamp<int64_t>(static_cast<int64_t>(round_nearest(call.get_string("nearest"), x)), 0, src - 1));
    else
      add_taps(call, table, x, narrow, src);
  }
  return table;
}

Op resize_op() {
  return {.name = "resize",
          .operands = {"src"},
          .attributes = {{"sizes", Ints{}, true},
                         {"scales", Floats{}},
                         {"mode", std::string("nearest")},
                         {"coordinates", std::string("half_pixel")},
                         {"nearest", std::string("round_prefer_floor")},
                         {"cubic_a", -0.75f},
                         {"exclude_outside", int64_t{0}},
                         {"antialias", int64_t{0}},
                         {"extrapolation", 0.0f},
                         {"roi", Floats{}}},
          .infer = infer,
          .reference = reference,
          .quant = QuantTrait::rescaled};
}

}  // namespace galet::ops

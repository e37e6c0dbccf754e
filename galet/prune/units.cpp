#include "galet/prune/units.h"

#include <algorithm>

#include "galet/core/error.h"

namespace galet::prune {

std::string why_no_units(const Layer& layer, const Structure& structure) {
  if (structure.grain == Grain::n_m && layer.in < structure.m)
    return fmt::format("{} inputs in a row, fewer than {}", layer.in, structure.m);
  if (structure.grain == Grain::block && layer.in == 1) return "one input a group: its kernels have no blocks to skip";
  return {};
}

void for_each_unit(const Layer& layer, const Structure& structure, const std::function<void(std::span<const int64_t> places)>& f) {
  int64_t outs = 1, ins = 1;
  if (structure.grain == Grain::block) outs = structure.block_out, ins = structure.block_in;
  if (structure.grain == Grain::n_m) ins = structure.m;
  std::vector<int64_t> places;
  for (int64_t o = 0; o < layer.out; o += outs)
    for (int64_t tap = 0; tap < layer.taps; ++tap)
      for (int64_t i = 0; i < layer.in; i += ins) {
        if (structure.grain == Grain::n_m && i + ins > layer.in) break;
        places.clear();
        for (int64_t b = o; b < std::min(o + outs, layer.out); ++b)
          for (int64_t c = i; c < std::min(i + ins, layer.in); ++c) places.push_back(layer.index(b, tap, c));
        f(places);
      }
}

}  // namespace galet::prune

#include "galet/kernels/sparse_f32/sparse.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "galet/kernels/conv_f32/run_blocks.h"
#include "galet/kernels/conv_i8/layout.h"

namespace galet::kernels {
namespace {

/// The dense row with the same panels: its packing is that of the sparse one.
GemmF32Row dense_row(const SparseF32Row& row) { return {row.name, row.isa, nullptr, row.lanes, row.vectors}; }

struct Panels {
  Indirection taps;
  BlockLayout layout;
  int64_t rest;            // inputs of a tap beyond the last four
  int64_t groups_per_tap;  // the rest is one
  Panels(const SparseF32Row& row, const ConvShape& shape)
      : taps(plan_indirection(shape, 4)),
        layout(shape, taps, row.lanes, row.vectors),
        rest(taps.tap_elements % kSparseInputs),
        groups_per_tap((taps.tap_elements + kSparseInputs - 1) / kSparseInputs) {}
  int64_t width(const ChannelBlock& block) const { return block.vectors * layout.lanes; }
  int64_t inputs(int64_t group) const { return rest != 0 && group + 1 == groups_per_tap ? rest : kSparseInputs; }
};

/// Where the parts of a packed panel lie, in bytes from the beginning of all.
struct PanelPlace {
  int64_t ends, rests, offsets, weights;
};

struct Panel {
  std::vector<uint32_t> ends, offsets;
  std::vector<uint8_t> rests;
  std::vector<float> weights;
  int64_t kept = 0;  // groups, rests among them
};

/// dense: what conv_f32_pack made of the panel's weights.
Panel pack_panel(const Panels& panels, const float* dense, int64_t width) {
  Panel panel;
  for (int64_t tap = 0; tap < panels.taps.taps; ++tap) {
    bool rest_kept = false;
    for (int64_t group = 0; group < panels.groups_per_tap; ++group) {
      const int64_t n = panels.inputs(group);
      const float* weights = dense + (tap * panels.taps.tap_elements + group * kSparseInputs) * width;
      if (std::all_of(weights, weights + n * width, [](float w) { return w == 0.0f; })) continue;
      ++panel.kept;
      panel.weights.insert(panel.weights.end(), weights, weights + n * width);
      if (n == kSparseInputs)
        panel.offsets.push_back(static_cast<uint32_t>(group * kSparseInputs * 4));
      else
        rest_kept = true;
    }
    panel.ends.push_back(static_cast<uint32_t>(panel.offsets.size()));
    panel.rests.push_back(rest_kept ? 1 : 0);
  }
  return panel;
}

std::vector<Panel> pack_panels(const SparseF32Row& row, const ConvShape& shape, const Panels& panels, const float* weight) {
  const std::unique_ptr<float[]> dense(new float[conv_f32_packed_bytes(dense_row(row), shape) / sizeof(float)]);
  conv_f32_pack(dense_row(row), shape, weight, dense.get());
  std::vector<Panel> packed;
  for (int64_t b = 0; b < panels.layout.blocks(); ++b) {
    const ChannelBlock block = panels.layout.block(b);
    packed.push_back(pack_panel(panels, dense.get() + panels.layout.weight_offset(block), panels.width(block)));
  }
  return packed;
}

template <typename T>
int64_t bytes_of(const std::vector<T>& values) {
  return static_cast<int64_t>(values.size() * sizeof(T));
}

/// Packed: a PanelPlace a panel, then for each panel its lists and its weights. Calls place(b, where); returns the bytes of all.
template <typename Place>
int64_t place_panels(const std::vector<Panel>& panels, const Place& place) {
  int64_t at = align64(static_cast<int64_t>(panels.size() * sizeof(PanelPlace)));
  for (size_t b = 0; b < panels.size(); ++b) {
    PanelPlace where;
    where.ends = at;
    where.rests = where.ends + align64(bytes_of(panels[b].ends));
    where.offsets = where.rests + align64(bytes_of(panels[b].rests));
    where.weights = where.offsets + align64(bytes_of(panels[b].offsets));
    at = where.weights + align64(bytes_of(panels[b].weights));
    place(b, where);
  }
  return at;
}

struct Run {
  const SparseF32Row& row;
  const uint8_t* packed;
  int64_t rest;
};

}  // namespace

double sparse_f32_kept(const SparseF32Row& row, const ConvShape& shape, const float* weight) {
  const Panels panels(row, shape);
  int64_t kept = 0;
  for (const Panel& panel : pack_panels(row, shape, panels, weight)) kept += panel.kept;
  return static_cast<double>(kept) / static_cast<double>(panels.taps.taps * panels.groups_per_tap * panels.layout.blocks());
}

size_t sparse_f32_packed_bytes(const SparseF32Row& row, const ConvShape& shape, const float* weight) {
  const Panels panels(row, shape);
  return static_cast<size_t>(place_panels(pack_panels(row, shape, panels, weight), [](size_t, const PanelPlace&) {}));
}

void sparse_f32_pack(const SparseF32Row& row, const ConvShape& shape, const float* weight, void* packed) {
  const Panels panels(row, shape);
  auto* const to = static_cast<uint8_t*>(packed);
  const auto copy = [&](int64_t at, const auto& values) {
    if (!values.empty()) std::memcpy(to + at, values.data(), static_cast<size_t>(bytes_of(values)));
  };
  const std::vector<Panel> all = pack_panels(row, shape, panels, weight);
  place_panels(all, [&](size_t b, const PanelPlace& where) {
    std::memcpy(to + b * sizeof where, &where, sizeof where);
    copy(where.ends, all[b].ends);
    copy(where.rests, all[b].rests);
    copy(where.offsets, all[b].offsets);
    copy(where.weights, all[b].weights);
  });
}

size_t sparse_f32_scratch_bytes(const SparseF32Row& row, const ConvShape& shape) { return conv_f32_scratch_bytes(dense_row(row), shape); }

int64_t sparse_f32_items(const SparseF32Row& row, const ConvShape& shape) { return conv_f32_items(dense_row(row), shape); }

void sparse_f32_run(const SparseF32Row& row, const ConvShape& shape, const ConvF32Args& args, int64_t begin, int64_t end,
                    void* scratch) noexcept {
  const Run run{row, static_cast<const uint8_t*>(args.packed), Panels(row, shape).rest};
  const auto run_panel = [](const void* context, int64_t b, const GemmF32Block& call) noexcept {
    const Run& r = *static_cast<const Run*>(context);
    const PanelPlace& where = reinterpret_cast<const PanelPlace*>(r.packed)[b];
    SparsePanelF32 panel;
    static_cast<GemmF32Block&>(panel) = call;
    panel.weights = reinterpret_cast<const float*>(r.packed + where.weights);
    panel.ends = reinterpret_cast<const uint32_t*>(r.packed + where.ends);
    panel.offsets = reinterpret_cast<const uint32_t*>(r.packed + where.offsets);
    panel.rests = r.packed + where.rests;
    panel.rest = r.rest;
    r.row.run(panel);
  };
  conv_f32_run_blocks(dense_row(row), shape, args, begin, end, scratch, run_panel, &run);
}

}  // namespace galet::kernels

#include "galet/kernels/sparse_i8/sparse.h"

#include <cstring>
#include <memory>
#include <vector>

#include "galet/kernels/conv_i8/layout.h"
#include "galet/kernels/conv_i8/run_blocks.h"

namespace galet::kernels {
namespace {

/// The dense row with the same panels: its packing and its per-channel operands are those of the sparse one.
GemmI8Row dense_row(const SparseI8Row& row) { return {row.name, row.isa, nullptr, row.lanes, row.vectors}; }

struct Panels {
  Indirection taps;
  BlockLayout layout;
  Panels(const SparseI8Row& row, const ConvShape& shape) : taps(plan_indirection(shape, 1)), layout(shape, taps, row.lanes, row.vectors) {}
  int64_t sums_bytes() const { return align64(layout.padded_channels() * 4); }
  int64_t groups() const { return layout.k / kSparseInputs; }
};

/// Where the parts of a packed panel lie, in bytes from the beginning of all.
struct PanelPlace {
  int64_t ends, offsets, weights;
};

/// Packed: column sums, a PanelPlace a panel, then for each panel its lists and its weights.
struct Lists {
  std::vector<std::vector<uint32_t>> ends, groups;  // by panel; groups: numbers over all taps
  explicit Lists(const Panels& panels, const int8_t* dense) {
    const int64_t per_tap = panels.taps.tap_elements / kSparseInputs;
    for (int64_t b = 0; b < panels.layout.blocks(); ++b) {
      const ChannelBlock block = panels.layout.block(b);
      const int64_t bytes = block.vectors * panels.layout.lanes * kSparseInputs;
      const int8_t* weights = dense + panels.layout.weight_offset(block);
      auto &kept = groups.emplace_back(), &end = ends.emplace_back();
      for (int64_t tap = 0; tap < panels.taps.taps; ++tap) {
        for (int64_t g = tap * per_tap; g < (tap + 1) * per_tap; ++g)
          for (int64_t i = 0; i < bytes; i += 8) {
            uint64_t eight = 0;
            std::memcpy(&eight, weights + g * bytes + i, 8);
            if (eight == 0) continue;
            kept.push_back(static_cast<uint32_t>(g));
            break;
          }
        end.push_back(static_cast<uint32_t>(kept.size()));
      }
    }
  }
};

struct DensePacked {
  std::unique_ptr<int8_t[]> memory;
  const int8_t* weights;
  DensePacked(const SparseI8Row& row, const ConvShape& shape, const Panels& panels, const int8_t* weight)
      : memory(new int8_t[conv_i8_packed_bytes(dense_row(row), shape)]), weights(memory.get() + panels.sums_bytes()) {
    conv_i8_pack(dense_row(row), shape, weight, memory.get());
  }
};

int64_t panel_bytes(const Panels& panels, const ChannelBlock& block) { return block.vectors * panels.layout.lanes * kSparseInputs; }

/// Calls place(b, where) for each panel; returns the bytes of all.
template <typename Place>
int64_t place_panels(const Panels& panels, const Lists& lists, const Place& place) {
  int64_t at = panels.sums_bytes() + align64(panels.layout.blocks() * static_cast<int64_t>(sizeof(PanelPlace)));
  for (int64_t b = 0; b < panels.layout.blocks(); ++b) {
    const auto groups = static_cast<int64_t>(lists.groups[static_cast<size_t>(b)].size());
    PanelPlace where;
    where.ends = at;
    where.offsets = where.ends + align64(panels.taps.taps * 4);
    where.weights = where.offsets + align64(groups * 4);
    at = where.weights + align64(groups * panel_bytes(panels, panels.layout.block(b)));
    place(b, where);
  }
  return at;
}

struct Run {
  const SparseI8Row& row;
  const uint8_t* packed;
  const PanelPlace* places;
};

}  // namespace

double sparse_i8_kept(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight) {
  const Panels panels(row, shape);
  const DensePacked dense(row, shape, panels, weight);
  const Lists lists(panels, dense.weights);
  size_t kept = 0;
  for (const auto& groups : lists.groups) kept += groups.size();
  return static_cast<double>(kept) / static_cast<double>(panels.groups() * panels.layout.blocks());
}

size_t sparse_i8_packed_bytes(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight) {
  const Panels panels(row, shape);
  const DensePacked dense(row, shape, panels, weight);
  return static_cast<size_t>(place_panels(panels, Lists(panels, dense.weights), [](int64_t, const PanelPlace&) {}));
}

void sparse_i8_pack(const SparseI8Row& row, const ConvShape& shape, const int8_t* weight, void* packed) {
  const Panels panels(row, shape);
  const DensePacked dense(row, shape, panels, weight);
  const Lists lists(panels, dense.weights);
  auto* const to = static_cast<uint8_t*>(packed);
  std::memcpy(to, dense.memory.get(), static_cast<size_t>(panels.sums_bytes()));
  place_panels(panels, lists, [&](int64_t b, const PanelPlace& where) {
    const auto &groups = lists.groups[static_cast<size_t>(b)], &ends = lists.ends[static_cast<size_t>(b)];
    const ChannelBlock block = panels.layout.block(b);
    const int64_t bytes = panel_bytes(panels, block);
    std::memcpy(to + panels.sums_bytes() + b * static_cast<int64_t>(sizeof where), &where, sizeof where);
    std::memcpy(to + where.ends, ends.data(), ends.size() * 4);
    for (size_t i = 0; i < groups.size(); ++i) {
      const auto offset = static_cast<uint32_t>(groups[i] % (panels.taps.tap_elements / kSparseInputs) * kSparseInputs);
      std::memcpy(to + where.offsets + i * 4, &offset, 4);
      std::memcpy(to + where.weights + static_cast<int64_t>(i) * bytes,
                  dense.weights + panels.layout.weight_offset(block) + groups[i] * bytes, static_cast<size_t>(bytes));
    }
  });
}

size_t sparse_i8_prepared_bytes(const SparseI8Row& row, const ConvShape& shape) { return conv_i8_prepared_bytes(dense_row(row), shape); }

void sparse_i8_prepare(const SparseI8Row& row, const ConvShape& shape, const ConvI8Args& args, void* prepared) {
  conv_i8_prepare(dense_row(row), shape, args, prepared);
}

size_t sparse_i8_scratch_bytes(const SparseI8Row& row, const ConvShape& shape) { return conv_i8_scratch_bytes(dense_row(row), shape); }

int64_t sparse_i8_items(const SparseI8Row& row, const ConvShape& shape) { return conv_i8_items(dense_row(row), shape); }

void sparse_i8_run(const SparseI8Row& row, const ConvShape& shape, const ConvI8Args& args, int64_t begin, int64_t end,
                   void* scratch) noexcept {
  const Panels panels(row, shape);
  const auto* packed = static_cast<const uint8_t*>(args.packed);
  const Run run{row, packed, reinterpret_cast<const PanelPlace*>(packed + panels.sums_bytes())};
  const auto run_panel = [](const void* context, int64_t b, const GemmI8Block& call) noexcept {
    const Run& r = *static_cast<const Run*>(context);
    const PanelPlace& where = r.places[b];
    SparsePanelI8 panel;
    static_cast<GemmI8Block&>(panel) = call;
    panel.weights = reinterpret_cast<const int8_t*>(r.packed + where.weights);
    panel.ends = reinterpret_cast<const uint32_t*>(r.packed + where.ends);
    panel.offsets = reinterpret_cast<const uint32_t*>(r.packed + where.offsets);
    r.row.run(panel);
  };
  conv_i8_run_blocks(dense_row(row), shape, args, begin, end, scratch, run_panel, &run);
}

}  // namespace galet::kernels

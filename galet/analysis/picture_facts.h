// What one picture says for the linter: its looks in a few numbers, and hashes by which pictures that show the same are found.
#pragma once

#include <cstdint>
#include <vector>

#include "galet/data/image.h"

namespace galet::analysis {

struct PictureFacts {
  uint64_t pixels = 0;      // hash of size and bytes (FNV-1a)
  uint64_t perceptual = 0;  // difference hash: luma averaged to 9x8 cells, a bit where a cell is brighter than its right neighbour
  double brightness = 0, contrast = 0, colour = 0;
  int width = 0, height = 0, channels = 0;
};

PictureFacts facts_of(const data::Image& image);

/// Hash of bytes, for samples that are tensors.
uint64_t hash_bytes(const void* bytes, size_t count);

struct NearPair {
  size_t first = 0, second = 0;
  int distance = 0;
};
/// For each picture the first earlier one that is at most `bits` away and within 12 of its brightness, flat pictures (contrast below 4)
/// left out. Hashes that near agree in one of bits + 1 parts, so only those that do are compared.
std::vector<NearPair> near_pairs(const std::vector<PictureFacts>& pictures, int bits);

}  // namespace galet::analysis

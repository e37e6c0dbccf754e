#include "galet/analysis/picture_facts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

namespace galet::analysis {
namespace {

double luma(const uint8_t* pixel, int channels) {
  return channels == 3 ? 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2] : static_cast<double>(pixel[0]);
}

uint64_t difference_hash(const data::Image& image) {
  constexpr int kCols = 9, kRows = 8;
  double cells[kRows][kCols] = {};
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kCols; ++c) {
      const int y0 = r * image.height / kRows, y1 = std::max((r + 1) * image.height / kRows, y0 + 1);
      const int x0 = c * image.width / kCols, x1 = std::max((c + 1) * image.width / kCols, x0 + 1);
      for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) cells[r][c] += luma(image.at(x, y), image.channels);
      cells[r][c] /= (y1 - y0) * (x1 - x0);
    }
  uint64_t hash = 0;
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c + 1 < kCols; ++c) hash = hash << 1 | (cells[r][c] > cells[r][c + 1] ? 1 : 0);
  return hash;
}

struct Sums {
  double sum = 0, squares = 0;
  void add(double x) { sum += x, squares += x * x; }
  double mean(double n) const { return sum / n; }
  double sigma(double n) const { return std::sqrt(std::max(0.0, squares / n - mean(n) * mean(n))); }
};

}  // namespace

uint64_t hash_bytes(const void* bytes, size_t count) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto* at = static_cast<const uint8_t*>(bytes);
  for (size_t i = 0; i < count; ++i) hash = (hash ^ at[i]) * 0x100000001b3;
  return hash;
}

PictureFacts facts_of(const data::Image& image) {
  PictureFacts facts;
  facts.width = image.width, facts.height = image.height, facts.channels = image.channels;
  const double n = static_cast<double>(image.width) * image.height;
  if (image.pixels.empty()) return facts;
  facts.pixels = hash_bytes(image.pixels.data(), image.pixels.size()) ^ (static_cast<uint64_t>(image.width) << 32);
  facts.perceptual = difference_hash(image);
  Sums light, red_green, yellow_blue;
  for (size_t i = 0; i < image.pixels.size(); i += static_cast<size_t>(image.channels)) {
    const uint8_t* p = &image.pixels[i];
    light.add(luma(p, image.channels));
    if (image.channels != 3) continue;
    red_green.add(p[0] - p[1]);
    yellow_blue.add(0.5 * (p[0] + p[1]) - p[2]);
  }
  facts.brightness = light.mean(n), facts.contrast = light.sigma(n);
  facts.colour = std::hypot(red_green.sigma(n), yellow_blue.sigma(n)) + 0.3 * std::hypot(red_green.mean(n), yellow_blue.mean(n));
  return facts;
}

std::vector<NearPair> near_pairs(const std::vector<PictureFacts>& pictures, int bits) {
  const int parts = bits + 1;
  std::map<size_t, NearPair> found;  // by the later picture
  std::vector<size_t> order(pictures.size());
  for (int part = 0; part < parts; ++part) {
    const int low = 64 * part / parts, high = 64 * (part + 1) / parts;
    const uint64_t mask = (high - low == 64 ? ~uint64_t{0} : (uint64_t{1} << (high - low)) - 1) << low;
    auto key = [&](size_t i) { return pictures[i].perceptual & mask; };
    std::iota(order.begin(), order.end(), size_t{0});
    std::erase_if(order, [&](size_t i) { return pictures[i].contrast < 4; });
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
    for (size_t begin = 0, end; begin < order.size(); begin = end) {
      for (end = begin; end < order.size() && key(order[end]) == key(order[begin]);) ++end;
      for (size_t later = begin + 1; later < end; ++later)
        for (size_t earlier = begin; earlier < later; ++earlier) {
          const PictureFacts &a = pictures[order[earlier]], &b = pictures[order[later]];
          const int distance = std::popcount(a.perceptual ^ b.perceptual);
          if (distance > bits || std::fabs(a.brightness - b.brightness) > 12) continue;
          const NearPair pair{order[earlier], order[later], distance};
          const auto [at, fresh] = found.emplace(pair.second, pair);
          if (!fresh && pair.first < at->second.first) at->second = pair;
          break;
        }
    }
  }
  std::vector<NearPair> pairs;
  for (const auto& [later, pair] : found) pairs.push_back(pair);
  return pairs;
}

}  // namespace galet::analysis

// What the Python tests ask of galet::data:
//   galet_data_dump time SPEC CHANNELS HEIGHT WIDTH THREADS      seconds to load all of it
//   galet_data_dump script                   lines on stdin, each an operation whose result is written as .npy (or the error's text as
//   OUT.error):
//       decode IMAGE OUT | resize IMAGE W H OUT | crop IMAGE W H OUT | preprocess IMAGE RESIZE CROP_H CROP_W ORDER C H W OUT
#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "galet/core/error.h"
#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/data/decode.h"
#include "galet/data/loader.h"
#include "galet/data/npy.h"
#include "galet/data/preprocess.h"
#include "galet/data/resize.h"

namespace {

using namespace galet;
using namespace galet::data;

void time_loading(char** arg) {
  const auto dataset = open_dataset(arg[0]);
  const auto start = std::chrono::steady_clock::now();
  double sum = 0;
  for_each_batch(*dataset, first_indices(*dataset, 0), {}, std::atol(arg[1]), std::atol(arg[2]), std::atol(arg[3]),
                 {.batch = 16, .threads = std::atoi(arg[4])},
                 [&](const Batch& batch) { sum += static_cast<double>(batch.images.span<float>()[0]); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("{}: {:.3f} s, {:.4f} ms each (checksum {:.3f})\n", dataset->description(), seconds,
             1e3 * seconds / static_cast<double>(dataset->size()), sum);
}

Tensor to_tensor(const Image& image) { return Tensor::from<uint8_t>({image.height, image.width, image.channels}, image.pixels); }

Tensor result_of(std::istringstream& words, std::string& out) {
  std::string operation, path;
  words >> operation >> path;
  if (operation == "decode") {
    words >> out;
    return to_tensor(decode_image(path));
  }
  if (operation == "resize" || operation == "crop") {
    int w = 0, h = 0;
    words >> w >> h >> out;
    const Image image = decode_image(path);
    return to_tensor(operation == "resize" ? resize_bilinear(image, w, h) : center_crop(image, w, h));
  }
  if (operation != "preprocess") fail("unknown operation {}", operation);
  Preprocessing p;
  int64_t c = 0, h = 0, w = 0;
  words >> p.resize >> p.crop_height >> p.crop_width >> p.order >> c >> h >> w >> out;
  return preprocess(decode_image(path), p, c, h, w);
}

void run_script() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    const std::string out = line.substr(line.rfind(' ') + 1);
    try {
      std::string named;
      write_npy(out, result_of(words, named));
    } catch (const Error& error) {
      write_file(out + ".error", std::string(error.what()));
    }
  }
}

}  // namespace

int main(int count, char** arg) {
  const std::string command = count > 1 ? arg[1] : "";
  try {
    if (command == "time" && count == 7) return time_loading(arg + 2), 0;
    if (command == "script" && count == 2) return run_script(), 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  fmt::print(stderr, "usage: galet_data_dump time SPEC CHANNELS HEIGHT WIDTH THREADS | script\n");
  return 2;
}

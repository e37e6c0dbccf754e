// PNG through libpng, reading and writing.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "galet/core/error.h"
#include "galet/data/codecs.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

/// What libpng's callbacks need. Only trivially destructible things live across the long jump.
struct Session {
  const png_byte* next = nullptr;
  size_t left = 0;
  std::string* written = nullptr;
  std::jmp_buf escape;
  char message[160] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  Session& session = *static_cast<Session*>(png_get_error_ptr(png));
  std::snprintf(session.message, sizeof session.message, "%s", text);
  std::longjmp(session.escape, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep dst, size_t count) {
  Session& session = *static_cast<Session*>(png_get_io_ptr(png));
  if (count > session.left) png_error(png, "it is truncated");
  std::memcpy(dst, session.next, count);
  session.next += count;
  session.left -= count;
}

struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

/// Reads the header and asks libpng for 8-bit RGB. False: session.message says why.
bool start(Session& session, png_structp png, png_infop info) {
  if (setjmp(session.escape) != 0) return false;
  png_set_read_fn(png, &session, read_bytes);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);  // kMaxPixels is checked by the caller
  png_set_chunk_malloc_max(png, 8u << 20);
  png_read_info(png, info);
  return true;
}

bool read_rows(Session& session, png_structp png, png_infop info, uint8_t* dst, size_t stride, size_t height) {
  if (setjmp(session.escape) != 0) return false;
  const int type = png_get_color_type(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_16(png);
  if ((type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0) png_set_strip_alpha(png);
  if (type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != stride) png_error(png, "it has an unexpected row size");
  for (int pass = 0; pass < passes; ++pass) {
    for (size_t y = 0; y < height; ++y) png_read_row(png, dst + y * stride, nullptr);
  }
  png_read_end(png, nullptr);
  return true;
}

void write_bytes(png_structp png, png_bytep src, size_t count) {
  static_cast<Session*>(png_get_io_ptr(png))->written->append(reinterpret_cast<const char*>(src), count);
}

bool write_rows(Session& session, png_structp png, png_infop info, const Image& image) {
  if (setjmp(session.escape) != 0) return false;
  png_set_write_fn(png, &session, write_bytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) png_write_row(png, image.at(0, y));
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Image decode_png(std::span<const std::byte> bytes, const std::string& name) {
  Session session;
  session.next = reinterpret_cast<const png_byte*>(bytes.data());
  session.left = bytes.size();
  Reader reader;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) fail("{}: no memory for the PNG decoder", name);
  if (!start(session, reader.png, reader.info)) fail("{}: the PNG data is damaged: {}", name, static_cast<const char*>(session.message));
  const auto width = png_get_image_width(reader.png, reader.info), height = png_get_image_height(reader.png, reader.info);
  // Deflate packs at most 1032 to 1, a pixel takes at least one bit.
  check_extent(width, height, bytes.size(), 1032 * 8, name);
  Image image(static_cast<int>(width), static_cast<int>(height), 3);
  if (!read_rows(session, reader.png, reader.info, image.pixels.data(), static_cast<size_t>(width) * 3, height)) {
    fail("{}: the PNG data is damaged: {}", name, static_cast<const char*>(session.message));
  }
  return image;
}

std::string encode_png(const Image& image) {
  if (image.channels != 1 && image.channels != 3) fail("cannot write a PNG image of {} channels, expected 1 or 3", image.channels);
  if (image.width <= 0 || image.height <= 0) fail("cannot write an empty PNG image ({}x{})", image.width, image.height);
  std::string bytes;
  Session session;
  session.written = &bytes;
  struct Writer {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Writer() { png_destroy_write_struct(&png, &info); }
  } writer;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  if (writer.png != nullptr) writer.info = png_create_info_struct(writer.png);
  if (writer.info == nullptr) fail("no memory for the PNG encoder");
  if (!write_rows(session, writer.png, writer.info, image)) fail("cannot write a PNG image: {}", static_cast<const char*>(session.message));
  return bytes;
}

}  // namespace galet::data

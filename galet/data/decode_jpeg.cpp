// JPEG through libjpeg-turbo with its defaults (accurate integer DCT, fancy upsampling), which is what Pillow uses.
#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE and size_t declared before it.
#include <jerror.h>
#include <jpeglib.h>

#include "galet/core/error.h"
#include "galet/data/codecs.h"
#include "galet/data/decode.h"

namespace galet::data {
namespace {

/// libjpeg's state and what its callbacks need. Only trivially destructible things live across the long jump.
struct Decoder {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

Decoder& decoder_of(j_common_ptr jpeg) { return *static_cast<Decoder*>(jpeg->client_data); }

void on_error(j_common_ptr jpeg) {
  Decoder& decoder = decoder_of(jpeg);
  jpeg->err->format_message(jpeg, decoder.message);
  std::longjmp(decoder.escape, 1);
}

/// Warnings are kept silent; those that mean wrong pixels are errors.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_MUST_RESYNC:
    case JWRN_JPEG_EOF:
      on_error(jpeg);
      break;
    default:
      ++jpeg->err->num_warnings;
  }
}

void nothing(j_decompress_ptr) {}

boolean on_end_of_data(j_decompress_ptr jpeg) {
  Decoder& decoder = decoder_of(reinterpret_cast<j_common_ptr>(jpeg));
  std::snprintf(decoder.message, sizeof decoder.message, "it is truncated");
  std::longjmp(decoder.escape, 1);
}

void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if (static_cast<size_t>(count) > jpeg->src->bytes_in_buffer) on_end_of_data(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= static_cast<size_t>(count);
}

/// Reads the header and chooses the colour space of the result. False: decoder.message says why.
bool start(Decoder& decoder, std::span<const std::byte> bytes) {
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  jpeg.client_data = &decoder;
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_create_decompress(&jpeg);
  decoder.source = {};
  decoder.source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  decoder.source.bytes_in_buffer = bytes.size();
  decoder.source.init_source = decoder.source.term_source = nothing;
  decoder.source.fill_input_buffer = on_end_of_data;
  decoder.source.skip_input_data = skip;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  jpeg.src = &decoder.source;
  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.num_components != 1 && jpeg.num_components != 3 && jpeg.num_components != 4) {
    std::snprintf(decoder.message, sizeof decoder.message, "it has %d components, expected 1, 3 or 4", jpeg.num_components);
    return false;
  }
  jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
  return true;
}

/// All rows, `jpeg.num_components` bytes a pixel. False: decoder.message says why.
bool read_rows(Decoder& decoder, uint8_t* dst) {
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_start_decompress(&jpeg);
  const size_t stride = static_cast<size_t>(jpeg.output_width) * static_cast<size_t>(jpeg.output_components);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = dst + stride * jpeg.output_scanline;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  return true;
}

/// a * b / 255, rounded, for bytes.
unsigned scaled(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

Image to_rgb(Image image) {
  if (image.channels == 3) return image;
  Image rgb(image.width, image.height, 3);
  const uint8_t* src = image.pixels.data();
  for (size_t i = 0; i < rgb.pixels.size(); i += 3, src += image.channels) {
    if (image.channels == 1) {
      rgb.pixels[i] = rgb.pixels[i + 1] = rgb.pixels[i + 2] = *src;
      continue;
    }
    // Adobe's convention: inks are stored inverted, so these are 255 - ink already.
    const unsigned key = src[3];
    for (size_t c = 0; c < 3; ++c) {
      const unsigned ink = scaled(255u - src[c], key);
      rgb.pixels[i + c] = static_cast<uint8_t>(key > ink ? key - ink : 0);
    }
  }
  return rgb;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  Decoder decoder;
  decoder.message[0] = '\0';
  decoder.jpeg.mem = nullptr;  // jpeg_destroy accepts a decoder that was never created
  struct Guard {
    Decoder& decoder;
    ~Guard() { jpeg_destroy_decompress(&decoder.jpeg); }
  } guard{decoder};
  if (!start(decoder, bytes)) fail("{}: the JPEG data is damaged: {}", name, static_cast<const char*>(decoder.message));
  // A block of 64 samples takes at least one bit, a chroma block may stand for 16 of them.
  check_extent(decoder.jpeg.image_width, decoder.jpeg.image_height, bytes.size(), 64 * 8 * 4, name);
  Image image(static_cast<int>(decoder.jpeg.image_width), static_cast<int>(decoder.jpeg.image_height), decoder.jpeg.num_components);
  if (!read_rows(decoder, image.pixels.data())) fail("{}: the JPEG data is damaged: {}", name, static_cast<const char*>(decoder.message));
  return to_rgb(std::move(image));
}

}  // namespace galet::data

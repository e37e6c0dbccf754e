// How weights lie for instruction sets without an 8-bit dot product into 32 bits (SSE4.1, AVX2, AVX-512 without VNNI).
//
// pmaddubsw multiplies 8 by 8 bits and adds two neighbouring products, but saturates at 16 bits: exact only where two neighbouring
// weights of one sign add up to at most 128 in magnitude (255 * 128 < 2^15). So a block is packed in one of two forms:
//   split: every such pair is cut into a part that keeps to the bound, in the usual place, and a rest; a vector of quads with a rest is
//          multiplied once more ("extra"). Exact, and rests are few where weights are bell-shaped.
//   words: where rests would be many, weights are widened to 16 bits for two exact pmaddwd a quad: the even and the odd ones of a quad
//          apart, to meet source bytes that are pulled apart on the way; or in pairs, to meet a source that was widened before (what
//          conv_i8 does for a single tap, where every block of channels reads the same rows).
#pragma once

#include <cstdint>

namespace galet::kernels {

enum class SplitForm : int32_t { bytes, even_odd, pairs };

/// Stands before the weights of a block. Behind it, int16 (quads, vectors, 2, lanes, 2) of even_odd, or (2 * quads, vectors, lanes, 2) of
/// pairs. Form bytes: (quads, vectors * lanes, 4), and at the offsets (in bytes, from the header) that it names:
struct SplitHeader {
  SplitForm form;
  int32_t index;  // int32 (taps * vectors + 1): where the extras of each tap and vector begin
  int32_t k;      // int32 (extras): offset of the quad in the tap
  int32_t rests;  // (extras, lanes, 4) bytes: what its weights lack
  int32_t unused[12];
};
static_assert(sizeof(SplitHeader) == 64);

/// Bytes of one vector of channels of a block, k weights deep; a block of v vectors takes v times as much, header included.
inline int64_t split_vector_bytes(int64_t lanes, int64_t k) { return 64 + (2 * lanes * k + 63) / 64 * 64; }

/// block: split_vector_bytes * vectors, zero, but for the usual (k / 4, vectors * lanes, 4) weights behind the header: splits them in
/// place. wide: the source may be widened before. pixels: rows of the whole product; where they are few, reading weights is what takes
/// time.
void split_weights(int64_t lanes, int64_t vectors, int64_t taps, int64_t tap_bytes, int64_t pixels, bool wide, int8_t* block);

}  // namespace galet::kernels

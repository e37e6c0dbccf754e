// The element types of weights files, some of which galet has not (half, bfloat16).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "galet/core/tensor.h"

namespace galet::importers {

using galet::size_of;
using galet::to_string;

enum class Element : uint8_t { f32, f64, f16, bf16, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

size_t size_of(Element element);
/// "f16", ...: DType's words where there is one.
std::string_view to_string(Element element);
/// The type that galet keeps it in: f32 for f16 and bf16.
DType kept_as(Element element);

/// `bytes` (exactly the shape's, row-major, little-endian) as a tensor: a view that `owner` keeps alive where type and alignment allow it,
/// else a copy. The bytes that a copy took are added to `copied`.
Tensor to_tensor(Element element, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner, size_t& copied);

/// IEEE half and bfloat16 to float, exact.
float from_half(uint16_t bits);
float from_bfloat16(uint16_t bits);

}  // namespace galet::importers

#include "galet/package/values.h"

#include <algorithm>
#include <bit>

#include "galet/package/packing.h"

namespace galet::package {

ValueForm::ValueForm(DType dtype, const QuantSpec* spec, bool with_zero) : width_(size_of(dtype)) {
  if (dtype == DType::boolean) book_ = {0, 1};
  if (spec != nullptr && packed_bits(*spec) != 0) book_ = codebook(*spec);
  if (book_.empty()) return;
  const auto zero = std::find(book_.begin(), book_.end(), 0);
  knows_zero_ = zero != book_.end();
  if (knows_zero_ && !with_zero && book_.size() > 1) book_.erase(zero);
  bits_ = static_cast<unsigned>(std::bit_width(book_.size() - 1));
  for (size_t i = 0; i < book_.size(); ++i) place_[static_cast<uint8_t>(book_[i])] = static_cast<uint8_t>(i);
}

uint64_t ValueForm::bytes(int64_t values) const {
  return whole() ? static_cast<uint64_t>(values) * width_ : (static_cast<uint64_t>(values) * bits_ + 7) / 8;
}

void ValueForm::put(BitWriter& out, const std::byte* element) const {
  if (!whole()) return out.put(place_[static_cast<uint8_t>(*element)], bits_);
  for (size_t i = 0; i < width_; ++i) out.put(static_cast<uint64_t>(element[i]), 8);
}

void ValueForm::get(BitReader& in, std::byte* element) const {
  if (whole()) {
    for (size_t i = 0; i < width_; ++i) element[i] = static_cast<std::byte>(in.get(8));
    return;
  }
  const uint64_t place = in.get(bits_);
  if (place >= book_.size()) fail("code number {} of {}", place, book_.size());
  *element = static_cast<std::byte>(book_[place]);
}

}  // namespace galet::package

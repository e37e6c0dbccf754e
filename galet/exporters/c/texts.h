// The reference kernels as text (galet/kernels/reference/c99), put into this library when it is built.
#pragma once

#include <set>
#include <string>

namespace galet::exporters::c {

/// A file of galet/kernels/reference/c99, without ".h". Throws Error for an unknown one.
const std::string& text(const std::string& file);
/// The texts of these names in an order in which each finds what it needs; "requantize" and its like in the form that is asked for.
std::string texts_of(const std::set<std::string>& names, bool fixed_point);

}  // namespace galet::exporters::c

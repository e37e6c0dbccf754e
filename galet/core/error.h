// The one exception of the library, and how to throw it.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace galet {

/// Anything that a file, a flag or a machine can cause. The text says what, where, what was found, what was wanted and what to do,
/// in lower case and without a full stop: `conv2d "layer3.0.conv1": weight has 3 dimensions, expected 4 (OIHW)`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with a text formatted as by fmt::format.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace galet

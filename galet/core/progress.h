// How long work tells its caller how far it is. The library never prints; a front end passes a Progress that draws a bar.
#pragma once

#include <cstdint>
#include <string_view>

namespace galet {

class Progress {
 public:
  virtual ~Progress() = default;
  /// A new stretch of work of `total` items (0: unknown).
  virtual void start(std::string_view what, int64_t total) = 0;
  /// `done` items of it are finished. Called from one thread at a time.
  virtual void update(int64_t done) = 0;
  virtual void finish() = 0;
};

/// Ignores everything.
Progress& no_progress();

}  // namespace galet

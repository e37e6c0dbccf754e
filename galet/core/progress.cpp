#include "galet/core/progress.h"

namespace galet {
namespace {
class Silent : public Progress {
  void start(std::string_view, int64_t) override {}
  void update(int64_t) override {}
  void finish() override {}
};
}  // namespace

Progress& no_progress() {
  static Silent silent;
  return silent;
}

}  // namespace galet

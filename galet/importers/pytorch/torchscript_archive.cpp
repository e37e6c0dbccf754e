#include "galet/importers/pytorch/torchscript_archive.h"

#include <algorithm>

#include "galet/core/file.h"
#include "galet/importers/pytorch/pytorch.h"
#include "galet/importers/pytorch/zip_archive.h"

namespace galet::importers {

bool is_torchscript(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (!is_pytorch(file->bytes())) return false;
  try {
    const ZipArchive archive(file->bytes());
    return std::ranges::any_of(archive.members(), [](const ZipArchive::Member& m) { return m.name.ends_with("/constants.pkl"); });
  } catch (const Error&) {
    return false;
  }
}

void check_torchscript(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  const ZipArchive archive(file->bytes());
  for (const ZipArchive::Member& member : archive.members())
    if (member.method == 0) ZipArchive::check(member);  // libtorch's own reader notices what is wrong with compressed ones
}

}  // namespace galet::importers

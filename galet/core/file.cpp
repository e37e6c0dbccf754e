#include "galet/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>

#include "galet/core/error.h"

namespace galet {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

int open_regular(const std::string& path, struct stat& info) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    fail("cannot read {}: it is not a file", path);
  }
  return fd;
}

/// The mappings that exist, begin to end: what release_mapped may touch.
struct Mappings {
  std::mutex mutex;
  std::map<uintptr_t, uintptr_t> ends;
};
Mappings& mappings() {
  static Mappings all;
  return all;
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  struct stat info {};
  const Descriptor file{open_regular(path, info)};
  std::shared_ptr<MappedFile> mapped(new MappedFile);
  mapped->size_ = static_cast<size_t>(info.st_size);
  if (mapped->size_ == 0) return mapped;
  void* memory = ::mmap(nullptr, mapped->size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (memory == MAP_FAILED) {
    mapped->size_ = 0;
    fail("cannot map {}: {}", path, std::strerror(errno));
  }
  mapped->data_ = static_cast<const std::byte*>(memory);
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const std::lock_guard lock(mappings().mutex);
  mappings().ends[begin] = begin + mapped->size_;
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(mappings().mutex);
  mappings().ends.erase(reinterpret_cast<uintptr_t>(data_));
  ::munmap(const_cast<std::byte*>(data_), size_);
}

void release_mapped(std::span<const std::byte> bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data()), end = begin + bytes.size();
  const std::lock_guard lock(mappings().mutex);
  auto mapping = mappings().ends.upper_bound(begin);
  if (mapping == mappings().ends.begin() || end > (--mapping)->second) return;
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t first = begin / page * page, last = (end + page - 1) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

namespace {

/// Advice for the pages that lie wholly in the bytes; refusals (an older kernel) do not matter.
void advise(const std::byte* bytes, size_t size, [[maybe_unused]] int advice) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)), begin = reinterpret_cast<uintptr_t>(bytes);
  const uintptr_t first = (begin + page - 1) / page * page, last = (begin + size) / page * page;
  if (first + page < last) ::madvise(reinterpret_cast<void*>(first), last - first, advice);
}

}  // namespace

void expect_reading([[maybe_unused]] std::span<const std::byte> bytes) {
#if defined(MADV_POPULATE_READ)
  advise(bytes.data(), bytes.size(), MADV_POPULATE_READ);
#endif
}

void expect_writing([[maybe_unused]] std::span<std::byte> bytes) {
#if defined(MADV_POPULATE_WRITE)
  advise(bytes.data(), bytes.size(), MADV_POPULATE_WRITE);
#endif
}

std::string read_file(const std::string& path) {
  struct stat info {};
  const Descriptor file{open_regular(path, info)};
  std::string text(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::read(file.fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("cannot read {}: {}", path, n < 0 ? std::strerror(errno) : "it became shorter while being read");
    done += static_cast<size_t>(n);
  }
  return text;
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  struct stat info {};  // renaming over a device would replace it
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    fail("cannot write {}: it is {}", path, S_ISDIR(info.st_mode) ? "a directory" : "not a file");
  std::string temporary = path + ".XXXXXX";
  Descriptor file{::mkstemp(temporary.data())};
  if (file.fd < 0) fail("cannot write {}: {}", path, std::strerror(errno));
  auto give_up = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("cannot write {}: {}", path, std::strerror(error));
  };
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up();
    done += static_cast<size_t>(n);
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file.fd, 0666 & ~mask) != 0 || ::fsync(file.fd) != 0) give_up();
  if (::rename(temporary.c_str(), path.c_str()) != 0) give_up();
}

void write_file(const std::string& path, const std::string& text) { write_file(path, std::as_bytes(std::span(text.data(), text.size()))); }

}  // namespace galet

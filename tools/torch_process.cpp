#include "tools/torch_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "galet/core/error.h"

namespace galet::tools {

bool is_torch_command(const std::string& name) {
  static const std::vector<std::string> names{
#define TORCH_COMMAND(name, description) #name,
#include "tools/torch_commands.inc"
#undef TORCH_COMMAND
  };
  return std::find(names.begin(), names.end(), name) != names.end();
}

namespace {

std::filesystem::path galet_torch(const std::string& what) {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "galet-torch";
  if (!std::filesystem::exists(program))
    fail("{} needs galet-torch, which is not at {}: ./dev setup --torch installs libtorch, ./dev build then builds it", what,
         program.string());
  return program;
}

}  // namespace

void run_galet_torch(const std::string& what, const std::vector<std::string>& arguments) {
  galet_torch(what);
  const pid_t child = ::fork();
  if (child < 0) fail("cannot start galet-torch: {}", std::strerror(errno));
  if (child == 0) {
    ::dup2(2, 1);
    try {
      become_galet_torch(what, arguments);
    } catch (const Error&) {
      ::_exit(127);
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("lost galet-torch: {}", std::strerror(errno));
  if (WIFSIGNALED(status)) fail("{}: galet-torch was ended by signal {}", what, WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) fail("{}: galet-torch {} ended with status {}", what, arguments.at(0), WEXITSTATUS(status));
}

void become_galet_torch(const std::string& what, const std::vector<std::string>& arguments) {
  const std::filesystem::path program = galet_torch(what);
  // Libraries read these when they are loaded: OpenMP threads that wait must not burn the cores of their neighbours, and OpenBLAS takes its
  // number of threads from galet-torch alone.
  setenv("OMP_WAIT_POLICY", "passive", 0);
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  std::vector<char*> argv{const_cast<char*>("galet-torch")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  fail("cannot start {}: {}", program.string(), std::strerror(errno));
}

}  // namespace galet::tools

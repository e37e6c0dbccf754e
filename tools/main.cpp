#include "tools/main.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/cli.h"

namespace galet::tools {

int run_main(CLI::App& app, int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  command_words() = {"galet"};
  for (int i = 1; i < argc; ++i) command_words().emplace_back(argv[i]);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  auto wrong_usage = [&](const char* what) {
    std::fprintf(stderr, "galet: %s (see galet%s --help)\n", one_line(what).c_str(), chosen_command(argc, argv).c_str());
    return 2;
  };
  try {
    app.parse(argc, argv);
    if (std::fflush(stdout) != 0) fail("cannot write to standard output");
    return 0;
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what());
  } catch (const UsageError& error) {
    return wrong_usage(error.what());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "galet: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "galet: %s\n", one_line(error.what()).c_str());
    return 1;
  }
}

}  // namespace galet::tools

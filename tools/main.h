// What galet and galet-torch have in common: parsing, errors, exit status.
#pragma once

namespace CLI {
class App;
}

namespace galet::tools {

/// Exit status 0: done; 1: an error, said in one line on stderr; 2: wrong usage.
int run_main(CLI::App& app, int argc, char** argv);

}  // namespace galet::tools

// Everything that an export to C depends on, in one JSON file: the same state gives the same bytes, on any machine, at any time.
#pragma once

#include <string>

#include "galet/exporters/c/c.h"
#include "galet/ir/graph.h"

namespace galet::pipeline {

struct ExportState {
  Graph graph;
  exporters::CExportOptions options;
};

/// Writes options as JSON fields and the network as a package and test images in base64. Canonical: the same state gives the same bytes.
/// Throws Error where writing fails.
void save_export_state(const Graph& graph, const exporters::CExportOptions& options, const std::string& path);
/// Throws Error (path, what) for anything that is not such a file, whole and undamaged.
ExportState load_export_state(const std::string& path);

}  // namespace galet::pipeline

// galet detect: boxes of a detector, drawn over pictures and as JSON.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "galet/core/file.h"
#include "galet/data/dataset.h"
#include "galet/data/decode.h"
#include "galet/evaluate/detection/detect.h"
#include "galet/report/draw_detections.h"
#include "galet/report/writers.h"
#include "tools/cli.h"

namespace galet::tools {
namespace {

struct Flags {
  ModelArgument model;
  std::vector<std::string> pictures;
  std::string folder;
  float score = 0.3f;
  evaluate::DetectOptions options;
};

/// Several data sets, one after the other.
class Joined : public data::Dataset {
 public:
  explicit Joined(const std::vector<std::string>& specs) {
    for (const std::string& spec : specs) {
      parts_.push_back(data::open_dataset(spec));
      for (int64_t i = 0; i < parts_.back()->size(); ++i) places_.emplace_back(parts_.back().get(), i);
    }
  }
  int64_t size() const override { return static_cast<int64_t>(places_.size()); }
  data::Sample get(int64_t index) const override { return part(index)->get(place(index)); }
  std::string sample_name(int64_t index) const override { return part(index)->sample_name(place(index)); }
  int label(int64_t) const override { return -1; }
  const std::vector<std::string>& class_names() const override { return parts_[0]->class_names(); }
  std::string description() const override { return fmt::format("{} images", size()); }

 private:
  const data::Dataset* part(int64_t index) const { return places_.at(static_cast<size_t>(index)).first; }
  int64_t place(int64_t index) const { return places_.at(static_cast<size_t>(index)).second; }
  std::vector<std::unique_ptr<data::Dataset>> parts_;
  std::vector<std::pair<const data::Dataset*, int64_t>> places_;
};

/// A name that no picture before it took: files of several folders may be called alike.
std::string free_name(const std::string& sample, std::set<std::string>& taken) {
  const std::string stem = report::file_name(std::filesystem::path(sample).stem().string());
  std::string name = stem;
  for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", stem, i);
  return name + ".png";
}

std::string name_of(const Graph& graph, int label) {
  const auto i = static_cast<size_t>(label);
  return i < graph.info.labels.size() ? graph.info.labels[i] : std::to_string(label);
}

void run_detect(Flags flags) {
  const Graph graph = load_ready(flags.model);
  const Joined pictures(flags.pictures);
  if (!flags.folder.empty()) report::make_folder(flags.folder);
  flags.options.min_score = flags.score;
  ProgressBar bar;
  const evaluate::Detections result = evaluate::detect(graph, pictures, flags.options, bar);
  nlohmann::ordered_json root = nlohmann::json::array();
  std::set<std::string> taken;
  for (size_t i = 0; i < result.images.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const std::vector<Detection>& found = result.images[i].found;
    nlohmann::ordered_json rows = nlohmann::json::array();
    for (const Detection& one : found)
      rows.push_back({{"label", name_of(graph, one.label)},
                      {"class", one.label},
                      {"score", one.score},
                      {"box", {one.box.left, one.box.top, one.box.right, one.box.bottom}}});
    nlohmann::ordered_json entry{
        {"file", pictures.sample_name(index)}, {"width", result.sizes[i].first}, {"height", result.sizes[i].second}};
    entry["detections"] = std::move(rows);
    if (!flags.folder.empty()) {
      const std::string path = (std::filesystem::path(flags.folder) / free_name(pictures.sample_name(index), taken)).string();
      write_file(path, data::encode_png(report::draw_detections(pictures.get(index).image, found, graph.info.labels)));
      entry["drawn"] = path;
    }
    root.push_back(std::move(entry));
  }
  print(root.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace

void add_detect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("detect", "find objects in pictures: JSON on stdout, drawn pictures in a folder");
  auto flags = std::make_shared<Flags>();
  add_model(*command, flags->model);
  command->add_option("pictures", flags->pictures, "JPEG or PNG files, folders of them, or data sets (voc:DIR, coco:FILE.json ..)")
      ->required()
      ->type_name("IMAGE...");
  command->add_option("-o,--output", flags->folder, "a folder for the pictures with boxes drawn over them (PNG)")->type_name("DIR");
  command->add_option("--score", flags->score, "leave out what scores less")->capture_default_str()->check(CLI::Range(0.f, 1.f));
  command->add_option("--limit", flags->options.limit, "the first N pictures only")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  command->add_option("--threads", flags->options.threads, "0: one per processor")->capture_default_str()->check(CLI::Range(0, 1024));
  command->footer(
      "Boxes are left, top, right, bottom in pixels of the picture.\nExample:\n  galet detect faces.galet crowd.jpg -o drawn --score 0.5");
  command->callback([flags] { run_detect(*flags); });
}

}  // namespace galet::tools

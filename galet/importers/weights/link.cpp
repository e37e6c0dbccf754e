#include "galet/importers/weights/link.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "galet/importers/weights/near_name.h"
#include "galet/importers/weights/propose.h"
#include "galet/ir/rewriter.h"
#include "galet/ops/parameters.h"

namespace galet::importers {
namespace {

constexpr std::string_view kCounter = "num_batches_tracked";

bool is_counter(std::string_view name) {
  return name == kCounter || (name.ends_with(kCounter) && name[name.size() - kCounter.size() - 1] == '.');
}

/// One tensor of one file on its way to a parameter.
struct Offer {
  const StoredTensor* tensor = nullptr;
  const StateDict* file = nullptr;
  std::string name;  // after the rules
};

struct Parameter {
  ValueId id;
  Shape shape;
};

class Linking {
 public:
  Linking(Graph& graph, const std::vector<StateDict>& files, LinkOptions options)
      : graph_(graph), files_(files), options_(std::move(options)) {
    for (const ValueId id : ops::parameters_of(graph)) {
      const Value& value = graph.value(id);
      parameters_.emplace(value.name, Parameter{id, value.shape});
      order_.push_back(value.name);
    }
  }

  KeyReport run() {
    for (const StateDict& file : files_) read(file);
    if (options_.automatic) map_automatically();
    for (const Offer& offer : offers_) place(offer);
    for (const std::string& name : order_)
      if (!placed_.contains(name) && !refused_.contains(name))
        report_.missing.push_back({name, parameters_.at(name).shape, {}, allowed(name)});
    find_near_names();
    commit();
    write_notes();
    report_.parameters = order_.size();
    return std::move(report_);
  }

 private:
  bool allowed(const std::string& name) {
    bool fit = false;
    for (const std::string& pattern : options_.allow)
      if (fits(name, pattern)) {
        fit = true;
        used_patterns_.insert(pattern);
      }
    return fit;
  }

  void read(const StateDict& file) {
    std::map<std::string, std::string> keys;  // by name after the rules
    for (const StoredTensor& tensor : file.tensors) {
      const std::string name = options_.rules.apply(tensor.name);
      if (is_counter(name)) {
        report_.ignored.push_back(tensor.name);
        if (tensor.data.size() == 1 && tensor.data.dtype() == DType::i64) counters_.insert(*tensor.data.data<int64_t>());
        continue;
      }
      const auto [at, fresh] = keys.try_emplace(name, tensor.name);
      if (!fresh) fail("{}: the rules give \"{}\" and \"{}\" the same name \"{}\"", file.path, at->second, tensor.name, name);
      offers_.push_back({&tensor, &file, name});
    }
    for (const std::string& note : file.notes) report_.notes.push_back(file.path + ": " + note);
  }

  void map_automatically() {
    for (const StateDict& file : files_) {
      std::set<std::string> have;
      std::vector<NamedShape> keys, open;
      for (const Offer& offer : offers_)
        if (offer.file == &file) {
          if (parameters_.contains(offer.name))
            have.insert(offer.name);
          else
            keys.push_back({offer.name, offer.tensor->data.shape()});
        }
      for (const std::string& name : order_)
        if (!have.contains(name)) open.push_back({name, parameters_.at(name).shape});
      const std::vector<std::string> lines = propose_rules(keys, open);
      KeyRules proposed = KeyRules::parse(fmt::format("{}", fmt::join(lines, "\n")), "proposed rules");
      for (Offer& offer : offers_)
        if (offer.file == &file && !parameters_.contains(offer.name)) offer.name = proposed.apply(offer.name);
      report_.proposed.insert(report_.proposed.end(), lines.begin(), lines.end());
    }
  }

  void place(const Offer& offer) {
    const Tensor& data = offer.tensor->data;
    const auto at = parameters_.find(offer.name);
    if (at == parameters_.end()) {
      report_.unexpected.push_back(
          {offer.tensor->name, offer.name, offer.file->path, data.shape(), {}, allowed(offer.tensor->name) || allowed(offer.name)});
      return;
    }
    if (data.shape() != at->second.shape || !is_float(data.dtype())) {
      refused_.insert(offer.name);
      report_.mismatched.push_back({offer.tensor->name, offer.name, offer.file->path, data.shape(), at->second.shape,
                                    offer.tensor->stored_as, allowed(offer.tensor->name) || allowed(offer.name)});
      return;
    }
    const auto [placed, fresh] = placed_.try_emplace(offer.name, offer);
    if (fresh) return;
    report_.overridden.push_back(offer.name);
    placed->second = offer;
  }

  void find_near_names() {
    std::vector<NamedShape> keys, names;
    size_t key_characters = 0, name_characters = 0;
    for (const auto& u : report_.unexpected) {
      keys.push_back({u.renamed, u.shape});
      key_characters += u.renamed.size();
    }
    for (const auto& m : report_.missing) {
      names.push_back({m.parameter, m.shape});
      name_characters += m.parameter.size();
    }
    constexpr size_t kEffort = 200'000'000;  // cells of all distance tables: a second
    if (key_characters > kEffort / std::max<size_t>(name_characters, 1)) return;
    for (auto& m : report_.missing) m.near = near_name({m.parameter, m.shape}, keys);
    for (auto& u : report_.unexpected) u.near = near_name({u.renamed, u.shape}, names);
  }

  void commit() {
    Rewriter rewriter(graph_);
    std::map<Element, size_t> converted;
    std::vector<std::string> broken;
    for (const std::string& name : order_) {
      const auto at = placed_.find(name);
      if (at == placed_.end()) continue;
      const Offer& offer = at->second;
      if (offer.tensor->stored_as != Element::f32) ++converted[offer.tensor->stored_as];
      const Tensor data = offer.tensor->data.cast(DType::f32);
      for (const float x : data.span<float>())
        if (!std::isfinite(x)) {
          broken.push_back(name);
          break;
        }
      rewriter.set_constant(parameters_.at(name).id, data);
      report_.matched.push_back({offer.tensor->name, name, offer.file->path, data.shape(), offer.tensor->stored_as});
    }
    for (const auto& [element, n] : converted)
      report_.notes.push_back(fmt::format("{} tensors converted from {} to f32", n, to_string(element)));
    if (!broken.empty())
      report_.notes.push_back(fmt::format("{} parameters hold NaN or infinity, \"{}\" first", broken.size(), broken.front()));
    if (counters_.size() == 1) graph_.info.metadata[std::string(kCounter)] = std::to_string(*counters_.begin());
  }

  void write_notes() {
    for (const std::string& line : options_.rules.unused()) report_.notes.push_back(fmt::format("rule \"{}\" fitted no key", line));
    for (const std::string& pattern : options_.allow)
      if (!used_patterns_.contains(pattern)) report_.notes.push_back(fmt::format("nothing had to be allowed for \"{}\"", pattern));
    if (options_.automatic && !report_.proposed.empty())
      report_.notes.push_back(
          fmt::format("{} keys renamed by order and shape, not by name: check the result", report_.proposed.size() - 1));
  }

  Graph& graph_;
  const std::vector<StateDict>& files_;
  LinkOptions options_;
  std::map<std::string, Parameter> parameters_;
  std::vector<std::string> order_;
  std::vector<Offer> offers_;
  std::map<std::string, Offer> placed_;
  std::set<std::string> refused_, used_patterns_;
  std::set<int64_t> counters_;
  KeyReport report_;
};

}  // namespace

KeyReport link_weights(Graph& graph, const std::vector<StateDict>& files, LinkOptions options) {
  return Linking(graph, files, std::move(options)).run();
}

}  // namespace galet::importers

// What sweeps and sensitivity studies share: evaluating one form of a network against the float one, and progress over all of them.
#pragma once

#include "galet/core/progress.h"
#include "galet/core/tensor.h"
#include "galet/data/dataset.h"
#include "galet/evaluate/study.h"
#include "galet/ir/graph.h"

namespace galet::pipeline {

/// Many evaluations seen as one stretch of work, so that the time left is that of all.
class StudyProgress : public Progress {
 public:
  StudyProgress(Progress& outer, std::string_view what, int64_t evaluations, int64_t images) : outer_(outer), images_(images) {
    outer_.start(what, evaluations * images);
  }
  void start(std::string_view, int64_t) override {}
  void update(int64_t done) override { outer_.update(base_ + done); }
  void finish() override { base_ += images_; }
  void end() { outer_.finish(); }

 private:
  Progress& outer_;
  int64_t images_, base_ = 0;
};

/// `count` images spread evenly over another data set, which must outlive it: folders are sorted by class, so the first ones are no sample.
class SpreadImages : public data::Dataset {
 public:
  SpreadImages(const data::Dataset& all, int64_t count);
  int64_t size() const override { return count_; }
  data::Sample get(int64_t index) const override { return all_.get(at(index)); }
  std::string sample_name(int64_t index) const override { return all_.sample_name(at(index)); }
  int label(int64_t index) const override { return all_.label(at(index)); }
  const std::vector<std::string>& class_names() const override { return all_.class_names(); }
  bool has_objects() const override { return all_.has_objects(); }
  const std::vector<data::Annotation>& objects(int64_t index) const override { return all_.objects(at(index)); }
  int64_t image_id(int64_t index) const override { return all_.image_id(at(index)); }
  int64_t category_id(int label) const override { return all_.category_id(label); }
  std::string description() const override;

 private:
  int64_t at(int64_t index) const { return index * all_.size() / count_; }
  const data::Dataset& all_;
  int64_t count_;
};

/// Evaluates forms of one network on the same images. The float network comes first: its outputs are what the others are compared with.
class Evaluator {
 public:
  Evaluator(const data::Dataset& dataset, int64_t limit, int threads) : images_(dataset, limit), threads_(threads) {}
  evaluate::Measured reference(const Graph& graph, Progress& progress);
  evaluate::Measured operator()(const Graph& graph, Progress& progress) const;
  /// Images that one evaluation runs.
  int64_t images() const { return images_.size(); }

 private:
  SpreadImages images_;
  int threads_;
  Tensor outputs_;
};

/// Bytes of all constants at the bits in use: codes of 4 bits count as half bytes.
int64_t constant_bytes(const Graph& graph);

}  // namespace galet::pipeline

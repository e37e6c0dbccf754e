// What detectors find: average precision, curves of precision over recall, and where two forms disagree.
#include <fmt/format.h>

#include <algorithm>

#include "galet/report/findings.h"

namespace galet::report {
namespace {

using evaluate::CocoNumber;

Cell known(double fraction) { return fraction < 0 ? Cell(std::optional<double>()) : Cell(100 * fraction); }

std::string shown_ap(double fraction) { return fraction < 0 ? "none" : fmt::format("{:.1f}", 100 * fraction); }

Series series_of(const std::string& name, const evaluate::PrecisionCurve& curve) {
  Series series{name, {}, {}};
  for (size_t r = 0; r < curve.size(); ++r) series.x.push_back(static_cast<double>(r)), series.y.push_back(100 * curve[r]);
  return series;
}

Chart empty_curve(const std::string& id, const std::string& title) {
  return {.id = id, .title = title, .text = {}, .form = Form::curve, .x = {"recall in %"}, .y = {"precision in %"}};
}

/// All classes, then each class, of which the one to see is chosen.
ChartGroup curves(const std::vector<const Model*>& models, const Detector& detector) {
  ChartGroup group{"precision", "Classes", {}};
  Chart all = empty_curve("precision", "Precision over recall, mean of classes");
  for (const Model* model : models) {
    all.series.push_back(series_of(model->name + ", IoU 0.50", model->detection->precision50));
    all.series.push_back(series_of(model->name + ", IoU 0.75", model->detection->precision75));
  }
  all.text = fmt::format("Curves of precision over recall; the areas under them are AP50 and AP75: {} and {} for {}.",
                         shown_ap((*models.back()->detection)[CocoNumber::ap50]), shown_ap((*models.back()->detection)[CocoNumber::ap75]),
                         models.back()->name);
  group.charts.push_back(std::move(all));
  for (size_t c = 0; c < detector.classes.size(); ++c) {
    Chart chart = empty_curve("precision_" + detector.classes[c], detector.classes[c] + ", IoU 0.50");
    for (const Model* model : models)
      if (c < model->detection->class_ap50.size() && model->detection->class_ap50[c] >= 0)
        chart.series.push_back(series_of(model->name, model->detection->class_precision50[c]));
    if (chart.series.empty()) continue;
    chart.text = fmt::format("Precision over recall of {}: AP50 {} for {}.", detector.classes[c],
                             shown_ap(models.back()->detection->class_ap50[c]), models.back()->name);
    group.charts.push_back(std::move(chart));
  }
  return group;
}

Table numbers(const std::vector<const Model*>& models) {
  static constexpr std::array<const char*, evaluate::kCocoNumbers> kNames{
      "AP",       "AP50",      "AP75",    "AP small", "AP medium", "AP large", "AR, 1 an image", "AR, 10 an image", "AR, 100 an image",
      "AR small", "AR medium", "AR large"};
  Table table{"coco", "COCO's twelve numbers, in %", {{"number"}}, {}};
  for (const Model* model : models) table.columns.push_back({model->name, Kind::real, 2});
  for (size_t i = 0; i < kNames.size(); ++i) {
    std::vector<Cell> row{kNames[i]};
    for (const Model* model : models) row.push_back(known(model->detection->numbers[i]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table by_class(const std::vector<const Model*>& models, const Detector& detector) {
  Table table{"classes", "Average precision of each class, in %", {{"class"}}, {}};
  for (const Model* model : models) {
    table.columns.push_back({"AP, " + model->name, Kind::real, 2});
    table.columns.push_back({"AP50, " + model->name, Kind::real, 2});
  }
  for (size_t c = 0; c < detector.classes.size(); ++c) {
    std::vector<Cell> row{detector.classes[c]};
    for (const Model* model : models) {
      row.push_back(known(model->detection->class_ap.at(c)));
      row.push_back(known(model->detection->class_ap50.at(c)));
    }
    table.rows.push_back(std::move(row));
  }
  table.folded = table.rows.size() > 20;
  return table;
}

void agreement(const evaluate::DetectionAgreement& found, const Model& first, const Model& last, Section& section) {
  section.figures.push_back(
      {"AP against " + first.name, shown_ap(found.as_truth[CocoNumber::ap]),
       fmt::format("what {} finds being the truth; AP50 {}", first.name, shown_ap(found.as_truth[CocoNumber::ap50]))});
  section.figures.push_back({"same boxes", fmt::format("{}", found.pairs),
                             fmt::format("{} lost, {} gained, mean IoU {:.3f}", found.lost, found.gained, found.mean_iou)});
  section.text.push_back(fmt::format(
      "Of the {} boxes that {} finds with a score of {:.2f} or more, {} are found by {} too (mean IoU {:.3f}); {} are lost, {} come new.",
      found.pairs + found.lost, first.name, found.min_score, found.pairs, last.name, found.mean_iou, found.lost, found.gained));
}

}  // namespace

bool detections_section(const Findings& findings, Section& section) {
  if (!findings.detector) return false;
  std::vector<const Model*> models;
  for (const Model& model : findings.models)
    if (model.detection) models.push_back(&model);
  if (models.empty()) return false;
  const Detector& detector = *findings.detector;
  section.title = "Detections";
  const Model &first = *models.front(), &last = *models.back();
  const double now = (*last.detection)[CocoNumber::ap];
  const std::string images = fmt::format("{} images", detector.images);
  if (&first == &last) {
    section.text.push_back(fmt::format("{} reaches an AP of {} and an AP50 of {} on {}.", last.name, shown_ap(now),
                                       shown_ap((*last.detection)[CocoNumber::ap50]), images));
    section.figures.push_back({"AP", shown_ap(now), images});
  } else {
    const double before = (*first.detection)[CocoNumber::ap];
    section.text.push_back(fmt::format("From {} to {} AP changes by {:+.2f} points on {}, AP50 by {:+.2f}.", first.name, last.name,
                                       100 * (now - before), images,
                                       100 * ((*last.detection)[CocoNumber::ap50] - (*first.detection)[CocoNumber::ap50])));
    section.figures.push_back({"AP, " + last.name, shown_ap(now), first.name + ": " + shown_ap(before)});
  }
  section.figures.push_back({"AP50" + (&first == &last ? "" : ", " + last.name), shown_ap((*last.detection)[CocoNumber::ap50]),
                             &first == &last ? images : first.name + ": " + shown_ap((*first.detection)[CocoNumber::ap50])});
  if (detector.agreement) agreement(*detector.agreement, first, last, section);
  section.groups.push_back(curves(models, detector));
  section.tables.push_back(numbers(models));
  section.tables.push_back(by_class(models, detector));
  section.pictures = detector.worst;
  return true;
}

}  // namespace galet::report

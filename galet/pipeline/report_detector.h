// Both forms of a detector on the same images: average precision, agreement, and the images on which they agree least.
#pragma once

#include "galet/evaluate/detection/detect.h"
#include "galet/report/findings.h"

namespace galet::pipeline {

struct DetectorForm {
  evaluate::Detections found;
  evaluate::CocoResult coco;
};

/// Runs the detector; labels become those of the data set. Throws Error where the data set has no boxes.
DetectorForm detect_form(const Graph& graph, const data::Dataset& dataset, int threads, Progress& progress);

/// `last` may be null. At most `pictures` images, those of least agreement first, that both forms do not agree on wholly.
report::Detector detector_findings(const DetectorForm& first, const DetectorForm* last, const std::string& first_name,
                                   const std::string& last_name, const data::Dataset& dataset, int pictures = 4);

}  // namespace galet::pipeline

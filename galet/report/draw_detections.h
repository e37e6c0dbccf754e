// What a detector found, drawn over the image.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "galet/core/box.h"
#include "galet/data/image.h"

namespace galet::report {

/// Frames with a tag "name 87 %" each, a colour for each class, weaker detections first. Lines and letters grow with the image; an image
/// whose short side is below 320 pixels is enlarged by a whole factor first, so that they can be read. Tags stay inside the image, and
/// where two would lie over one another one moves. `names` by label; a label without a name is shown as its number.
data::Image draw_detections(const data::Image& image, std::span<const Detection> found, const std::vector<std::string>& names);

}  // namespace galet::report

// The terms of detectors' losses. Each is a sum over places; who calls divides.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace galet::torch::train {

/// CenterNet's focal loss of logits against a heatmap y of the same shape: where y is 1 -(1 - p)^2 log p, elsewhere
/// -(1 - y)^4 p^2 log(1 - p).
at::Tensor heatmap_focal(const at::Tensor& logits, const at::Tensor& heatmap);
/// Focal loss of single logits (Lin et al. 2017): -a (1 - q)^2 log q, q the probability of what is wanted (1 or 0), a 0.25 for ones and
/// 0.75 for zeros.
at::Tensor focal(const at::Tensor& logits, const at::Tensor& wanted);

enum class BoxLoss : uint8_t {
  giou,       // 1 - (IoU - the share of the hull that is in neither box); Rezatofighi et al. 2019
  iou,        // -log((overlap + 1) / (union + 1)), in square pixels; as FCOS's first version
  smooth_l1,  // of differences to anchors, quadratic below 0.1
};
BoxLoss parse_box_loss(const std::string& name);

/// Each row's loss, (n). Boxes are edges (n, 4) with right >= left and bottom >= top.
at::Tensor giou_loss(const at::Tensor& boxes, const at::Tensor& wanted);
at::Tensor iou_loss(const at::Tensor& boxes, const at::Tensor& wanted);
at::Tensor smooth_l1(const at::Tensor& values, const at::Tensor& wanted);

}  // namespace galet::torch::train

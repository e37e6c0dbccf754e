// Which module of a file is which module of the network, where their names do not say it.
#pragma once

#include <string>
#include <vector>

#include "galet/importers/weights/near_name.h"

namespace galet::importers {

/// Tensors that lie in one module ("layer1.0.bn1": weight, bias, running_mean, running_var) go together. The k-th module of the file with
/// certain tensors and shapes is taken for the k-th module of the network with the same, provided that both have equally many of the kind:
/// else nothing is proposed for it, as order then proves nothing. Tensors may also bear the names of TensorFlow and MXNet (gamma, beta,
/// moving_mean, moving_variance). Returns lines of a rules file, one a tensor name that changes.
std::vector<std::string> propose_rules(const std::vector<NamedShape>& keys, const std::vector<NamedShape>& parameters);

}  // namespace galet::importers

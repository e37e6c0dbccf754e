"""Small networks for torchscript_import_test.py: each shows one thing that TorchScript programs do."""
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Branches(nn.Module):
    """Branches that are known: attributes, shapes, None."""
    def __init__(self, flag: bool):
        super().__init__()
        self.flag = flag
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.extra: Optional[Tensor] = None

    def forward(self, x):
        y = self.conv(x)
        if self.flag and x.size(2) > 4:
            y = F.relu(y)
        else:
            y = torch.sigmoid(y)
        if self.extra is not None:
            y = y + self.extra
        for i in range(x.dim() - 2):
            y = y * (i + 1.5)
        return y


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        z = y  # the same tensor: sees what happens to y
        y += 1.0
        y.mul_(0.5).clamp_(-1, 2)
        F.relu_(y)
        w = z - 3
        return F.hardswish(w, inplace=True) + z


class Views(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, dim=2)
        y = torch.cat([a, b.flip(3)], 1).permute(0, 2, 3, 1).contiguous()
        y = y.view(y.shape[0], -1, y.shape[3]).transpose(1, 2)
        y = y.reshape(x.size(0), 2, -1)[:, 1].unsqueeze(-1).squeeze()
        return y.flatten()[None, ::3]


class Containers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(3)])

    def pair(self, x) -> Tuple[Tensor, Tensor]:
        return x + 1, x - 1

    def forward(self, x) -> Dict[str, Tensor]:
        found: List[Tensor] = []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        a, b = self.pair(found[-1])
        sizes = [t.shape[2] for t in found]
        return {"sum": torch.stack(found).sum(0), "a": a, "b": b * float(sum(sizes))}


class Pieces(nn.Module):
    """What networks for images use beside the common layers."""
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding="same", bias=False)
        self.norm = nn.GroupNorm(2, 8)
        self.up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.prelu = nn.PReLU(4)
        self.layer_norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        y = self.norm(self.conv(x))
        y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = F.max_pool2d(F.pad(y, [1, 0, 2, 1]), 3, 2, ceil_mode=True)
        y = self.prelu(self.up(y))
        y = F.avg_pool2d(F.interpolate(y, size=[16, 16], mode="nearest"), 2, count_include_pad=False)
        y = F.pixel_shuffle(y, 2).mean(dim=[1], keepdim=True)
        y = F.softmax(F.leaky_relu(y.clamp(min=-1.0), 0.2), dim=-1)
        y = self.layer_norm(y.max(dim=1)[0])
        return self.head(F.gelu(y)).sum(dim=1) / 3


class ManyFunctions(nn.Module):
    def forward(self, x):
        y = [torch.exp(-x), torch.log(x.abs() + 1), (x * x + 1).rsqrt(), F.softplus(x), F.elu(x), F.selu(x), F.celu(x, 1.3), F.mish(x), F.silu(x), torch.tanh(x),
             F.hardsigmoid(x), F.hardtanh(x, -0.5, 0.7), F.relu6(x * 4), F.threshold(x, 0.1, -2.0), F.logsigmoid(x), x.round(), torch.where(x > 0, x, x * 2),
             x.masked_fill(x < 0, 0.5), torch.maximum(x, x.mean()), 1 - x, x ** 2, x ** 3.0, 2 / (x.abs() + 1), x.std(dim=(2, 3), keepdim=True).expand_as(x),
             x.norm(2, 1, True).expand_as(x), x.argmax(dim=1, keepdim=True).to(x.dtype).expand_as(x), x.cumsum(1), F.log_softmax(x, 1)]
        return torch.cat(y, 1)


class Unsupported(nn.Module):
    def forward(self, x):
        y = torch.fft.fft(x).real
        z = torch.linalg.inv(x[..., :3, :3])
        return y.sum() + z.sum()


class DataDependent(nn.Module):
    def forward(self, x):
        if bool(x.mean() > 0):
            x = x * 2
        return x


class Random(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class WritesThroughView(nn.Module):
    def forward(self, x):
        y = x + 0
        y[:, 0] = 7.0
        return y


class State(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, x):
        self.count += 1
        return x * self.count


class Endless(nn.Module):
    def forward(self, x):
        n = 0
        while n < 100000000:
            n += 1
        return x * n


class Huge(nn.Module):
    def forward(self, x):
        return x + torch.ones(1000000, 1000000).sum()


class Files(nn.Module):
    def forward(self, x):
        return x + torch.from_file("/etc/passwd", False, 4).sum()


class Raises(nn.Module):
    def forward(self, x):
        if x.size(1) != 5:
            raise ValueError("five channels please")
        return x


class BakedBatch(nn.Module):
    def forward(self, x):
        return x.view(int(x.shape[0]), -1).view(1, 3, 4, -1)


class BakedSize(nn.Module):
    def forward(self, x):
        return x + torch.ones(x.shape[2:].numel() // x.shape[3], x.shape[3]).to(x)

"""ResNet-20 as PyTorch users write it (He et al. 2015, shortcuts of option A): the other party of bench/train_speed.py."""
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, src, dst, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(src, dst, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(dst)
        self.conv2 = nn.Conv2d(dst, dst, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(dst)
        self.stride, self.widen = stride, (dst - src) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1 or self.widen:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.widen, self.widen))
        return F.relu(x + y)


class ResNet20(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(*(Block(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(3)))
        self.layer3 = nn.Sequential(*(Block(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(3)))
        self.linear = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))

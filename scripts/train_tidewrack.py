#!/usr/bin/python3
"""Trains models/tidewrack_resnet20.onnx: ResNet-20 (16-32-64 channels, parameter-free shortcuts: He et al. 2015, option A) on tidewrack.

    apt-get install --no-install-recommends python3-torch libopenblas0-pthread
    build/galet_data_dump cifar tidewrack:train,count=100000,seed=1 train.bin
    build/galet_data_dump cifar tidewrack:test,count=2000,seed=1 test.bin
    OMP_NUM_THREADS=1 /usr/bin/python3 scripts/train_tidewrack.py train.bin test.bin models/tidewrack_resnet20.onnx

About half an hour on one core. The pictures are seen from above, so any of the eight flips and quarter turns augments them.
"""
import argparse
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from torch_resnet20 import ResNet20

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def read(path):
    """CIFAR binary file to (images uint8 N,3,32,32; labels int64 N)."""
    rows = torch.from_numpy(np.fromfile(path, np.uint8).reshape(-1, 3073))
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].long()


def normalized(images):
    return ((images.float() / 255 - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def augmented(images, rng):
    """A shift of up to 3 pixels for the batch's halves, one of the eight symmetries for each quarter."""
    out = []
    for part in images.chunk(4):
        part = torch.rot90(part, int(torch.randint(4, (1,), generator=rng)), (2, 3))
        if torch.randint(2, (1,), generator=rng):
            part = part.flip(3)
        dx, dy = (int(v) for v in torch.randint(0, 7, (2,), generator=rng))
        out.append(F.pad(part.float(), (3, 3, 3, 3), mode="reflect")[:, :, dy : dy + 32, dx : dx + 32])
    return torch.cat(out)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        right = sum(int((model(normalized(i)).argmax(1) == l).sum()) for i, l in zip(images.split(250), labels.split(250)))
    model.train()
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("onnx")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--lr", type=float, default=0.12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--init", help="weights (.pth) to start from; every run writes ONNX.pth")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    rng = torch.Generator().manual_seed(args.seed)
    images, labels = read(args.train)
    test_images, test_labels = read(args.test)
    model = ResNet20()
    if args.init:
        model.load_state_dict(torch.load(args.init))
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), args.lr, momentum=0.9, weight_decay=3e-4, nesterov=True)
    steps = int(args.epochs * len(images) / args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps, pct_start=0.15, final_div_factor=1000)
    started, order, loss_sum = time.time(), torch.empty(0, dtype=torch.long), 0.0
    for step in range(steps):
        if len(order) < args.batch:
            order = torch.randperm(len(images), generator=rng)
        pick, order = order[: args.batch], order[args.batch :]
        loss = F.cross_entropy(model(normalized(augmented(images[pick], rng))), labels[pick])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        loss_sum += loss.item()
        if (step + 1) % 100 == 0 or step + 1 == steps:
            right = f" test {accuracy(model, test_images, test_labels)}/{len(test_labels)}" if (step + 1) % 200 == 0 or step + 1 == steps else ""
            print(f"step {step + 1}/{steps} loss {loss_sum / 100:.3f}{right} {time.time() - started:.0f} s", flush=True)
            loss_sum = 0.0
            if right:
                torch.save(model.state_dict(), args.onnx + ".pth")
    model.eval()
    torch.onnx.export(model, torch.zeros(1, 3, 32, 32), args.onnx, opset_version=13, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=True,
                      input_names=["image"], output_names=["logits"], dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})  # BN kept


if __name__ == "__main__":
    main()

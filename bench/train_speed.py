#!/usr/bin/python3
"""Training speed on resnet20 (batch 128, SGD with Nesterov momentum, f32, channels last): `galet train` and the same network in PyTorch, in turns.

    bench/train_speed.py [--threads N] [--steps N] [--rounds N] [--galet build/galet]

/usr/bin/python3 must have torch (python3-torch). Both parties take pictures from memory, crop and flip them (PyTorch the whole batch at once, the cheap way), and count
the whole step. Wall time is what users wait for; processor time is what the work costs on a machine that others use too. The best round of each counts.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH = 128


def peer(threads, steps):
    """The other party, in a process of its own."""
    import torch
    import torch.nn.functional as F
    from torch_resnet20 import ResNet20

    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = ResNet20().to(memory_format=torch.channels_last).train()
    groups = [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 1e-4}, {"params": [p for p in model.parameters() if p.dim() <= 1]}]
    optimizer = torch.optim.SGD(groups, 0.1, momentum=0.9, nesterov=True)
    images, labels = torch.randint(0, 256, (2048, 3, 32, 32), dtype=torch.uint8), torch.randint(0, 10, (2048,))

    def step():
        pick = torch.randperm(2048)[:BATCH]
        dx, dy, flip = (int(v) for v in torch.randint(0, 9, (3,)))
        x = F.pad(images[pick], (4, 4, 4, 4))[:, :, dy : dy + 32, dx : dx + 32]
        x = ((x.flip(3) if flip % 2 else x).float() / 255 - mean) / std
        loss = F.cross_entropy(model(x.contiguous(memory_format=torch.channels_last)), labels[pick])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(3):
        step()
    wall, cpu = time.time(), time.process_time()
    for _ in range(steps):
        step()
    images_done = steps * BATCH
    print(json.dumps({"images_per_second": images_done / (time.time() - wall), "cpu_ms_per_image": 1e3 * (time.process_time() - cpu) / images_done,
                      "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


def last_line(command, env):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--galet", default=ROOT / "build/galet")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(args.threads, args.steps)
    env = {**os.environ, "OMP_NUM_THREADS": str(args.threads), "OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}
    parties = {"PyTorch": [], "galet train": []}
    for _ in range(args.rounds):
        parties["PyTorch"].append(last_line([sys.executable, __file__, "--peer", "--threads", args.threads, "--steps", args.steps], env))
        with tempfile.TemporaryDirectory() as folder:  # the second epoch is reported: the first one warms up
            parties["galet train"].append(last_line(
                [args.galet, "train", "--model", "resnet20", "--data", f"tidewrack:train,count={BATCH * args.steps}", "--epochs", 2, "--threads", args.threads, "--json",
                 "-o", f"{folder}/net.galet"], env))
    print(f"resnet20, batch {BATCH}, {args.threads} thread(s), best of {args.rounds} rounds of {args.steps} steps\n")
    print("| | images/s | processor ms an image | peak memory |\n|---|---|---|---|")
    for name, rounds in parties.items():
        print(f"| {name} | {max(r['images_per_second'] for r in rounds):.0f} | {min(r['cpu_ms_per_image'] for r in rounds):.2f} | "
              f"{min(r['peak_memory_bytes'] for r in rounds) / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()

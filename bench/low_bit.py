"""The low-bit table: a float network is tuned with each method in turn and the accuracy of the integer networks is written as a table.

    bench/low_bit.py MODEL --data SPEC --test SPEC [--epochs N] [--float-epochs N] [--only NAME,...] [-o FOLDER] [-- FLAG OF galet tune...]

The float network is first trained on with the same budget (accuracy F), since the one given may not be at home in this data. Every row leaves FOLDER/NAME.json; rows that are there
are not computed again, and a row that was stopped goes on from its checkpoint: the command can be repeated until it is through."""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

# name, weights, activations, further flags
ROWS = [
    ("int8", "int8", "int8", []),
    ("lsq_4_4", "lsq:4", "lsq:4", []),
    ("lsq_3_3", "lsq:3", "lsq:3", []),
    ("lsq_2_2", "lsq:2", "lsq:2", []),
    ("lqnet_2_2", "lqnet:2", "lqnet:2", []),
    ("dorefa_2_2", "dorefa:2", "dorefa:2", []),
    ("pact_2_2", "dorefa:2", "pact:2", []),
    ("ttq_ternary", "ttq", "ternary", []),
    ("twn_8", "twn", "int8", []),
    ("binary_8", "binary", "int8", []),
]


def run(command, log):
    with open(log, "a") as out:
        out.write("$ " + " ".join(map(str, command)) + "\n")
        out.flush()
        return subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=out, text=True)


def tuned(args, name, weights, activations, flags):
    """The row's result, computed unless it is there."""
    path = args.output / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text())
    command = [args.galet, "tune", args.output / "float.galet", "--data", args.data, "--test", args.test, "--weights", weights, "--activations", activations,
               "--epochs", args.epochs, "--batch", args.batch, "--lr", args.lr, "--threads", args.threads, "--limit", args.limit, "--resume", "--json", "-o", args.output / f"{name}.galet", *flags, *args.flags]
    done = run(command, args.output / f"{name}.log")
    if done.returncode != 0:
        print(f"{name}: failed, see {args.output / (name + '.log')}", file=sys.stderr)
        return None
    result = json.loads(done.stdout) | {"command": " ".join(map(str, command))}
    path.write_text(json.dumps(result, indent=1) + "\n")
    return result


def trained_float(args):
    """The float network after the same budget."""
    path = args.output / "float.json"
    if path.exists():
        return json.loads(path.read_text())
    command = [args.galet, "train", "--from", args.model, "--data", args.data, "--test", args.test, "--epochs", args.float_epochs, "--batch", args.batch,
               "--lr", args.lr, "--threads", args.threads, "--limit", args.limit, "--resume", "--json", "-o", args.output / "float.galet"]
    done = run(command, args.output / "float.log")
    if done.returncode != 0:
        sys.exit(f"the float network could not be trained, see {args.output / 'float.log'}")
    result = json.loads(done.stdout) | {"command": " ".join(map(str, command))}
    path.write_text(json.dumps(result, indent=1) + "\n")
    return result


def table(args, real, results):
    whole = 100 * real["test"]["top1"]
    lines = [f"Float network F: {whole:.2f} % after {args.float_epochs} epochs. Tuned: {args.epochs} epochs each of {args.limit if args.limit != '0' else 'all'} "
             f"training images, batch {args.batch}, lr {args.lr}, {os.cpu_count()} processors ({platform.machine()}).", "",
             "| method | weights/activations | epochs | minutes | as trained % | integer % | points to F | packed weight bytes | file bytes |", "|---|---|---|---|---|---|---|---|---|"]
    for (name, weights, activations, _), r in results:
        top1 = r["top1"]
        lines.append(f"| {name} | {weights} / {activations} | {r['epochs']} | {r['seconds'] / 60:.1f} | {100 * top1['trained']:.2f} | {100 * top1['integer']:.2f} | "
                     f"{100 * top1['integer'] - whole:+.2f} | {r['weights']['bytes']} | {r['package_bytes']} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--epochs", default="10")
    parser.add_argument("--float-epochs", help="as --epochs")
    parser.add_argument("--batch", default="128")
    parser.add_argument("--lr", default="0.02")
    parser.add_argument("--threads", default="0")
    parser.add_argument("--limit", default="0", help="so many training images an epoch only")
    parser.add_argument("--only", help="rows, with commas")
    parser.add_argument("--galet", default="build/galet")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("build/low_bit"))
    own, further = (sys.argv[1:], [])
    if "--" in own:  # what follows are further flags of galet tune
        own, further = own[: own.index("--")], own[own.index("--") + 1 :]
    args = parser.parse_args(own)
    args.flags = further
    args.float_epochs = args.float_epochs or args.epochs
    args.output.mkdir(parents=True, exist_ok=True)
    unknown = set(args.only.split(",")) - {row[0] for row in ROWS} if args.only else set()
    if unknown:
        sys.exit(f"no row is called {', '.join(sorted(unknown))}; there are {', '.join(row[0] for row in ROWS)}")
    real = trained_float(args)
    results = []
    for row in ROWS:
        if args.only and row[0] not in args.only.split(","):
            continue
        result = tuned(args, *row)
        if result is not None:
            results.append((row, result))
            (args.output / "table.md").write_text(table(args, real, results))
    print(table(args, real, results), end="")


if __name__ == "__main__":
    main()

"""Holds the lists of commands, passes and models against the files: every row has its file, every file its row (operators: catalogue_test.py)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
wrong = []


def rows(path, macro):
    return re.findall(rf"^{macro}\((\w+)", (ROOT / path).read_text(), re.M)


def same(what, listed, found):
    wrong.extend(f"{what}: {name} is listed but not defined" for name in sorted(set(listed) - set(found)))
    wrong.extend(f"{what}: {name} is defined but not listed" for name in sorted(set(found) - set(listed)))
    wrong.extend(f"{what}: {name} is listed twice" for name in sorted({n for n in listed if listed.count(n) > 1}))


def defined(folder, pattern):
    return [name for path in sorted((ROOT / folder).rglob("*.cpp")) if not path.stem.endswith("_test") for name in re.findall(pattern, path.read_text(), re.M)]


COMMAND = r"^void add_(\w+)\(CLI::App& app\) \{"
torch_commands = defined("tools/torch", COMMAND)
same("tools/commands.inc", rows("tools/commands.inc", "COMMAND"), set(defined("tools", COMMAND)) - set(torch_commands))
same("tools/torch_commands.inc", rows("tools/torch_commands.inc", "TORCH_COMMAND"), torch_commands)
same("galet/torch/torch_ops.inc", rows("galet/torch/torch_ops.inc", "TORCH_OP"),
     defined("galet/torch/torch_ops", r"^std::vector<at::Tensor> (\w+)\(const Application&") + defined("galet/torch/torch_ops", r"^(?:SAME|BINARY|REDUCE)\((\w+),"))
same("galet/torch/torchscript/script_ops.inc", sorted(set(re.findall(r"^SCRIPT_(?:OP|VIEW)\(\w+, (\w+)\)", (ROOT / "galet/torch/torchscript/script_ops.inc").read_text(), re.M))),
     defined("galet/torch/torchscript", r"^void (import_\w+)\(ScriptNode& node\) \{"))
if (ROOT / "galet/transform/passes.inc").exists():
    same("galet/transform/passes.inc", rows("galet/transform/passes.inc", "(?:NAMED_)?PASS"), defined("galet/transform", r"^Pass (\w+)\(\) \{"))
same("galet/models/models.inc", rows("galet/models/models.inc", "MODEL"), defined("galet/models", r"^Model (\w+)\(\) \{"))
same("galet/prune/criteria.inc", [name + "_criterion" for name in rows("galet/prune/criteria.inc", "CRITERION")], defined("galet/prune/criteria", r"^Criterion (\w+)\(\) \{"))
rules = re.findall(r"^CHANNEL_RULE\(\w+, (\w+)\)", (ROOT / "galet/prune/channel_rules.inc").read_text(), re.M)
same("galet/prune/channel_rules.inc", [name + "_channels" for name in sorted(set(rules))], defined("galet/prune/channels", r"^void (\w+_channels)\(Trace& trace, NodeId node\) \{"))
same("galet/pipeline/sweeps.inc", [name + "_sweep" for name in rows("galet/pipeline/sweeps.inc", "SWEEP")], defined("galet/pipeline/sweeps", r"^SweepRule (\w+)\(\) \{"))
same("galet/report/sections.inc", [name + "_section" for name in rows("galet/report/sections.inc", "SECTION")], defined("galet/report/sections", r"^bool (\w+)\(const Findings&"))
for macro, kind in (("WEIGHTS", "weights"), ("ACTIVATIONS", "activations")):
    same("galet/torch/quantizers/quantizers.inc", rows("galet/torch/quantizers/quantizers.inc", macro),
         defined("galet/torch/quantizers", rf"^std::unique_ptr<\w+Quantizer> make_{kind}_(\w+)\(int"))
print("\n".join(wrong) or "lists hold")
sys.exit(bool(wrong))

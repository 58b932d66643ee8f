# lit's configuration: how the tests of the passes are run.
import os
import shutil

import lit.formats
import lit.util

config.name = "djed-passes"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".ll", ".c", ".test"]
config.excludes = ["Inputs", "cost"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params.get("exec_root", os.path.join(config.test_source_root, "output"))

plugin = os.path.abspath(lit_config.params["plugin"])
root = os.path.abspath(os.path.join(config.test_source_root, "..", ".."))
tools = "/usr/lib/llvm-19/bin"
config.environment["PATH"] = tools + os.pathsep + config.environment["PATH"]
for variable in ("DJED_PASS", "DJED_EFFECTS", "DJED_PASS_REPORT", "DJED_FAULT_SITES", "DJED_PASS_BREAK", "DJED_HOME"):
    config.environment.pop(variable, None)

native = "clang-19 -std=gnu17 -O2 -Wall -I%s -I%s" % (os.path.join(root, "runtime", "include"), root)
config.substitutions += [
    ("%opt", "%s/opt -load-pass-plugin=%s -S" % (tools, plugin)),
    ("%plugin", plugin),
    ("%djed_cc", os.path.join(os.path.dirname(plugin), "djed-cc")),
    ("%native", native),
    ("%runtime", os.path.join(root, "runtime")),
    ("%passes", os.path.join(root, "passes")),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
]
if shutil.which("opt-14"):
    config.available_features.add("llvm14")

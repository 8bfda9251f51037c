"""Calls main() of a step's script. It is imported by its name, so that processes that it starts can import it too."""

import argparse
import importlib
import inspect
import json
import os
import sys


def load(script):
    """Imports the script as Python would if it lay on the path, and makes sure that it is this one."""
    directory, name = os.path.split(os.path.realpath(script))
    module_name = os.path.splitext(name)[0]
    sys.path[0] = directory
    sys.argv = [script]
    module = importlib.import_module(module_name)
    found = os.path.realpath(getattr(module, "__file__", None) or "")
    if found != os.path.realpath(script):
        sys.exit(f"the script is named like the module {module_name!r} of Python ({found}): rename the script")
    return module


def call(description):
    """Gives main() directories, variables and arguments, and a logger if it takes one."""
    module = load(description["script"])
    main = getattr(module, "main", None)
    if not callable(main):
        sys.exit(f"the script {description['script']} has no function main(input_paths, output_paths, environ_vars, job_args)")
    given = [
        description["input_paths"],
        description["output_paths"],
        description["environ_vars"],
        argparse.Namespace(**description["job_args"]),
    ]
    takes = list(inspect.signature(main).parameters.values())
    if "logger" in [parameter.name for parameter in takes]:
        main(*given, logger=print)
    else:
        main(*given)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        call(json.load(file))

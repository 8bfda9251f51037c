"""A step with a main that takes a logger: multiplies the second column by FACTOR."""

import os

from beside import multiply


def main(input_paths, output_paths, environ_vars, job_args, logger=None):
    logger(f"logged: {job_args.scale} {job_args.exact}")
    assert environ_vars["FACTOR"] == os.environ["FACTOR"]
    with open(os.path.join(input_paths["rows"], "rows.csv")) as file:
        text = multiply(file.read(), int(environ_vars["FACTOR"]) * job_args.scale)
    with open(os.path.join(output_paths["doubled"], "rows.csv"), "w") as file:
        file.write(text)
    return {"what is returned": "is passed over"}


if __name__ == "__main__":
    raise SystemExit("the guard is kept")

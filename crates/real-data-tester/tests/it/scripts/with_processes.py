"""A step that shares its work among processes, which must be able to import it by its name."""

import multiprocessing
import os


def double(row):
    key, value = row.split(",")
    return f"{key},{int(value) * 2}"


def main(input_paths, output_paths, environ_vars, job_args):
    with open(os.path.join(input_paths["rows"], "rows.csv")) as file:
        head, *rows = file.read().splitlines()
    with multiprocessing.get_context(job_args.method).Pool(2) as pool:
        rows = pool.map(double, rows)
    with open(os.path.join(output_paths["doubled"], "rows.csv"), "w") as file:
        file.write("\n".join([head] + rows) + "\n")

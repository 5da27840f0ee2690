# SPDX-License-Identifier: Apache-2.0
"""Compares what each variant received with the JSON lines of the same run: the same points, no
more, no fewer, none twice."""

import collections
import datetime
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
ENCODINGS = {
    "grpc": [""],
    "grpc-gzip": [""],  # grpcio unpacks, and tells nobody
    "grpc-mutual": [""],
    "http": [""],
    "http-gzip": ["gzip"],
    "https-zstd": ["zstd"],
    "json": [""],
    "json-gzip": ["gzip"],
}


def key(point):
    attributes = tuple(sorted(point["attributes"].items()))
    return (point["time"], point["name"], point["unit"], attributes, point["value"])


expected = collections.Counter()
for line in (folder / "stdout").read_text().splitlines():
    point = json.loads(line)
    time = datetime.datetime.fromisoformat(point["time"].replace("Z", "+00:00"))
    point["time"] = round(time.timestamp() * 1000)
    expected[key(point)] += 1
names = {point[1] for point in expected}
assert len(expected) > 1000 and len(names) > 30, f"{len(expected)} points of {len(names)} metrics"
assert max(expected.values()) == 1, "a point twice in the lines"

wrong = 0
for variant, encodings in ENCODINGS.items():
    said = json.loads((folder / f"{variant}.json").read_text())
    received = collections.Counter(key(point) for point in said["points"])
    missing, surplus = expected - received, received - expected
    if missing or surplus or said["encodings"] != encodings:
        wrong += 1
        print(f"{variant}: {missing.total()} missing, {surplus.total()} too many, {said['encodings']}")
        for word, points in [("missing", missing), ("too many", surplus)]:
            for point in list(points)[:3]:
                print(f"  {word}: {point}")
        continue
    print(f"{variant}: {received.total()} points in {said['requests']} requests, each as it was read")
sys.exit(wrong)

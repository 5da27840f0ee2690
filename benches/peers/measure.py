# SPDX-License-Identifier: Apache-2.0
"""Measures exporters of GPU metrics from outside: see run."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# What a tool says of itself is no reading of a GPU.
OWN = re.compile(r"^(process_|python_|go_|promhttp_|tracecore_(?!gpu)|all_smi_(?!gpu)|target_info|scrape_|up\b)")
HOST = re.compile(r"^(host_|node_|all_smi_(cpu|memory|disk|runtime)|.*\b(cpu|load)_)")


class Tool:
    """An exporter: how it is started and where its page is."""

    def __init__(self, name, command, url, environment=None):
        self.name, self.command, self.url = name, command, url
        self.environment = environment or (lambda folder: {"LD_LIBRARY_PATH": str(folder)})


def tools(peers):
    yield Tool(
        "tracecore",
        [str(peers / "tracecore"), "collect", "--pipeline", "peers"],
        "http://127.0.0.1:9497/metrics",
        lambda folder: {"PEERS_LIBRARY": str(folder / "libnvidia-ml.so.1")},
    )
    yield Tool(
        "nvitop-exporter",
        [str(peers / "venv/bin/nvitop-exporter"), "--port", "9498", "--interval", "1"],
        "http://127.0.0.1:9498/metrics",
    )
    if (peers / "all-smi/bin/all-smi").exists():
        yield Tool(
            "all-smi",
            [str(peers / "all-smi/bin/all-smi"), "api", "--port", "9499", "--interval", "1"],
            "http://127.0.0.1:9499/metrics",
        )


class Node:
    """Simulated GPUs, scripted by lines."""

    def __init__(self, binary, folder, gpus):
        self.process = subprocess.Popen(
            [binary, str(folder), str(gpus)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answered()

    def answered(self):
        if self.process.stdout.readline().strip() != "ok":
            sys.exit("the simulated node did not answer")

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.answered()

    def end(self):
        self.process.kill()
        self.process.wait()


def scrape(url, timeout=30):
    """The page and how long it took, in seconds."""
    begin = time.perf_counter()
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        text = answer.read().decode()
    return text, time.perf_counter() - begin


def readings(text):
    """The samples that are about GPUs."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [line for line in lines if not OWN.match(line) and not HOST.match(line)]


def of_gpus(text):
    """Samples by the GPU's UUID, or whatever names it."""
    found = {}
    for line in readings(text):
        named = re.search(r"GPU-[0-9a-f-]{36}", line)
        if named:
            found.setdefault(named.group(), []).append(line)
    return found


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def status(pid, key):
    line = next(l for l in Path(f"/proc/{pid}/status").read_text().splitlines() if l.startswith(key + ":"))
    return int(line.split()[1])


def percentile(sorted_values, share):
    return sorted_values[round((len(sorted_values) - 1) * share)]


def wait_until(what, seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(what)


def measure(tool, options):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        node = Node(options.node, folder, options.gpus)
        process = subprocess.Popen(
            tool.command,
            env={**os.environ, **tool.environment(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until("its first page", 30, lambda: len(of_gpus(scrape(tool.url)[0])) == options.gpus)
            time.sleep(3)
            healthy(tool, process.pid, options)
            lost(tool, node)
            hung(tool, node)
        except TimeoutError as error:
            print(f"  gave no answer: {error}")
        finally:
            process.kill()
            process.wait()
            node.end()


def healthy(tool, pid, options):
    count = len(readings(scrape(tool.url)[0]))
    before, begin = processor_seconds(pid), time.monotonic()
    time.sleep(options.seconds)
    spent, elapsed = processor_seconds(pid) - before, time.monotonic() - begin
    rounds = elapsed  # one a second
    before, times, size = processor_seconds(pid), [], 0
    for _ in range(options.scrapes):
        text, took = scrape(tool.url)
        times.append(took)
        size = len(text)
        time.sleep(0.01)
    scraping = processor_seconds(pid) - before
    # Its own second-by-second work went on meanwhile.
    background = spent / elapsed * (options.scrapes * (0.01 + sum(times) / len(times)))
    times.sort()
    print(f"  readings a round: {count}")
    print(f"  resident memory: {status(pid, 'VmRSS') / 1024:.1f} MiB, of it its own {status(pid, 'RssAnon') / 1024:.1f} MiB")
    print(f"  threads: {status(pid, 'Threads')}")
    print(f"  processor time without a scrape: {spent:.2f} s in {elapsed:.0f} s")
    print(f"  processor time per 1,000 readings: {spent / (rounds * count) * 1000 * 1e3:.3f} ms")
    print(f"  processor time per scrape: {max(scraping - background, 0) / options.scrapes * 1e3:.3f} ms")
    print(f"  scrape: {size} bytes, median {percentile(times, .5) * 1e3:.2f} ms, p99 {percentile(times, .99) * 1e3:.2f} ms")


def sample(line):
    return line if len(line) < 140 else line[:60] + " … " + line[-60:]


def lost(tool, node):
    known = of_gpus(scrape(tool.url)[0])
    node.tell("lose 2")
    time.sleep(5)
    text, took = scrape(tool.url)
    shown = of_gpus(text)
    of_lost = [uuid for uuid in known if len(shown.get(uuid, [])) < len(known[uuid])]
    rows = sum(len(rows) for rows in shown.values())
    print(f"  one GPU lost: {len(shown)} GPUs on the page, {rows} samples of {sum(map(len, known.values()))}; scrape {took * 1e3:.1f} ms")
    numbers = [line.rsplit(" ", 1)[1] for uuid in shown for line in shown[uuid]]
    print(f"    samples that are NaN: {sum(number == 'NaN' for number in numbers)}")
    for uuid in of_lost[:1]:
        for line in shown.get(uuid, [])[:2]:
            print(f"    of the lost one: {sample(line)}")
    node.tell("clear 2")
    begin = time.monotonic()
    try:
        wait_until("recovery", 30, lambda: sum(map(len, of_gpus(scrape(tool.url)[0]).values())) == sum(map(len, known.values())))
        print(f"    whole again {time.monotonic() - begin:.1f} s after it came back")
    except TimeoutError:
        print("    not whole again within 30 s after it came back")


def hung(tool, node):
    known = of_gpus(scrape(tool.url)[0])
    node.tell("hang 3")
    times, fresh = [], {}
    begin = time.monotonic()
    previous = None
    while time.monotonic() - begin < 30:
        try:
            text, took = scrape(tool.url, timeout=15)
        except OSError:
            times.append(15.0)
            continue
        times.append(took)
        values = {uuid: rows for uuid, rows in of_gpus(text).items()}
        if previous is not None:
            for uuid, rows in values.items():
                if rows != previous.get(uuid):
                    fresh[uuid] = time.monotonic() - begin
        previous = values
        time.sleep(0.5)
    others = [at for uuid, at in fresh.items() if at > 20]
    print(f"  one GPU hangs for 30 s: longest scrape {max(times) * 1e3:.0f} ms, GPUs whose values still change at its end: {len(others)} of {len(known)}")
    node.tell("clear 3")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--scrapes", type=int, default=200)
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--node", required=True)
    parser.add_argument("--peers", type=Path, required=True)
    options = parser.parse_args()
    print(f"{options.gpus} simulated GPUs, one reading a second, {options.seconds:.0f} s each")
    for tool in tools(options.peers):
        print(f"{tool.name}:")
        measure(tool, options)


if __name__ == "__main__":
    main()

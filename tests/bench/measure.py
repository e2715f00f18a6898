#!/usr/bin/env python3
"""Times `thrice check` as a whole process, and its memory, on the real policy and on generated ones.

Prints a Markdown table: median wall time of several cold runs, spread, and peak resident memory. Machines differ
and are noisy: read the ratios.

usage: measure.py [--binary target/release/thrice] [--runs 9]
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def once(command: list[str]) -> tuple[float, int, int]:
    """Wall seconds, peak KiB, exit code of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - start, usage.ru_maxrss, child.returncode


def row(name: str, command: list[str], runs: int) -> None:
    once(command)
    results = [once(command) for _ in range(runs)]
    walls = sorted(r[0] * 1000 for r in results)
    memory = max(r[1] for r in results) / 1024
    codes = sorted({r[2] for r in results})
    print(
        f"| {name} | {statistics.median(walls):.0f} ms | {walls[0]:.0f}–{walls[-1]:.0f} ms "
        f"| {memory:.0f} MiB | {', '.join(map(str, codes))} |"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "target/release/thrice"))
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    print("| policy | median | spread | peak memory | exit code |\n|---|---|---|---|---|")
    row("(no work: `explain T1101`)", [given.binary, "explain", "T1101"], given.runs)
    for form in ("hardened", "as-written"):
        row(f"`policies/vpai/{form}`", [given.binary, "check", str(ROOT / "policies/vpai" / form)], given.runs)
    with tempfile.TemporaryDirectory() as folder:
        for count in (1_000, 10_000):
            file = pathlib.Path(folder) / f"fleet{count}.thrice"
            text = subprocess.run([sys.executable, HERE / "generate.py", str(count)], check=True, capture_output=True)
            file.write_bytes(text.stdout)
            row(f"{count:,} classes", [given.binary, "check", str(file)], given.runs)


main()

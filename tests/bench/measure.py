#!/usr/bin/env python3
"""Times `thrice check` as a whole process, and its memory, on the real policy and on generated ones.

Prints two Markdown tables. The first has the median wall time of several cold runs, their spread, processor time,
and peak resident memory. The second has the shares of the stages, as `thrice check --timings` tells them: medians
again. Machines differ and are noisy: read the ratios.

usage: measure.py [--binary target/release/thrice] [--runs 9] [--largest 100000]
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


def once(command: list[str]) -> tuple[float, float, int, int]:
    """Wall seconds, processor seconds, peak KiB, exit code of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, child.returncode


def stages(command: list[str], runs: int) -> dict[str, float]:
    """Median milliseconds of each stage."""
    took: dict[str, list[float]] = {}
    for _ in range(runs):
        told = subprocess.run([*command, "--timings"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in told.stderr.splitlines():
            stage, milliseconds, *_ = line.split()
            took.setdefault(stage, []).append(float(milliseconds))
    return {stage: statistics.median(values) for stage, values in took.items()}


def row(name: str, command: list[str], runs: int) -> None:
    once(command)
    results = [once(command) for _ in range(runs)]
    walls = sorted(r[0] * 1000 for r in results)
    cpu = statistics.median(r[1] for r in results) * 1000
    memory = max(r[2] for r in results) / 1024
    codes = sorted({r[3] for r in results})
    print(
        f"| {name} | {statistics.median(walls):.0f} ms | {walls[0]:.0f}–{walls[-1]:.0f} ms | {cpu:.0f} ms "
        f"| {memory:.0f} MiB | {', '.join(map(str, codes))} |"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "target/release/thrice"))
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--largest", type=int, default=100_000)
    given = parser.parse_args()
    print("| policy | median | spread | processor | peak memory | exit code |\n|---|---|---|---|---|---|")
    row("(no work: `explain T1101`)", [given.binary, "explain", "T1101"], given.runs)
    with tempfile.TemporaryDirectory() as folder:
        policies = {f"`policies/vpai/{form}`": ROOT / "policies/vpai" / form for form in ("hardened", "as-written")}
        for count in (1_000, 10_000, 100_000):
            if count > given.largest:
                continue
            file = pathlib.Path(folder) / f"fleet{count}.thrice"
            # Not through this process: a child's peak memory counts from its parent's.
            with file.open("wb") as out:
                subprocess.run([sys.executable, HERE / "generate.py", str(count)], check=True, stdout=out)
            policies[f"{count:,} classes"] = file
        commands = {name: [given.binary, "check", str(path)] for name, path in policies.items()}
        for name, command in commands.items():
            row(name, command, given.runs)
        shares = {name: stages(command, given.runs) for name, command in commands.items()}
    names = list(next(iter(shares.values())))
    print(f"\n| policy | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for policy, took in shares.items():
        whole = sum(took.values())
        cells = " | ".join(f"{took[name]:.1f} ms, {took[name] / whole:.0%}" for name in names)
        print(f"| {policy} | {cells} |")


if __name__ == "__main__":
    main()

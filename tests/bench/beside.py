#!/usr/bin/env python3
"""Times `thrice check` of 10,000 classes beside a Rego interpreter that counts the copies of as many.

The interpreter is regorus (`cargo install regorus --examples`); its rule is copies.rego, its input an inventory in JSON
of as many megabytes as the policy has. Both run cold, in turn, so that a machine whose speed varies does not matter:
read the ratio.

usage: beside.py [--binary target/release/thrice] [--regorus regorus] [--runs 25] [--classes 10000]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from measure import once

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MEDIA = ("nvme", "object", "hdd", "tape")
SITES = ("one", "two", "three", "four")


def copy(number: int) -> dict[str, object]:
    return {
        "store": f"store-{number % 200}",
        "medium": MEDIA[number % 4],
        "site": SITES[number % 4],
        "offsite": number % 4 != 0,
        "retention_days": 30 + number % 4,
    }


def inventory(classes: int) -> dict[str, object]:
    """Classes with three or four copies each, none of which breaks the rule."""
    listed = [
        {
            "name": f"c{n}",
            "description": f"Number {n} of the fleet of servers.",
            "size_bytes": 1_000_000 + n,
            "copies": [copy(n + at) for at in range(3 + n % 2)],
        }
        for n in range(classes)
    ]
    return {"classes": listed}


def timed(command: list[str]) -> tuple[float, float]:
    """Wall milliseconds and peak MiB of one run, which must find nothing wrong."""
    wall, _, peak, code = once(command)
    if code != 0:
        sys.exit(f"{' '.join(command)}: exit {code}")
    return wall * 1000, peak / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "target/release/thrice"))
    parser.add_argument("--regorus", default="regorus")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--classes", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        policy, listed = (pathlib.Path(folder) / name for name in ("fleet.thrice", "inventory.json"))
        # Not through this process: a child's peak memory counts from its parent's.
        with policy.open("wb") as out:
            subprocess.run([sys.executable, HERE / "generate.py", str(given.classes)], check=True, stdout=out)
        with listed.open("w") as out:
            json.dump(inventory(given.classes), out)
        rule = ["-d", str(HERE / "copies.rego"), "-i", str(listed), "data.copies.deny"]
        counting = [given.regorus, "eval", *rule]
        proving = [given.binary, "check", str(policy)]
        runs = [(timed(counting), timed(proving)) for _ in range(given.runs + 1)][1:]
    print("| | fastest | median | peak memory |\n|---|---|---|---|")
    for name, of in (("Rego counts copies", 0), ("`thrice check`", 1)):
        walls = [run[of][0] for run in runs]
        peak = max(run[of][1] for run in runs)
        print(f"| {name} | {min(walls):.0f} ms | {statistics.median(walls):.0f} ms | {peak:.0f} MiB |")
    ratio = statistics.median(thrice[0] / rego[0] for rego, thrice in runs)
    print(f"\nmedian ratio of neighbours: {ratio:.2f}")


main()

#!/usr/bin/env python3
"""Writes a policy with N classes to standard output: a fleet of hosts, two object storages, three phases.

The classes fall into about fifty shapes (kind, schedules, keep rules, moves), as those of a real fleet do.
The same N gives the same bytes.

usage: generate.py N
"""
import sys

HOSTS = 20


def head() -> list[str]:
    out = [
        'policy fleet "A generated fleet" { horizon 3 years; response time 72h }',
        "phase t0 = 2026-02-15",
        "phase app = t0 + 6 weeks",
        "phase nas = t0 + 6 months { slip 3 months }",
        "provider alpha { site one; site two }",
        "provider beta { site one; supports versioning, lifecycle }",
        "provider gamma { site one; supports versioning, lifecycle }",
        "schedule nightly = daily at 03:00 UTC",
        "retention gfs = keep 7 daily, 4 weekly, 6 monthly, 2 yearly",
        "retention short = keep 7 daily, 4 weekly",
        "vault safe at gamma/one",
        'key repository_key { held on safe; file "/etc/thrice/key" }',
        'credential one { account s3; may read, write on s3.main; profile "one" }',
        'credential two { account s4; may read, write on s4.main; profile "two" }',
        'monitor deadman { healthchecks at "HC_PING_KEY"; hosted by gamma }',
    ]
    for name, provider in (("s3", "beta"), ("s4", "gamma")):
        out.append(
            f'object_storage {name} at {provider}/one since t0 {{ endpoint "{name}.example.org"; '
            f'bucket main "{name}-main" {{ medium object; versioning on }} }}'
        )
        credential = "one" if name == "s3" else "two"
        out.append(
            f"repository {name}_repository in {name}.main:/restic "
            f"{{ engine restic 0.18.0; key repository_key; credential {credential} }}"
        )
    for n in range(HOSTS):
        site = "one" if n % 2 else "two"
        out.append(
            f"host h{n} at alpha/{site} since t0 {{ runs cron; has restic 0.18.0, rclone 1.75.2; "
            f"store disk {{ medium nvme; capacity 400 TB }} }}"
        )
    return out


def data(n: int) -> list[str]:
    host, shape = f"h{n % HOSTS}", n % 50
    kind = ("state", "files", "items")[shape % 3]
    phase = ("t0", "t0", "app")[shape % 3]
    keep = "gfs" if shape % 2 else "short"
    low = 10 + shape
    out = [
        f"class c{n} is {kind} on {host}.disk:/data/c{n} since {phase} {{",
        f"    size {low}..{low * 3} MB",
        f"    growth 0..{1 + shape % 3} %/month; churn 1..{1 + shape % 7} MB/day",
        "}",
    ]
    for store, hour in (("s3", 2), ("s4", 3)):
        minute = (shape * 7 + hour) % 60
        out.append(
            f"backup c{n}_{store} of c{n} to {store}_repository by {host}.cron "
            f"{{ daily at {hour:02}:{minute:02} UTC; {keep}; taking 1m..{5 + shape % 10}m; monitor deadman }}"
        )
    return out


def main() -> None:
    count = int(sys.argv[1])
    lines = head()
    for n in range(count):
        lines += data(n)
    lines += [
        "require copies >= 3, media >= 2, offsite >= 1 for all",
        "require survive any 1 of host, site, provider, credential, key for all",
    ]
    print("\n".join(lines))


main()

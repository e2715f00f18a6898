#!/usr/bin/env python3
"""Writes a policy with N classes to standard output: 200 stores in ten phases, as a fleet of servers has them.

196 hosts with a disk each, and four buckets of two object storages. A host has one of forty roles, and what lies on
hosts of one role has one shape: its kind, when it begins, when it is backed up and how long that is kept. A third of
the classes are states, which are captured before; every class goes to two repositories. The same N gives the same
bytes, and the policy is safe.

usage: generate.py N
"""
import sys

HOSTS = 196
ROLES = 40
PHASES = 10
REPOSITORIES = ("s3_main", "s3_second", "s4_main", "s4_second")


def head() -> list[str]:
    out = [
        'policy fleet "A generated fleet" { horizon 3 years; response time 72h }',
        "phase p0 = 2026-02-15",
        *(f"phase p{n} = p0 + {n} months" for n in range(1, PHASES)),
        "provider alpha { site one; site two }",
        "provider beta { site one; supports versioning, lifecycle }",
        "provider gamma { site one; supports versioning, lifecycle }",
        "retention gfs = keep 7 daily, 4 weekly, 6 monthly, 2 yearly",
        "retention short = keep 7 daily, 4 weekly",
        "vault safe at gamma/one",
        "vault second_safe at beta/one",
        'monitor deadman { healthchecks at "HC_PING_KEY"; hosted by gamma }',
    ]
    for storage, provider in (("s3", "beta"), ("s4", "gamma")):
        buckets = "; ".join(
            f'bucket {name} "{storage}-{name}" {{ medium object; versioning on }}' for name in ("main", "second")
        )
        out += [
            f'object_storage {storage} at {provider}/one since p0 {{ endpoint "{storage}.example.org"; {buckets} }}',
            f'key key_{storage} {{ held on safe, second_safe; file "/etc/thrice/{storage}" }}',
            f'credential of_{storage} {{ account {storage}; may read, write on {storage}.*; profile "{storage}" }}',
        ]
    for repository in REPOSITORIES:
        storage, bucket = repository.split("_")
        out.append(
            f"repository {repository} in {storage}.{bucket}:/restic "
            f"{{ engine restic 0.18.0; key key_{storage}; credential of_{storage} }}"
        )
    for n in range(HOSTS):
        out.append(
            f"host h{n} at alpha/{('one', 'two')[n % 2]} since p0 {{ runs cron; has restic 0.18.0; "
            f"store disk {{ medium nvme; capacity 400 TB }} }}"
        )
    return out


def data(n: int) -> list[str]:
    host = n % HOSTS
    role = host % ROLES
    kind = ("state", "files", "items")[role % 3]
    low = 10 + role
    out = [
        f"/// Number {n} of the fleet.",
        f"class c{n} is {kind} on h{host}.disk:/data/c{n} since p{role % PHASES} {{",
        f"    size {low}..{low * 3} MB",
        f"    growth 0..{1 + role % 3} %/month",
        f"    churn 1..{1 + role % 7} MB/day",
        "}",
    ]
    source = ""
    if kind == "state":
        source = f" from c{n}_dump"
        out += [
            f"capture c{n}_dump of c{n} to h{host}.disk:/dumps/c{n} by h{host}.cron {{",
            f"    daily at 01:{role % 60:02} UTC",
            "    method pg_dump",
            "    atomic",
            "    keeps 3 days",
            "    taking 1m..10m",
            "    monitor deadman",
            "}",
        ]
    for nth in range(2):
        repository = REPOSITORIES[nth * 2 + role % 2]
        out += [
            f"backup c{n}_{nth} of c{n}{source} to {repository} by h{host}.cron {{",
            f"    daily at {2 + nth:02}:{(role * 7) % 60:02} UTC",
            f"    {('short', 'gfs')[role % 2]}",
            f"    taking 1m..{5 + role % 10}m",
            "    monitor deadman",
            "}",
        ]
    return out


def main() -> None:
    lines = head()
    for n in range(int(sys.argv[1])):
        lines += data(n)
    lines += [
        "require copies >= 3, media >= 2, offsite >= 1 for all",
        "require survive any 1 of host, site, provider, credential, key for all",
    ]
    print("\n".join(lines))


main()

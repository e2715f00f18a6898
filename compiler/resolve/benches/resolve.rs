//! How fast a large policy is read, and how much of that is the parser's.
//!
//! `cargo bench -p thrice-resolve` times a fleet of 10,000 data classes with 20,000 backups: the
//! same policy as `tests/bench/generate.py` writes.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use thrice_diagnostics::{FileId, SourceMap};
use thrice_grammar::parse;
use thrice_resolve::{Loader, resolve};

const HOSTS: usize = 20;

const HEAD: &str = "\
policy fleet \"A generated fleet\" { horizon 3 years; response time 72h }
phase t0 = 2026-02-15
phase app = t0 + 6 weeks
phase nas = t0 + 6 months { slip 3 months }
provider alpha { site one; site two }
provider beta { site one; supports versioning, lifecycle }
provider gamma { site one; supports versioning, lifecycle }
schedule nightly = daily at 03:00 UTC
retention gfs = keep 7 daily, 4 weekly, 6 monthly, 2 yearly
retention short = keep 7 daily, 4 weekly
vault safe at gamma/one
key repository_key { held on safe; file \"/etc/thrice/key\" }
credential one { account s3; may read, write on s3.main; profile \"one\" }
credential two { account s4; may read, write on s4.main; profile \"two\" }
monitor deadman { healthchecks at \"HC_PING_KEY\"; hosted by gamma }
object_storage s3 at beta/one since t0 { endpoint \"s3.example.org\"; bucket main \"s3-main\" { medium object; versioning on } }
repository s3_repository in s3.main:/restic { engine restic 0.18.0; key repository_key; credential one }
object_storage s4 at gamma/one since t0 { endpoint \"s4.example.org\"; bucket main \"s4-main\" { medium object; versioning on } }
repository s4_repository in s4.main:/restic { engine restic 0.18.0; key repository_key; credential two }
";

fn fleet(count: usize) -> String {
    let mut text = String::from(HEAD);
    for n in 0..HOSTS {
        let site = if n % 2 == 1 { "one" } else { "two" };
        let _ = writeln!(
            text,
            "host h{n} at alpha/{site} since t0 {{ runs cron; has restic 0.18.0, rclone 1.75.2; \
             store disk {{ medium nvme; capacity 400 TB }} }}"
        );
    }
    for n in 0..count {
        class(&mut text, n);
    }
    text.push_str(
        "require copies >= 3, media >= 2, offsite >= 1 for all\n\
         require survive any 1 of host, site, provider, credential, key for all\n",
    );
    text
}

fn class(text: &mut String, n: usize) {
    let (host, shape) = (n % HOSTS, n % 50);
    let (kind, phase) = match shape % 3 {
        0 => ("state", "t0"),
        1 => ("files", "t0"),
        _ => ("items", "app"),
    };
    let keep = if shape % 2 == 1 { "gfs" } else { "short" };
    let (low, growth, churn) = (10 + shape, 1 + shape % 3, 1 + shape % 7);
    let _ = writeln!(
        text,
        "class c{n} is {kind} on h{host}.disk:/data/c{n} since {phase} {{\n    \
         size {low}..{} MB\n    growth 0..{growth} %/month; churn 1..{churn} MB/day\n}}",
        low * 3
    );
    for (store, hour) in [("s3", 2), ("s4", 3)] {
        let (minute, longest) = ((shape * 7 + hour) % 60, 5 + shape % 10);
        let _ = writeln!(
            text,
            "backup c{n}_{store} of c{n} to {store}_repository by h{host}.cron \
             {{ daily at {hour:02}:{minute:02} UTC; {keep}; taking 1m..{longest}m; monitor deadman }}"
        );
    }
}

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _from: &str, _path: &str) -> Result<(String, String), String> {
        Err("no such file".to_owned())
    }
}

/// Whether there is a model, and how many messages.
fn resolved(text: &str) -> (bool, usize) {
    let mut sources = SourceMap::new();
    let root = sources.add("fleet.thrice", text);
    let (model, found) = resolve(&mut sources, &[root], "fleet", date(2026, 11, 20), &NoFiles);
    (model.is_some(), found.len())
}

fn bench(criterion: &mut Criterion) {
    let text = fleet(10_000);
    assert_eq!(resolved(&text), (true, 0), "the fleet is a good policy");
    // Each of the 20,000 backups names a repository that is not there.
    let broken = text.replace("_repository by", "_repositories by");
    // Each schedule is looked at on the days on which the clocks of its host change.
    let zoned = text
        .replace("runs cron;", "runs cron; timezone \"Europe/Paris\";")
        .replace(" at 02:", " at 05:")
        .replace(" UTC;", ";");
    assert_eq!(
        resolved(&zoned),
        (true, 0),
        "no clock changes at these times"
    );
    let mut group = criterion.benchmark_group("10,000 classes");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| parse(FileId::new(0), black_box(&text)))
    });
    group.bench_function("parse and resolve", |b| {
        b.iter(|| resolved(black_box(&text)));
    });
    group.bench_function("parse and resolve, clocks that change", |b| {
        b.iter(|| resolved(black_box(&zoned)));
    });
    group.bench_function("parse and resolve, 20,000 mistakes", |b| {
        b.iter(|| resolved(black_box(&broken)));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! How fast a large policy is read and written.
//!
//! `cargo bench -p thrice-grammar` times 10,000 data classes of five lines each.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thrice_diagnostics::FileId;
use thrice_grammar::{format, parse};

fn classes(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            "/// Data set {n}.\nclass set_{n} is state on vpai.local {{\n    \
             parts postgres n8n_{n}, openclaw, litellm; undeclared fail\n    \
             size 150..600 MB; growth 1..3 %/month; churn 5..600 MB/day\n    \
             needs configs within 1 day // with its key\n    \
             rpo 26h; rto 4h; retain at least 120 days, at most 14 months\n}}\n\n"
        );
    }
    text
}

fn bench(criterion: &mut Criterion) {
    let text = classes(10_000);
    let mut group = criterion.benchmark_group("10,000 classes");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| parse(FileId::new(0), black_box(&text)))
    });
    let (tree, mistakes) = parse(FileId::new(0), &text);
    assert!(mistakes.is_empty());
    group.bench_function("format", |b| b.iter(|| format(black_box(&tree), &text)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! Parsing of heads, with criterion's statistics: a group for each input, a line for each parser.
//!
//! `head_table` prints the ratios, from measurements in turns.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use wirelab_benches::{heads, inputs};

fn head_parsing(criterion: &mut Criterion) {
    for input in inputs::ALL {
        let mut group = criterion.benchmark_group(format!("{} ({} bytes)", input.name, input.bytes.len()));
        group.throughput(Throughput::Bytes(input.bytes.len() as u64));
        for mut contender in heads::contenders(&input) {
            group.bench_function(contender.name, |bencher| {
                bencher.iter_custom(|heads| (contender.batch)(heads))
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000))
        .sample_size(50);
    targets = head_parsing
}
criterion_main!(benches);

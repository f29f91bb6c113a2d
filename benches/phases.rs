//! Measures each phase of a load with criterion: `cargo bench --no-default-features --bench phases`.
//!
//! Measures the bundled example, or the file that `HEAPGLASS_BENCH_FILE` names. See `load.rs` for
//! whole loads; phases take longer there, since they share the cores and touch new memory.
#![allow(clippy::unwrap_used, reason = "a command of its own")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use heapglass::Snapshot;
use heapglass::test_support::analysis::{
    WellKnown, dom_states, ephemerons, essential_edges, first_table, page_objects, semidominators, shapes,
};
use heapglass::test_support::format::{self, RawSnapshot, Source};
use heapglass::test_support::graph::HeapGraph;
use heapglass::test_support::memory::HugePages;
use heapglass::test_support::model::{CancelToken, Progress};

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn file() -> PathBuf {
    let bundled = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example-after.heapsnapshot.zst"));
    std::env::var_os("HEAPGLASS_BENCH_FILE").map_or_else(bundled, PathBuf::from)
}

fn read() -> RawSnapshot {
    format::read(Source::file(file()), &Progress::new(), &CancelToken::new()).unwrap()
}

fn graph() -> HeapGraph {
    HeapGraph::build(read(), &CancelToken::new()).unwrap()
}

fn main() {
    let (progress, cancel) = (Progress::new(), CancelToken::new());
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("phases");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));

    let graph_for_size = graph();
    group.throughput(Throughput::Elements(graph_for_size.edge_count() as u64));
    drop(graph_for_size);
    group.bench_function("read", |bencher| bencher.iter(|| black_box(read())));
    let raw = read();
    group.bench_function("first table", |bencher| bencher.iter(|| black_box(first_table(&raw, &cancel).unwrap())));
    drop(raw);
    group.bench_function("graph: checks", |bencher| {
        bencher.iter_batched(read, |raw| black_box(HeapGraph::build(raw, &cancel).unwrap()), BatchSize::PerIteration);
    });
    let mut heap = graph();
    group.bench_function("known strings", |bencher| bencher.iter(|| black_box(WellKnown::find(heap.strings()))));
    group.bench_function("ephemerons", |bencher| bencher.iter(|| black_box(ephemerons(heap.strings()))));
    let (known, pairs) = (WellKnown::find(heap.strings()), ephemerons(heap.strings()));
    let states = heap.take_detachedness();
    let _states = dom_states(&heap, states, &progress, &cancel).unwrap();
    group.bench_function("page objects", |bencher| {
        bencher.iter(|| black_box(page_objects(&heap, &known, &progress, &cancel).unwrap()));
    });
    let page = page_objects(&heap, &known, &progress, &cancel).unwrap();
    group.bench_function("essential edges", |bencher| {
        bencher.iter(|| black_box(essential_edges(&heap, &pairs, &page, &cancel).unwrap()));
    });
    let essential = essential_edges(&heap, &pairs, &page, &cancel).unwrap();
    group.bench_function("dominators", |bencher| {
        bencher.iter_batched(
            || essential.clone(),
            |essential| {
                let semidominators = semidominators(&heap, essential, &progress, &cancel).unwrap();
                black_box(semidominators.tree(&progress, &cancel).unwrap())
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("distances", |bencher| {
        bencher.iter(|| {
            black_box(heapglass::test_support::analysis::distances(&heap, &known, &pairs, &progress, &cancel).unwrap())
        });
    });
    group.bench_function("shapes", |bencher| bencher.iter(|| black_box(shapes(&heap, &known, &cancel).unwrap())));
    drop(heap);
    group.bench_function("the whole load", |bencher| {
        bencher.iter(|| black_box(Snapshot::open(Source::file(file()), &progress, &cancel).unwrap()));
    });
    group.finish();
    criterion.final_summary();
}

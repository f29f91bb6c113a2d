//! Measures the time and the memory of a whole load and of its phases:
//! `cargo bench --no-default-features --bench load -- --file FILE [--runs 5] [--parse] [--yardstick] [--streams 2]`.
//!
//! Each run is a process of its own, which has its own peak. With `--parse`, Node's `JSON.parse` of the same file
//! (`benches/parse.mjs`) follows each run, and the ratio is printed. With `--yardstick` the heap snapshot worker of Chrome
//! DevTools loads it under Node (`benches/devtools.mjs`). `--streams N` makes memory slow: N processes write through a
//! buffer of their own all the time.
#![allow(clippy::print_stdout, reason = "a command of its own")]

use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::memory::HugePages;
use heapglass::test_support::model::{CancelToken, Progress};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

/// The measurements of one run: times in milliseconds since the start, memory in bytes.
#[derive(Serialize, Deserialize)]
struct Run {
    file_bytes: u64,
    nodes: u64,
    edges: u64,
    first_table_ms: f64,
    complete_ms: f64,
    peak_bytes: u64,
    after_bytes: u64,
    stages: Vec<StageRow>,
}

#[derive(Serialize, Deserialize)]
struct StageRow {
    name: String,
    began_ms: f64,
    took_ms: f64,
    /// The maximum of the resident memory while it ran.
    resident_bytes: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let Some(file) = value("--file") else {
        println!(
            "usage: cargo bench --no-default-features --bench load -- --file FILE [--runs 5] [--parse] [--yardstick] [--streams 2]"
        );
        return ExitCode::SUCCESS;
    };
    let runs = value("--runs").and_then(|runs| runs.parse().ok()).unwrap_or(5_usize).max(1);
    let streams = value("--streams").and_then(|count| count.parse().ok()).unwrap_or(0);
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let outcome = if has("--stream") {
        stream()
    } else if has("--one") {
        load(file).and_then(|run| {
            println!("{}", serde_json::to_string(&run)?);
            Ok(())
        })
    } else {
        Streams::start(file, streams).and_then(|_streams| report(file, runs, has("--parse"), has("--yardstick")))
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Processes that take a part of the memory's bandwidth, until this is dropped.
struct Streams(Vec<Child>);

impl Streams {
    fn start(file: &str, count: usize) -> anyhow::Result<Self> {
        let myself = std::env::current_exe()?;
        let started: Result<Vec<Child>, _> =
            (0..count).map(|_| Command::new(&myself).args(["--stream", "--file", file]).spawn()).collect();
        Ok(Self(started?))
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Writes through a buffer that no CPU cache can hold, forever.
fn stream() -> anyhow::Result<()> {
    let mut buffer = vec![0_u64; 32 << 20];
    loop {
        for entry in &mut buffer {
            *entry = entry.wrapping_add(1);
        }
        std::hint::black_box(&mut buffer);
    }
}

/// Returns the time of Node's `JSON.parse` in milliseconds.
fn parse(file: &str) -> anyhow::Result<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/parse.mjs");
    let output = Command::new("node").args(["--max-old-space-size=16000", script, file]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Returns a field of `/proc/self/status` in bytes; 0 on other systems.
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn load(file: &str) -> anyhow::Result<Run> {
    let progress = Progress::new();
    let started = Instant::now();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut samples = Vec::new();
            while !done.load(Ordering::Relaxed) {
                samples.push((Instant::now(), status("VmRSS")));
                std::thread::sleep(Duration::from_millis(10));
            }
            samples
        })
    };
    let snapshot = Snapshot::open(Source::file(file), &progress, &CancelToken::new())?;
    let complete_ms = milliseconds(started.elapsed());
    done.store(true, Ordering::Relaxed);
    let samples = watcher.join().unwrap_or_default();
    let stages: Vec<StageRow> = progress
        .stages()
        .iter()
        .map(|stage| {
            let end = stage.began + stage.took;
            let during = samples.iter().filter(|(at, _)| (stage.began..=end).contains(at));
            StageRow {
                name: stage.name.to_owned(),
                began_ms: milliseconds(stage.began.duration_since(started)),
                took_ms: milliseconds(stage.took),
                resident_bytes: during.map(|(_, bytes)| *bytes).max().unwrap_or(0),
            }
        })
        .collect();
    let first = stages.iter().find(|stage| stage.name == "first table");
    Ok(Run {
        file_bytes: snapshot.source().size_bytes,
        nodes: snapshot.graph().node_count() as u64,
        edges: snapshot.graph().edge_count() as u64,
        first_table_ms: first.map_or(0.0, |stage| stage.began_ms + stage.took_ms),
        complete_ms,
        peak_bytes: status("VmHWM"),
        after_bytes: status("VmRSS"),
        stages,
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(file: &str, runs: usize, with_parse: bool, yardstick: bool) -> anyhow::Result<()> {
    let myself = std::env::current_exe()?;
    let mut measured: Vec<Run> = Vec::new();
    let mut parsed: Vec<f64> = Vec::new();
    for _ in 0..runs {
        if with_parse {
            parsed.push(parse(file)?);
        }
        let output = Command::new(&myself).args(["--one", "--file", file]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        measured.push(serde_json::from_str(text.trim()).with_context(|| text.trim().to_owned())?);
    }
    measured.sort_by(|one, other| one.complete_ms.total_cmp(&other.complete_ms));
    let (best, middle) = (&measured[0], &measured[measured.len() / 2]);
    let size = best.file_bytes as f64;
    println!("{file}: {} bytes, {} nodes, {} edges, {runs} runs", best.file_bytes, best.nodes, best.edges);
    println!("| what | best | median |\n|---|---:|---:|");
    println!("| first table | {:.0} ms | {:.0} ms |", best.first_table_ms, middle.first_table_ms);
    println!("| complete | {:.0} ms | {:.0} ms |", best.complete_ms, middle.complete_ms);
    let per_edge = |run: &Run| run.complete_ms * 1e6 / run.edges.max(1) as f64;
    println!("| time per edge | {:.1} ns | {:.1} ns |", per_edge(best), per_edge(middle));
    // For memory, the maximum of all runs.
    let most = |bytes: fn(&Run) -> u64| measured.iter().map(bytes).max().unwrap_or(0);
    for (what, bytes) in
        [("peak memory", most(|run| run.peak_bytes)), ("memory afterwards", most(|run| run.after_bytes))]
    {
        println!("| {what} | {:.0} MB, {:.2} × file | |", bytes as f64 / 1e6, bytes as f64 / size);
    }
    parsed.sort_by(f64::total_cmp);
    if let (Some(best_parse), Some(middle_parse)) = (parsed.first(), parsed.get(parsed.len() / 2)) {
        println!("| `JSON.parse` | {best_parse:.0} ms | {middle_parse:.0} ms |");
        let (best, middle) = (best.complete_ms / best_parse, middle.complete_ms / middle_parse);
        println!("| complete / `JSON.parse` | {best:.2} | {middle:.2} |");
    }
    println!("\n| phase (those of two threads overlap) | began, ms | took, ms | resident, MB |\n|---|---:|---:|---:|");
    for stage in &best.stages {
        let resident = stage.resident_bytes as f64 / 1e6;
        println!("| {} | {:.0} | {:.0} | {resident:.0} |", stage.name, stage.began_ms, stage.took_ms);
    }
    if yardstick {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/devtools.mjs");
        let output = Command::new("node").args(["--max-old-space-size=20000", script, file]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let theirs: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default())
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let number = |field: &str| theirs[field].as_f64().unwrap_or(f64::NAN);
        let (complete, peak) = (number("complete_ms"), number("peak_bytes"));
        println!(
            "\nChrome DevTools' worker: loaded after {:.0} ms, first summary after {complete:.0} ms, peak {:.0} MB",
            number("loaded_ms"),
            peak / 1e6
        );
        println!(
            "Ratio of complete: 1/{:.1} (median 1/{:.1}); of peak memory: 1/{:.1}",
            complete / best.complete_ms,
            complete / middle.complete_ms,
            peak / best.peak_bytes as f64
        );
    }
    Ok(())
}

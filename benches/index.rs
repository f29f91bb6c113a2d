//! Measures opening a file, writing it to the cache, and opening it from the cache.
//!
//!     cargo bench --no-default-features --bench index -- FILE [RUNS]
//!
//! The cache is in a temporary folder, on the disk of `TMPDIR`. Each reopening runs in a process of its own, so that none profits
//! from the memory of another.
#![expect(clippy::print_stdout, reason = "a command that prints figures")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use heapglass::test_support::format::Source;
use heapglass::test_support::index::{Indexes, Opened};
use heapglass::test_support::memory::HugePages;
use heapglass::test_support::model::{CancelToken, Progress};

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        ["--again", folder, file] => again(folder, file),
        [file] => report(file, 5),
        [file, runs, ..] => runs.parse().context("the number of runs").and_then(|runs| report(file, runs)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn open(indexes: &Indexes, file: &str) -> anyhow::Result<(Opened, Duration)> {
    let started = Instant::now();
    let opened = indexes.open(Source::file(file), &Progress::new(), &CancelToken::new())?;
    Ok((opened, started.elapsed()))
}

/// Returns the peak memory of the process in kB as text; empty on other systems than Linux.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("").trim().to_owned()
}

fn again(folder: &str, file: &str) -> anyhow::Result<()> {
    let (opened, took) = open(&Indexes::in_folder(folder), file)?;
    anyhow::ensure!(opened.snapshot.source().from_index, "the index was not used");
    println!("opened by the index in {took:.0?}, peak memory {}", peak());
    Ok(())
}

fn report(file: &str, runs: usize) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("heapglass-bench-{}", std::process::id()));
    let measured = measure(file, runs, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(file: &str, runs: usize, folder: &Path) -> anyhow::Result<()> {
    let indexes = Indexes::in_folder(folder);
    let (Opened { snapshot, unwritten }, took) = open(&indexes, file)?;
    println!("opened the first time in {took:.0?}, peak memory {}", peak());
    let started = Instant::now();
    let unwritten = unwritten.context("the file is too new")?;
    anyhow::ensure!(indexes.write(&snapshot, &unwritten, &CancelToken::new()), "no index was written");
    let took = started.elapsed();
    let entries = std::fs::read_dir(folder)?;
    let bytes: u64 = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum();
    println!("wrote {bytes} bytes in {took:.0?}, peak memory {}", peak());
    drop(snapshot);
    for _ in 0..runs {
        let output = Command::new(std::env::current_exe()?).arg("--again").arg(folder).arg(file).output()?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}

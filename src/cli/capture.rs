//! `heapglass capture`: writes snapshots, timelines and sampling profiles of a running program straight to files.

use std::io::{BufRead as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;

use super::complain;
use super::interrupts::Interrupts;
use crate::capture::{
    self, Address, CaptureError, Connection, HeapUsage, Isolate, Kind, Plan, Remote, SourceLimits, Step, Taken, Target,
    Watch,
};
use crate::export::{Column, Columns, Format, Table, write_text};
use crate::model::{CancelToken, human};
use crate::query::search_grammar::size;

pub(super) const CAPTURE_HELP: &str = "\
Start the program with --inspect, or send a running Node.js process the signal SIGUSR1 to open its inspector.

Taking a snapshot pauses the program for seconds, or with a large heap for minutes, and may double its memory use: a program
near its memory limit can crash. A snapshot contains everything the program has in memory, including passwords and personal
data; only your user account can read the files.

Each file gets a record, FILE.capture.json, with the time, the duration and the result of process.memoryUsage() just before
the capture. A file has the extension .partial until it is complete, and keeps it if the program ends early. Existing files
are never overwritten. A snapshot is aborted if it exceeds 1 GB plus 32 times the heap size (see --max-size), or if it would
leave less than 1 GB or 5% of the disk free.

After the last file, the text of the program's own scripts and the source maps next to them on this machine are stored in the
folder heapglass-sources, each once, and listed in FILE.sources.json, so that lines can be shown later, without the program's
files. Scripts of up to 50 MB are stored, 20,000 scripts and 1 GB in total. Nothing is read over the network. V8 keeps a table
of line ends for each script from then on, which later snapshots of the same process contain; --no-sources prevents this.

Ctrl+C, SIGTERM and SIGHUP stop a recording and keep it, and stop a series after its last complete snapshot. A second signal
cancels that, too; a third one ends heapglass at once.

  heapglass capture --list
  heapglass capture --gc -o snapshots
  heapglass capture --series 3 --every 30s --gc -o snapshots && heapglass check snapshots/*.heapsnapshot
  heapglass capture --timeline 10s --stacks
  heapglass capture --sampling 10s

Exit codes: 0 success, 1 the capture failed, 2 usage error.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct CaptureArguments {
    /// Address of the inspector, or WebSocket URL of a target: ws://host:port/id
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9229")]
    pub inspect: String,
    /// List the targets, their workers and heap sizes, and exit
    #[arg(long)]
    pub list: bool,
    /// Target in the list: 1, or 1.2 for its second worker
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub target: String,
    /// Take this many snapshots
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with_all = ["timeline", "sampling"])]
    pub series: Option<u32>,
    /// Time between two snapshots, such as 30s or 5m; without it, press Enter to take each one
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "series")]
    pub every: Option<Duration>,
    /// Collect garbage first
    #[arg(long)]
    pub gc: bool,
    /// Record allocations over time instead of a snapshot
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "sampling")]
    pub timeline: Option<Duration>,
    /// Record allocation stacks too (slows the program down a lot)
    #[arg(long, requires = "timeline")]
    pub stacks: bool,
    /// Record a sampling profile of allocations instead of a snapshot
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub sampling: Option<Duration>,
    /// Allow connecting to another machine
    #[arg(long)]
    pub allow_remote: bool,
    /// Maximum size of a snapshot, such as 4GB; by default 1 GB plus 32 times the heap size
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_size: Option<u64>,
    /// Do not store the text of the program's scripts beside the files
    #[arg(long)]
    pub no_sources: bool,
    /// Prefix of the file names
    #[arg(long, value_name = "NAME", default_value = "")]
    pub name: String,
    /// Folder for the files
    #[arg(short, long = "output", value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
}

/// The longest accepted time. Longer ones are typing errors.
const LONGEST_TIME: Duration = Duration::from_hours(30 * 24);
/// The interval between checks for a series that waits for Enter after standard input ended.
const WAITS_TICK: Duration = Duration::from_millis(400);
const NO_THREAD: &str = "cannot start the capture thread";
/// The interval between checks for a new step or a signal.
const TICK: Duration = Duration::from_millis(20);
/// The time limit for measuring the heaps of all listed targets.
const LIST_PATIENCE: Duration = Duration::from_secs(5);

fn parse_size(text: &str) -> Result<u64, String> {
    size(text).filter(|&bytes| bytes > 0).ok_or_else(|| "expected a size such as 500MB or 4GB".to_owned())
}

/// Parses `30s`, `5m`, `500ms` or `2h`; a number without a unit is in seconds.
fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| "expected a time such as 30s or 5m".to_owned())?;
    let seconds = match &text[digits..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        other => return Err(format!("expected s, m, h or ms after the number, found {other}")),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= LONGEST_TIME => Ok(time),
        _ => Err("expected a time of at most 30 days, such as 30s or 5m".to_owned()),
    }
}

pub(super) fn run(arguments: &CaptureArguments, out: &mut dyn Write) -> anyhow::Result<()> {
    let address = Address::parse(&arguments.inspect)?;
    let remote = if arguments.allow_remote { Remote::Confirmed } else { Remote::Refused };
    let cancel = CancelToken::new();
    let targets = capture::targets(&address, remote, &cancel).map_err(|error| match error {
        CaptureError::Remote { .. } => anyhow::anyhow!("{error}; or connect anyway with --allow-remote"),
        other => other.into(),
    })?;
    if arguments.list {
        return list(&targets, remote, out);
    }
    let (target, worker) = choice(&arguments.target)?;
    let target =
        targets.get(target).with_context(|| format!("no target {}; see heapglass capture --list", arguments.target))?;
    let mut connection = Connection::open(target, remote, &cancel)?;
    let isolates = connection.isolates();
    let isolate = isolates
        .get(worker)
        .cloned()
        .with_context(|| format!("no worker {}; see heapglass capture --list", arguments.target))?;
    let kind = match (arguments.timeline, arguments.sampling) {
        (Some(length), _) => Kind::Timeline { length: Some(length), stacks: arguments.stacks },
        (None, Some(length)) => Kind::Sampling { length: Some(length), interval_bytes: 32 << 10 },
        (None, None) => Kind::Snapshots { count: arguments.series.unwrap_or(1), every: arguments.every },
    };
    let (folder, name) = (arguments.output.clone(), arguments.name.clone());
    let sources = (!arguments.no_sources).then(SourceLimits::default);
    let plan = Plan { kind, collect_garbage: arguments.gc, folder, name, max_bytes: arguments.max_size, sources };
    announce(&mut connection, &isolate, &cancel)?;
    let watch = Watch::new();
    // Before this point a signal may simply end the program, since there is no data to lose.
    let interrupts = Interrupts::listen().context("cannot handle signals")?;
    let has_input_ended = Arc::new(AtomicBool::new(false));
    if matches!(kind, Kind::Snapshots { count: 2.., every: None }) {
        listen_for_enter(watch.clone(), cancel.clone(), Arc::clone(&has_input_ended)).context(NO_THREAD)?;
    }
    let is_done = AtomicBool::new(false);
    let done = thread::scope(|scope| {
        let capture = thread::Builder::new().name("capture".to_owned()).spawn_scoped(scope, || {
            // Set even if the capture panics; otherwise `attend` would never return.
            let _guard = SetOnDrop(&is_done);
            capture::run(&mut connection, &isolate, &plan, &watch, &cancel)
        });
        let capture = capture.context(NO_THREAD)?;
        attend(&watch, &cancel, &interrupts, &is_done);
        let done = capture.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        anyhow::Ok(done)
    })?;
    let written = watch.taken().iter().try_for_each(|taken| write_taken(taken, out));
    for note in watch.notes() {
        say(&human::visible(&note, 2000));
    }
    match done {
        Err(error) if error.is_cancelled() && has_input_ended.load(Ordering::Relaxed) => {
            bail!("standard input ended before the series was complete; use --every TIME")
        }
        // The capture error matters more than a failure to report the files taken before it.
        Err(error) => Err(error.into()),
        Ok(()) => Ok(written?),
    }
}

fn write_taken(taken: &Taken, out: &mut dyn Write) -> std::io::Result<()> {
    let record = &taken.record;
    let memory = record.memory_usage.map_or_else(String::new, |usage| {
        let (rss, heap) = (human::bytes(usage.rss), human::bytes(usage.heap_used));
        format!("; the process used {rss} ({heap} heap, {} external)", human::bytes(usage.external))
    });
    let took = human::duration(Duration::from_millis(record.took_ms));
    let path = taken.path.display().to_string();
    writeln!(out, "{}: {} in {took}{memory}", human::visible(&path, 2000), human::bytes(record.bytes))
}

/// Sets a flag when dropped.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Parses a target number such as 1.2 into 0-based indexes of target and isolate; isolate 0 is the main one.
fn choice(text: &str) -> anyhow::Result<(usize, usize)> {
    let number = |text: &str| text.parse::<usize>().ok();
    let parsed = match text.split_once('.') {
        Some((target, worker)) => number(target).zip(number(worker)),
        None => number(text).map(|target| (target, 0)),
    };
    match parsed {
        Some((target, worker)) if target > 0 => Ok((target - 1, worker)),
        _ => bail!("invalid target: {text}; expected a number from the list such as 1, or 1.2 for a worker"),
    }
}

/// A target or a worker of one.
struct Listed {
    number: String,
    /// The used bytes of its heap.
    used: Option<u64>,
    kind: String,
    title: String,
}

struct Targets;

impl Table for Targets {
    type Row<'a> = &'a Listed;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::text("number", "Number", |row| row.number.as_str().into()),
        Column::<Self>::text("used", "Heap used", |row| row.used.into()).shown_as("Heap used", Format::Bytes),
        Column::<Self>::text("kind", "Kind", |row| row.kind.as_str().into()).shown_as("Kind", Format::Name),
        Column::<Self>::text("title", "Title", |row| row.title.as_str().into()).shown_as("Title", Format::Name),
    ];
}

/// Lists the targets. A target that does not answer is listed without its heap and workers.
fn list(targets: &[Target], remote: Remote, out: &mut dyn Write) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut rows = Vec::new();
    let (mut failed, mut unasked) = (0, 0);
    for (at, target) in targets.iter().enumerate() {
        let text = |title: &str, url: &str| format!("{title}  {url}");
        let (number, kind) = ((at + 1).to_string(), target.kind.clone());
        let unknown = Listed { number, used: None, kind, title: text(&target.title, &target.url) };
        if started.elapsed() > LIST_PATIENCE {
            unasked += 1;
            rows.push(unknown);
            continue;
        }
        let isolates = match measured(target, remote) {
            Ok(isolates) => isolates,
            Err(reason) => {
                complain(&human::visible(&format!("heapglass: target {}: {reason}", at + 1), 2000));
                failed += 1;
                rows.push(unknown);
                continue;
            }
        };
        for (worker, (isolate, usage)) in isolates.iter().enumerate() {
            let number = if worker == 0 { (at + 1).to_string() } else { format!("{}.{worker}", at + 1) };
            let kind = if worker == 0 { &target.kind } else { &isolate.kind }.clone();
            let used = usage.map(|usage| usage.used_bytes());
            rows.push(Listed { number, used, kind, title: text(&isolate.title, &isolate.url) });
        }
    }
    write_text::<Targets>(&Columns::named(&["number", "used", "kind", "title"]), rows.iter(), out)?;
    if unasked > 0 {
        let targets = human::quantity(unasked, "target", "targets");
        complain(&format!("heapglass: timeout: heaps and workers of {targets} are not listed"));
    }
    if failed == targets.len() {
        bail!("no target responded; the programs may be paused in a debugger");
    }
    Ok(())
}

/// Connects to a target and returns its isolates with the sizes of their heaps.
fn measured(target: &Target, remote: Remote) -> Result<Vec<(Isolate, Option<HeapUsage>)>, CaptureError> {
    let cancel = CancelToken::new();
    let mut connection = Connection::open(target, remote, &cancel)?;
    let mut measured = Vec::new();
    for isolate in connection.isolates().to_vec() {
        match connection.heap_usage(&isolate, &cancel) {
            Ok(usage) => measured.push((isolate, usage)),
            // The worker ended after it was found.
            Err(CaptureError::WorkerEnded) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(measured)
}

/// Announces the target and the cost of a snapshot before it is taken.
fn announce(connection: &mut Connection, isolate: &Isolate, cancel: &CancelToken) -> anyhow::Result<()> {
    let title = human::visible(&isolate.title, 80).into_owned();
    let heap = connection
        .heap_usage(isolate, cancel)?
        .map_or_else(String::new, |usage| format!(", {} of heap in use", human::bytes(usage.used_bytes())));
    say(&format!("{title}{heap}; a snapshot pauses it and may double its memory use"));
    Ok(())
}

/// Reports each step as it begins and handles signals until the capture is done.
///
/// A signal ends a recording and keeps it. It cancels anything else, so that no partial file remains.
fn attend(watch: &Watch, cancel: &CancelToken, interrupts: &Interrupts, is_done: &AtomicBool) {
    let (mut said, mut was_unanswered) = (String::new(), false);
    while !is_done.load(Ordering::Relaxed) {
        let step = watch.step();
        // After a cancellation the only stronger action is to exit: the signal stays pending, so the next one ends the
        // program.
        if !cancel.is_cancelled() && interrupts.take() {
            if matches!(step, Step::Recording { .. }) {
                watch.go_on();
            } else {
                cancel.cancel();
            }
        }
        let line = line(step, &said, watch.taken().len());
        if line != said && !line.is_empty() {
            say(&line);
        }
        said = line;
        let is_unanswered = watch.is_unanswered();
        if is_unanswered && !was_unanswered {
            say(&format!(
                "no answer for {} s; the program may be busy with a large heap, or paused in a debugger; Ctrl+C cancels",
                capture::UNANSWERED_NOTICE.as_secs()
            ));
        }
        was_unanswered = is_unanswered;
        thread::sleep(TICK);
    }
}

/// Takes the next snapshot when Enter is pressed. The thread ends with the program, even if it is waiting for input.
///
/// At the end of the input, the current snapshot is finished; a wait for the next Enter is cancelled.
fn listen_for_enter(watch: Watch, cancel: CancelToken, has_input_ended: Arc<AtomicBool>) -> std::io::Result<()> {
    let listening = thread::Builder::new().name("input".to_owned()).spawn(move || {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            watch.go_on();
        }
        // The capture may not have noticed the last Enter yet, so it is cancelled only if two checks in a row find it
        // waiting.
        let mut has_waited = false;
        while !cancel.is_cancelled() && watch.step() != Step::Done {
            let waits = matches!(watch.step(), Step::Waiting { .. });
            if waits && has_waited {
                has_input_ended.store(true, Ordering::Relaxed);
                cancel.cancel();
            }
            has_waited = waits;
            thread::sleep(WAITS_TICK);
        }
    });
    listening.map(drop)
}

/// Describes a step; empty if there is nothing to report. `said` is the previous description.
fn line(step: Step, said: &str, taken: usize) -> String {
    match step {
        Step::Connecting | Step::Done | Step::Receiving { .. } => String::new(),
        Step::CollectingGarbage => "collecting garbage".to_owned(),
        Step::Snapshot { bytes: 0, .. } => format!("taking snapshot {}", taken + 1),
        Step::Snapshot { .. } => "receiving the snapshot".to_owned(),
        Step::Waiting { until: None } => "press Enter for the next snapshot".to_owned(),
        // Report the same wait only once.
        Step::Waiting { until: Some(_) } if said.starts_with("waiting") => said.to_owned(),
        Step::Waiting { until: Some(until) } => {
            let left = until.saturating_duration_since(Instant::now()) + Duration::from_millis(500);
            format!("waiting {} s", left.as_secs())
        }
        Step::Recording { length: Some(length), .. } => format!("recording for {}", human::duration(length)),
        Step::Recording { length: None, .. } => "recording".to_owned(),
        Step::Sources { .. } => "storing the text of scripts".to_owned(),
    }
}

/// Reports progress on standard error, which is not part of the output.
fn say(text: &str) {
    complain(&format!("heapglass: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_with_units() {
        for (text, seconds) in [("30", 30.0), ("30s", 30.0), ("1.5m", 90.0), ("250ms", 0.25), ("2h", 7200.0)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "s", "3 days", "-1s", "721h", "99999999999999999999h"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn targets_are_chosen_by_the_number_in_the_list() {
        assert_eq!(choice("1").unwrap(), (0, 0));
        assert_eq!(choice("2.3").unwrap(), (1, 3));
        assert!(choice("0").is_err());
        assert!(choice("node").is_err());
    }
}

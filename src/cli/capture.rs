//! `heapglass capture`: snapshots, timelines and sampling profiles from a running program, straight to files.

use std::io::{BufRead as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;

use super::table::{Table, name};
use crate::capture::{self, Address, Connection, Isolate, Kind, Plan, Remote, Step, Target, Watch};
use crate::model::{CancelToken, human};

pub(super) const CAPTURE_HELP: &str = "\
The program must have been started with --inspect; a Node.js that runs without it opens its inspector on SIGUSR1.

While a snapshot is taken the program stands still, for some seconds or with a large heap for minutes, and may need as much
memory again: one that is near its limit can die of it. A snapshot holds what the program holds, passwords and personal data
included.

Each file gets a record beside it, FILE.capture.json: when it was taken, how long that took, and what process.memoryUsage()
said before. A file is called .partial until it is complete; where the program ends before, it stays under that name.
Ctrl+C ends a recording, which is kept, and a series behind its last complete snapshot.

  heapglass capture --list
  heapglass capture --gc -o snapshots
  heapglass capture --series 3 --every 30s --gc -o snapshots && heapglass check snapshots/*.heapsnapshot
  heapglass capture --timeline 10s --stacks
  heapglass capture --sampling 10s

Exit codes: 0 done, 1 it could not be taken, 2 wrong usage.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct CaptureArguments {
    /// Where the inspector listens, or the websocket of a target: ws://host:port/id
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9229")]
    pub inspect: String,
    /// List the targets with their workers and how large their heaps are, and take nothing
    #[arg(long)]
    pub list: bool,
    /// Which of the list: 1, or 1.2 for its second worker
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub target: String,
    /// Take so many snapshots
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with_all = ["timeline", "sampling"])]
    pub series: Option<u32>,
    /// Time between them, such as 30s or 5m; without it, each is taken when you press Enter
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "series")]
    pub every: Option<Duration>,
    /// Collect garbage before
    #[arg(long)]
    pub gc: bool,
    /// Record allocations over time instead of a snapshot
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "sampling")]
    pub timeline: Option<Duration>,
    /// With the stacks that allocate; the program gets much slower
    #[arg(long, requires = "timeline")]
    pub stacks: bool,
    /// Record a sampling profile of allocations instead of a snapshot
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub sampling: Option<Duration>,
    /// Connect to another machine
    #[arg(long)]
    pub allow_remote: bool,
    /// What the names of files start with
    #[arg(long, value_name = "NAME", default_value = "")]
    pub name: String,
    /// Where the files go
    #[arg(short, long = "output", value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
}

/// What shells take for the end by Ctrl+C.
const INTERRUPTED: i32 = 130;
/// Longer waits are slips of the keyboard.
const LONGEST_TIME: Duration = Duration::from_hours(30 * 24);
/// How often it is looked at whether a series waits for an Enter that cannot come.
const WAITS_TICK: Duration = Duration::from_millis(400);

/// `30s`, `5m`, `500ms`, `2h`; a number alone is seconds.
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
    let targets = capture::targets(&address, remote).map_err(|error| match error {
        capture::CaptureError::Remote { .. } => anyhow::anyhow!("{error}, or say --allow-remote"),
        other => other.into(),
    })?;
    if arguments.list {
        return list(&targets, remote, out);
    }
    let (target, worker) = choice(&arguments.target)?;
    let target = targets
        .get(target)
        .with_context(|| format!("there are {} targets; see heapglass capture --list", targets.len()))?;
    let mut connection = Connection::open(target, remote, &cancel)?;
    let isolates = connection.isolates();
    let isolate = isolates
        .get(worker)
        .cloned()
        .with_context(|| format!("the target has {} workers; see heapglass capture --list", isolates.len() - 1))?;
    let kind = match (arguments.timeline, arguments.sampling) {
        (Some(length), _) => Kind::Timeline { length: Some(length), stacks: arguments.stacks },
        (None, Some(length)) => Kind::Sampling { length: Some(length), interval_bytes: 32 << 10 },
        (None, None) => Kind::Snapshots { count: arguments.series.unwrap_or(1), every: arguments.every },
    };
    let plan =
        Plan { kind, collect_garbage: arguments.gc, folder: arguments.output.clone(), name: arguments.name.clone() };
    announce(&mut connection, &isolate, &cancel)?;
    let watch = Watch::new();
    listen_for_interrupt(watch.clone(), cancel.clone());
    let has_input_ended = Arc::new(AtomicBool::new(false));
    if matches!(kind, Kind::Snapshots { count: 2.., every: None }) {
        listen_for_enter(watch.clone(), cancel.clone(), Arc::clone(&has_input_ended));
    }
    let is_done = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        scope.spawn(|| report(&watch, &is_done));
        // Also where this panics, or the scope would wait for the other thread for ever.
        let _guard = SetOnDrop(&is_done);
        capture::run(&mut connection, &isolate, &plan, &watch, &cancel)
    });
    for taken in watch.taken() {
        let record = &taken.record;
        let memory = record.memory_usage.map_or_else(String::new, |usage| {
            let (rss, heap) = (human::bytes(usage.rss), human::bytes(usage.heap_used));
            format!("; the process used {rss}, {heap} of it heap, {} outside it", human::bytes(usage.external))
        });
        let took = human::duration(Duration::from_millis(record.took_ms));
        let path = taken.path.display().to_string();
        // Whether it was taken does not depend on who reads that; `out` remembers the failure.
        let _ = writeln!(out, "{}: {} in {took}{memory}", human::visible(&path, 2000), human::bytes(record.bytes));
    }
    match done {
        Err(error) if error.is_cancelled() && has_input_ended.load(Ordering::Relaxed) => {
            bail!("standard input ended; say --every TIME")
        }
        done => Ok(done?),
    }
}

/// Sets a flag when it goes, whichever way that is.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Target and worker, both from 0; worker 0 is the main isolate.
fn choice(text: &str) -> anyhow::Result<(usize, usize)> {
    let number = |text: &str| text.parse::<usize>().ok();
    let parsed = match text.split_once('.') {
        Some((target, worker)) => number(target).zip(number(worker)),
        None => number(text).map(|target| (target, 0)),
    };
    match parsed {
        Some((target, worker)) if target > 0 => Ok((target - 1, worker)),
        _ => bail!("{text} is no number of the list; expected 1, or 1.2 for a worker"),
    }
}

fn list(targets: &[Target], remote: Remote, out: &mut dyn Write) -> anyhow::Result<()> {
    let cancel = CancelToken::new();
    let mut table = Table::new(&["Number", "Heap used", "Kind", "Title"]);
    for (at, target) in targets.iter().enumerate() {
        let mut connection = Connection::open(target, remote, &cancel)?;
        for (worker, isolate) in connection.isolates().to_vec().iter().enumerate() {
            let usage = match connection.heap_usage(isolate, &cancel) {
                // It ended since it was found.
                Err(capture::CaptureError::WorkerEnded) => continue,
                usage => usage?,
            };
            let number = if worker == 0 { (at + 1).to_string() } else { format!("{}.{worker}", at + 1) };
            let kind = if worker == 0 { &target.kind } else { &isolate.kind };
            table.push(vec![
                number,
                usage.map_or_else(String::new, |usage| human::bytes(usage.used_bytes())),
                name(kind),
                name(&format!("{}  {}", isolate.title, isolate.url)),
            ]);
        }
    }
    Ok(table.write(out)?)
}

/// Says of what a snapshot is taken, and what that costs, before it is too late.
fn announce(connection: &mut Connection, isolate: &Isolate, cancel: &CancelToken) -> anyhow::Result<()> {
    let title = human::visible(&isolate.title, 80).into_owned();
    let heap = connection
        .heap_usage(isolate, cancel)?
        .map_or_else(String::new, |usage| format!(", {} of heap in use", human::bytes(usage.used_bytes())));
    say(&format!("{title}{heap}; it stands still while a snapshot is taken and may need as much memory again"));
    Ok(())
}

/// Ctrl+C ends a recording, so that it is kept. Anything else it cancels, so that no half of a file stays; and where that
/// takes too long, the next one ends the program.
fn listen_for_interrupt(watch: Watch, cancel: CancelToken) {
    // Where no handler can be set, Ctrl+C does what it did.
    let _ = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            std::process::exit(INTERRUPTED);
        }
        if matches!(watch.step(), Step::Recording { .. }) {
            watch.go_on();
        } else {
            cancel.cancel();
        }
    });
}

/// Enter takes the next snapshot. The thread ends with the program, which may do so while it waits for a key.
///
/// Where the input ends, what is under way is finished; a wait for the next Enter is cancelled.
fn listen_for_enter(watch: Watch, cancel: CancelToken, has_input_ended: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            watch.go_on();
        }
        // An Enter just before the end may not be noticed yet: only what waits at two looks waits in vain.
        let mut has_waited = false;
        while !cancel.is_cancelled() && watch.step() != Step::Done {
            let waits = matches!(watch.step(), Step::Waiting { .. });
            if waits && has_waited {
                has_input_ended.store(true, Ordering::Relaxed);
                cancel.cancel();
            }
            has_waited = waits;
            std::thread::sleep(WAITS_TICK);
        }
    });
}

/// Says each step as it begins.
fn report(watch: &Watch, is_done: &AtomicBool) {
    let mut said = String::new();
    while !is_done.load(Ordering::Relaxed) {
        let line = match watch.step() {
            Step::Connecting | Step::Done | Step::Receiving { .. } => String::new(),
            Step::CollectingGarbage => "collecting garbage".to_owned(),
            Step::Snapshot { bytes: 0, .. } => format!("taking snapshot {}", watch.taken().len() + 1),
            Step::Snapshot { .. } => "receiving it".to_owned(),
            Step::Waiting { until: None } => "press Enter for the next snapshot".to_owned(),
            Step::Waiting { until: Some(until) } => {
                // Rounded, so that the same wait is said once.
                let left = until.saturating_duration_since(Instant::now()) + Duration::from_millis(500);
                if said.starts_with("waiting") { said.clone() } else { format!("waiting {} s", left.as_secs()) }
            }
            Step::Recording { length, .. } => match length {
                Some(length) => format!("recording for {}", human::duration(length)),
                None => "recording".to_owned(),
            },
        };
        if line != said && !line.is_empty() {
            say(&line);
        }
        said = line;
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn say(text: &str) {
    super::complain(&format!("heapglass: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
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

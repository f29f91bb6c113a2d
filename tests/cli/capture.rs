//! Capturing from inspectors: correct ones, broken ones, and servers that are not inspectors.

use crate::common;
use crate::node;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::inspector::{Habit, Inspector};
use heapglass::test_support::capture::{
    self, Address, CaptureError, Connection, Kind, Plan, Record, Remote, SourceLimits, Step, Watch, record_beside,
    record_file,
};
use heapglass::test_support::model::CancelToken;

const PIECES: &[&str] = &["{\"snapshot\":\"\\\"ü\u{1f600}\\n", "\",\"strings\":[", "\"a\"", "]}"];

fn plan(kind: Kind, folder: &Path) -> Plan {
    Plan {
        kind,
        collect_garbage: true,
        folder: folder.to_path_buf(),
        name: String::new(),
        max_bytes: None,
        sources: Some(SourceLimits::default()),
    }
}

const ONE: Kind = Kind::Snapshots { count: 1, every: None };

fn connect(inspector: &Inspector) -> Result<Connection, CaptureError> {
    let address = Address::parse(&inspector.address)?;
    let targets = capture::targets(&address, Remote::Refused, &CancelToken::new())?;
    Connection::open(&targets[0], Remote::Refused, &CancelToken::new())
}

/// Runs the plan on the main isolate.
fn take(inspector: &Inspector, kind: Kind, folder: &Path) -> (Result<(), CaptureError>, Watch) {
    let mut connection = connect(inspector).unwrap();
    let (isolate, watch) = (connection.isolates()[0].clone(), Watch::new());
    let done = capture::run(&mut connection, &isolate, &plan(kind, folder), &watch, &CancelToken::new());
    (done, watch)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_snapshot_is_written_unchanged_with_a_record_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (done, watch) = take(&Inspector::of(Habit::Honest, PIECES), ONE, folder.path());
    done.unwrap();
    let taken = watch.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(std::fs::read_to_string(&taken[0].path).unwrap(), PIECES.concat());
    let name = taken[0].path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("orders-20") && name.ends_with(".heapsnapshot"), "{name}");
    assert_eq!(files(folder.path()), [taken[0].path.clone(), record_file(&taken[0].path)]);
    let record: Record = record_beside(&taken[0].path).unwrap();
    assert!(record.complete && record.collected_garbage);
    assert_eq!((record.file, record.target.as_str(), record.bytes), (name, "orders.js", PIECES.concat().len() as u64));
    assert_eq!(record.memory_usage.unwrap().rss, 50_000_000);
    assert_eq!(record.heap_usage.unwrap().used_bytes(), 1_500_000);
    assert_eq!(watch.step(), Step::Done);
}

#[test]
fn a_series_writes_one_file_per_snapshot_and_other_captures_have_their_own_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Honest, PIECES);
    let (done, watch) =
        take(&inspector, Kind::Snapshots { count: 3, every: Some(Duration::from_millis(5)) }, folder.path());
    done.unwrap();
    let positions: Vec<(u32, u32)> =
        watch.taken().iter().map(|taken| (taken.record.position, taken.record.of)).collect();
    assert_eq!(positions, [(1, 3), (2, 3), (3, 3)]);
    for (kind, ending) in [
        (Kind::Timeline { length: Some(Duration::from_millis(5)), stacks: true }, "heaptimeline"),
        (Kind::Sampling { length: Some(Duration::from_millis(5)), interval_bytes: 1024 }, "heapprofile"),
    ] {
        let (done, watch) = take(&inspector, kind, folder.path());
        done.unwrap();
        let path = &watch.taken()[0].path;
        assert_eq!(path.extension().unwrap(), ending);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with(if ending == "heapprofile" { "{\"head\"" } else { "{\"snapshot\"" }), "{text}");
    }
}

#[test]
fn data_received_before_the_program_ended_is_kept_and_marked() {
    for (habit, why) in
        [(Habit::Dies(2), "the program ended or closed the connection"), (Habit::Forgets(3), "the data is incomplete")]
    {
        let folder = tempfile::tempdir().unwrap();
        let (done, watch) = take(&Inspector::of(habit, PIECES), ONE, folder.path());
        let error = done.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(why) || text.contains(why), "{text}");
        let CaptureError::Incomplete { kept, bytes, .. } = &error else { panic!("{error:?}") };
        let came = std::fs::read_to_string(kept).unwrap();
        assert!(PIECES.concat().starts_with(&came) && came.len() as u64 == *bytes && *bytes > 0, "{came}");
        assert!(kept.to_string_lossy().ends_with(".heapsnapshot.partial"), "{}", kept.display());
        assert!(watch.taken().is_empty());
        let record = record_beside(&kept.with_extension("")).unwrap();
        assert!(!record.complete);
        assert!(record.error.unwrap().contains(why));
    }
}

#[test]
fn a_refused_capture_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (done, _) = take(&Inspector::of(Habit::Refuses, PIECES), ONE, folder.path());
    let text = done.unwrap_err().to_string();
    assert!(text.contains("takeHeapSnapshot") && text.contains("Failed to take heap snapshot"), "{text}");
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[test]
fn cancelling_in_the_middle_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&Inspector::of(Habit::Stalls, PIECES)).unwrap();
    let (isolate, watch, cancel) = (connection.isolates()[0].clone(), Watch::new(), CancelToken::new());
    let done = std::thread::scope(|scope| {
        let run = scope.spawn(|| capture::run(&mut connection, &isolate, &plan(ONE, folder.path()), &watch, &cancel));
        while !matches!(watch.step(), Step::Snapshot { bytes: 1.., done: 10, total: 10 }) {
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(files(folder.path()).len(), 1, "the partial file exists");
        cancel.cancel();
        run.join().unwrap()
    });
    assert!(done.unwrap_err().is_cancelled());
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_server_that_is_not_an_inspector_is_reported() {
    let http = |text: &str| Habit::Http(text.to_owned());
    let with =
        |status: &str, body: &str| http(&format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    for (habit, expected) in [
        (http("SSH-2.0-OpenSSH_9.6\r\n"), "unexpected response: SSH-2.0-OpenSSH_9.6"),
        (with("404 Not Found", "no"), "/json/list returned status 404"),
        (with("200 OK", "{\"hello\":1}"), "unexpected list of targets: {\"hello\":1}"),
        (with("200 OK", "[]"), "has no target"),
        (http("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"), "incomplete response"),
        (http(""), "it closed the connection without a response"),
        (with("200 OK", &format!("[{}{{}}]", "{},".repeat(1000))), "it lists 1,001 targets; specify one"),
        (Habit::Silent, "it accepted the connection but does not respond"),
    ] {
        let error = connect(&Inspector::of(habit.clone(), PIECES)).map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{habit:?}: {error}");
    }
}

#[test]
fn connecting_to_an_unknown_target_reports_no_websocket() {
    let Some(node) = node::Node::start(node::IDLE) else { return };
    let address = Address::parse(&format!("ws://{}/00000000-no-such-target", node.address)).unwrap();
    let targets = capture::targets(&address, Remote::Refused, &CancelToken::new()).unwrap();
    let error = Connection::open(&targets[0], Remote::Refused, &CancelToken::new()).map(drop).unwrap_err();
    assert!(error.to_string().contains("no WebSocket at /00000000-no-such-target"), "{error}");
}

#[test]
fn browser_workers_are_separate_isolates() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&Inspector::of(Habit::Browser, PIECES)).unwrap();
    let isolates = connection.isolates().to_vec();
    assert_eq!(isolates.len(), 2, "{isolates:?}");
    assert_eq!((isolates[1].kind.as_str(), isolates[1].title.as_str()), ("worker", "https://example.com/worker.js"));
    let cancel = CancelToken::new();
    assert_eq!(connection.heap_usage(&isolates[1], &cancel).unwrap().unwrap().used_bytes(), 700_000);
    let watch = Watch::new();
    capture::run(&mut connection, &isolates[1], &plan(ONE, folder.path()), &watch, &cancel).unwrap();
    assert_eq!(std::fs::read_to_string(&watch.taken()[0].path).unwrap(), PIECES.concat());
}

#[test]
fn a_node_worker_has_its_own_snapshot() {
    let program = "const { Worker } = require('worker_threads');
        class OnlyInWorker {}
        const code = 'class OnlyInWorker {} globalThis.kept = new OnlyInWorker(); setInterval(() => {}, 1000);\
                      require(\"worker_threads\").parentPort.postMessage(1)';
        new Worker(code, { eval: true }).on('message', () => console.log('ready'));";
    let Some(node) = node::Node::start(program) else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = Address::parse(&node.address).unwrap();
    let cancel = CancelToken::new();
    let targets = capture::targets(&address, Remote::Refused, &CancelToken::new()).unwrap();
    let mut connection = Connection::open(&targets[0], Remote::Refused, &cancel).unwrap();
    let worker = connection.isolates().get(1).cloned().expect("the worker is found");
    let watch = Watch::new();
    capture::run(&mut connection, &worker, &plan(ONE, folder.path()), &watch, &cancel).unwrap();
    let snapshot = common::open_bytes("worker", std::fs::read(&watch.taken()[0].path).unwrap()).unwrap();
    let has = |name: &str| snapshot.classes().all().iter().any(|class| class.name == name && class.count > 0);
    assert!(has("OnlyInWorker"));
}

#[test]
fn a_capture_does_not_keep_a_finished_program_running() {
    let program = "process.stdin.once('data', () => process.stdin.destroy()); console.log('ready');";
    let Some(mut node) = node::Node::start(program) else { return };
    let address = Address::parse(&node.address).unwrap();
    let targets = capture::targets(&address, Remote::Refused, &CancelToken::new()).unwrap();
    let mut connection = Connection::open(&targets[0], Remote::Refused, &CancelToken::new()).unwrap();
    node.say("end");
    let patience = std::time::Instant::now() + Duration::from_secs(20);
    let error = connection.idle(patience, &CancelToken::new()).unwrap_err();
    assert!(matches!(error, CaptureError::Closed), "{error}");
    drop(connection);
    node.wait();
}

/// Returns the bytes of a generated snapshot: 100 MB, or `HEAPGLASS_STREAMED_MB` for measurements.
fn streamed_bytes() -> usize {
    let megabytes = std::env::var("HEAPGLASS_STREAMED_MB").ok().and_then(|text| text.parse().ok());
    megabytes.unwrap_or(100) * 1_000_000
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_snapshot_that_is_captured() {
    const PIECE: usize = 100 << 10;
    let bytes = streamed_bytes();
    let inspector = Inspector::start(Habit::Honest, move || {
        let middle = "12345,".repeat(PIECE / 6);
        let count = bytes / PIECE;
        Box::new((0..count).map(move |at| match at {
            0 => "{\"snapshot\":{},\"nodes\":[".to_owned(),
            at if at + 1 == count => "0]}".to_owned(),
            _ => middle.clone(),
        }))
    });
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["capture", "--inspect", &inspector.address, "-o"])
        .arg(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The peak so far, as the system counts it; the last value before the end is asserted.
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_kb = 0;
    let exit = loop {
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(now) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()) {
            peak_kb = peak_kb.max(now);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(exit.success());
    let size = files(folder.path())[0].metadata().unwrap().len();
    assert!(size > bytes as u64 * 9 / 10, "{size} bytes came");
    println!("{size} bytes captured with a peak of {peak_kb} kB");
    assert!((1..60_000).contains(&peak_kb), "{peak_kb} kB at the peak");
}

/// Returns a command that captures from a fake inspector.
#[cfg(unix)]
fn program(inspector: &Inspector, arguments: &[&str], folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    program.args(["capture", "--inspect", &inspector.address, "-o"]).arg(folder).args(arguments);
    program.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    program
}

/// Runs the command and sends it a signal each time it writes `at`. Returns its exit code and its output.
#[cfg(unix)]
fn signaled(mut program: Command, signal: &str, at: &str) -> (Option<i32>, String) {
    use std::io::{BufRead as _, BufReader};
    let mut program = program.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.contains(at) {
            let id = program.id().to_string();
            assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        }
        said += &line;
        said.push('\n');
    }
    (program.wait().unwrap().code(), said)
}

#[cfg(unix)]
fn interrupted(inspector: &Inspector, arguments: &[&str], at: &str, folder: &Path) -> (Option<i32>, String) {
    signaled(program(inspector, arguments, folder), "-INT", at)
}

#[cfg(unix)]
#[test]
fn sigint_and_sigterm_end_a_recording_and_keep_it() {
    let inspector = Inspector::of(Habit::Honest, PIECES);
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let program = program(&inspector, &["--timeline", "10m"], folder.path());
        let (code, said) = signaled(program, signal, "recording");
        assert_eq!(code, Some(0), "{signal}: {said}");
        let files = files(folder.path());
        assert_eq!(files.len(), 2, "{signal}: {files:?}");
        assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), PIECES.concat());
        assert!(record_beside(&files[0]).unwrap().complete);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn closing_the_terminal_ends_a_recording_unless_started_with_nohup() {
    let inspector = Inspector::of(Habit::Honest, PIECES);
    for (action, length) in [("--default-signal=HUP", "10m"), ("--ignore-signal=HUP", "1s")] {
        let folder = tempfile::tempdir().unwrap();
        let inner = program(&inspector, &["--timeline", length], folder.path());
        let mut program = Command::new("env");
        program.arg(action).arg(inner.get_program()).args(inner.get_args());
        program.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        let started = std::time::Instant::now();
        let (code, said) = signaled(program, "-HUP", "recording");
        assert_eq!(code, Some(0), "{action}: {said}");
        // If the signal was ignored, the whole recording exists.
        assert!(length == "10m" || started.elapsed() >= Duration::from_secs(1), "{said}");
        assert!(record_beside(&files(folder.path())[0]).unwrap().complete, "{action}");
    }
}

#[cfg(unix)]
#[test]
fn interrupting_removes_a_partial_snapshot_and_keeps_complete_ones() {
    let folder = tempfile::tempdir().unwrap();
    let stalled = Inspector::of(Habit::Stalls, PIECES);
    let (code, said) = interrupted(&stalled, &[], "taking snapshot", folder.path());
    assert_eq!((code, files(folder.path()).len()), (Some(1), 0), "{said}");
    let honest = Inspector::of(Habit::Honest, PIECES);
    let (code, said) = interrupted(&honest, &["--series", "3", "--every", "10m"], "waiting", folder.path());
    assert_eq!(code, Some(1), "{said}");
    let files = files(folder.path());
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(record_beside(&files[0]).unwrap().complete);
}

#[test]
fn a_series_without_a_keyboard_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Honest, PIECES);
    let output = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["capture", "--inspect", &inspector.address, "--series", "3", "-o"])
        .arg(folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("use --every TIME"), "{said}");
    // The snapshot that was in progress exists.
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn a_handshake_sent_byte_by_byte_times_out() {
    std::thread::scope(|scope| {
        for (habit, expected) in [
            (Habit::SlowHttp, "response incomplete after 5.0 s: HTTP/1.0"),
            (Habit::SlowUpgrade, "it accepted the connection but does not open a WebSocket"),
        ] {
            scope.spawn(move || {
                let error = connect(&Inspector::of(habit, PIECES)).map(drop).unwrap_err();
                assert!(error.to_string().contains(expected), "{error}");
            });
        }
    });
}

#[test]
fn endless_fragments_and_unrequested_messages_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (habit, expected) in [
        (Habit::Fragments, "a message of more than 10000 fragments"),
        (Habit::Floods, "it keeps sending unrequested messages"),
    ] {
        let (done, _) = take(&Inspector::of(habit, PIECES), ONE, folder.path());
        let error = done.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
    }
    let error = connect(&Inspector::of(Habit::Workers, PIECES)).map(drop).unwrap_err().to_string();
    assert!(error.contains("unrequested messages") || error.contains("more than 1000 workers"), "{error}");
}

#[test]
fn a_recording_ends_if_the_program_floods_it_with_workers_or_with_long_session_ids() {
    let folder = tempfile::tempdir().unwrap();
    for (habit, expected) in [
        (Habit::FloodsRecording, "it keeps sending unrequested messages"),
        (Habit::LongSessions, "the id of a session has more than 256 bytes"),
    ] {
        let (done, _) = take(
            &Inspector::of(habit, PIECES),
            Kind::Timeline { length: Some(Duration::from_mins(5)), stacks: false },
            folder.path(),
        );
        let error = done.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
    }
}

#[cfg(unix)]
#[test]
fn a_snapshot_request_without_an_answer_is_reported_and_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Unanswered, PIECES);
    let (code, said) = interrupted(&inspector, &[], "no answer for 15 s", folder.path());
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(said.matches("no answer").count(), 1, "{said}");
    assert!(said.contains("Ctrl+C cancels"), "{said}");
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_snapshot_that_stalls_times_out_and_keeps_the_received_data() {
    let folder = tempfile::tempdir().unwrap();
    let (done, _) = take(&Inspector::of(Habit::Stalls, PIECES), ONE, folder.path());
    let error = done.unwrap_err();
    assert!(error.to_string().contains("no data for 10.0 s"), "{error}");
    let CaptureError::Incomplete { kept, .. } = error else { panic!("it is kept") };
    assert_eq!(std::fs::read_to_string(kept).unwrap(), PIECES[0]);
}

#[test]
fn cancelling_ends_the_wait_for_a_message_that_never_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&Inspector::of(Habit::Drips, PIECES)).unwrap();
    let (isolate, watch, cancel) = (connection.isolates()[0].clone(), Watch::new(), CancelToken::new());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| capture::run(&mut connection, &isolate, &plan(ONE, folder.path()), &watch, &cancel));
        while !matches!(watch.step(), Step::Snapshot { .. }) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        assert!(run.join().unwrap().unwrap_err().is_cancelled());
    });
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[test]
fn an_endless_snapshot_stops_at_the_size_limit_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::start(Habit::Honest, || {
        let start = std::iter::once("{\"snapshot\":{},\"nodes\":[".to_owned());
        Box::new(start.chain(std::iter::repeat_with(|| "12345,".repeat(10_000))))
    });
    let output = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["capture", "--inspect", &inspector.address, "--max-size", "2MB", "-o"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the snapshot exceeds 2.0 MB") && said.contains(".partial"), "{said}");
    let sizes: Vec<u64> = files(folder.path()).iter().map(|file| file.metadata().unwrap().len()).collect();
    assert!(sizes.len() == 2 && sizes.iter().sum::<u64>() < 2_001_000, "{sizes:?}");
}

#[test]
fn text_that_is_not_a_snapshot_leaves_no_file_and_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Honest, &["\u{1b}[2J}"]);
    let output = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["capture", "--inspect", &inspector.address, "-o"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not a heap snapshot: found ␛[2J} at the start"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_capture_and_its_record_however_long_the_title_of_the_program() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Titled("../\u{202e}\u{1b}".repeat(300_000)), PIECES);
    let (done, watch) = take(&inspector, ONE, folder.path());
    done.unwrap();
    let files = files(folder.path());
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    // The written record can be read again.
    assert_eq!(record_beside(&watch.taken()[0].path), Some(watch.taken()[0].record.clone()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_timeline_to_an_unwritable_folder_fails_before_recording() {
    let inspector = Inspector::of(Habit::Honest, PIECES);
    // No user can create files there.
    let output = program(&inspector, &["--timeline", "10m"], Path::new("/proc/self")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/proc/self/orders-") && !said.contains("recording"), "{said}");
}

#[test]
fn a_disk_error_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inspector = Inspector::of(Habit::Honest, PIECES);
    let output = Command::new(env!("CARGO_BIN_EXE_heapglass"))
        .args(["capture", "--inspect", &inspector.address, "-o"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches("os error").count(), 1, "{said}");
}

/// Returns `None` if the number of threads cannot be limited: as root, or without `prlimit`.
#[cfg(target_os = "linux")]
fn without_threads(inspector: &Inspector, folder: &Path) -> Option<std::process::Output> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let inner = program(inspector, &[], folder);
    let mut words = vec!["prlimit", "--nproc=1:1"];
    if std::fs::metadata("/proc/self").ok()?.uid() == 0 {
        words.splice(0..0, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).ok()?;
    }
    let run = |arguments: &mut dyn Iterator<Item = &std::ffi::OsStr>| {
        Command::new(words[0]).args(&words[1..]).arg(inner.get_program()).args(arguments).output().ok()
    };
    let can_run = run(&mut [std::ffi::OsStr::new("--version")].into_iter())?.status.success();
    can_run.then(|| run(&mut inner.get_args())).flatten()
}

#[cfg(target_os = "linux")]
#[test]
fn failing_to_start_a_thread_is_an_error_and_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::of(Habit::Honest, PIECES);
    let Some(output) = without_threads(&inspector, folder.path()) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot start a thread") && !said.contains("panicked"), "{said}");
}

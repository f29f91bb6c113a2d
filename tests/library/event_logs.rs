//! Logs of Chrome DevTools Protocol events: their chunks are joined to a snapshot, and errors name the line and the byte.

use crate::common;

use std::io::{Read, Write as _};

use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, Progress};
use serde_json::{Value, json};

/// A snapshot as text, in parts that split names and numbers.
fn chunks() -> Vec<String> {
    let text = String::from_utf8(common::case("unknown-node-types").bytes()).unwrap();
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(701).map(|chunk| chunk.iter().collect()).collect()
}

fn event(chunk: &str) -> Value {
    json!({"method": "HeapProfiler.addHeapSnapshotChunk", "params": {"chunk": chunk}})
}

fn in_session(chunk: &str, session: &str) -> Value {
    let mut event = event(chunk);
    event["sessionId"] = json!(session);
    event
}

fn progress() -> Value {
    json!({"method": "HeapProfiler.reportHeapSnapshotProgress", "params": {"done": 1, "total": 2}})
}

fn lines(events: impl IntoIterator<Item = Value>) -> String {
    events.into_iter().fold(String::new(), |text, event| text + &event.to_string() + "\n")
}

fn open(bytes: impl Into<Vec<u8>>) -> Result<Snapshot, String> {
    common::open_bytes("log", bytes.into()).map_err(|error| error.to_string())
}

fn complaint(bytes: impl Into<Vec<u8>>) -> String {
    open(bytes).expect_err("refused")
}

fn assert_whole(what: &str, snapshot: &Snapshot) {
    let whole = common::case("unknown-node-types").open();
    assert_eq!(snapshot.graph().edge_count(), whole.graph().edge_count(), "{what}");
    assert_eq!(snapshot.retained_sizes().iter().collect::<Vec<_>>(), whole.retained_sizes().iter().collect::<Vec<_>>());
    assert_eq!(snapshot.source().note, None, "{what}");
}

#[test]
fn chunk_events_open_as_the_snapshot_that_they_are_parts_of() {
    let events = || chunks().into_iter().map(|chunk| event(&chunk));
    let among_others = || {
        let response = json!({"id": 1, "result": {"text": "[{\"}\\"}});
        // Longer than what is looked at to recognize a log.
        let screenshot = json!({"method": "Page.screencastFrame", "params": {"data": "x".repeat(100_000)}});
        let mention =
            json!({"id": 2, "method": "Runtime.evaluate", "params": {"expression": "addHeapSnapshotChunk({"}});
        [response, screenshot, mention].into_iter().chain(events().flat_map(|event| [progress(), event]))
    };
    let array = |events: Vec<Value>| serde_json::to_string(&events).unwrap();
    let pretty = |events: Vec<Value>| serde_json::to_string_pretty(&events).unwrap();
    let wrapped = || events().map(|event| json!({"direction": "received", "time": 1, "message": event}));
    let as_text = || events().map(|event| json!({"level": "INFO", "message": json!({"message": event}).to_string()}));
    let interleaved = || {
        let other = chunks().into_iter().map(|chunk| chunk.replace("\"snapshot\"", "\"x\""));
        chunks().into_iter().zip(other).flat_map(|(one, other)| [in_session(&one, "A"), in_session(&other, "B")])
    };
    let logs = [
        ("lines", lines(events())),
        ("the last line without an end", lines(events()).trim_end().to_owned()),
        ("CRLF and blank lines", lines(events()).replace('\n', "\r\n\r\n")),
        ("BOM", format!("\u{feff}{}", lines(events()))),
        ("an array", array(events().collect())),
        ("an array on many lines", pretty(events().collect())),
        ("an array that is cut between events", array(events().collect()).trim_end_matches(']').to_owned()),
        ("among other events", lines(among_others())),
        ("an array among other events", pretty(among_others().collect())),
        ("wrapped", lines(wrapped())),
        ("wrapped as text", lines(as_text())),
        ("two sessions", lines(interleaved())),
    ];
    for (what, log) in logs {
        assert_whole(what, &open(log.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}")));
        let packed = zstd::encode_all(log.as_bytes(), 1).unwrap();
        assert_whole(what, &open(packed).unwrap());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(log.as_bytes()).unwrap();
        assert_whole(what, &open(gzip.finish().unwrap()).unwrap());
    }
}

#[test]
fn a_log_read_byte_by_byte_opens() {
    struct Slow(std::io::Cursor<String>);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }
    let log = lines(chunks().into_iter().map(|chunk| event(&chunk)));
    let reader = Box::new(Slow(std::io::Cursor::new(log)));
    let source = Source::Stream { name: "log".to_owned(), size_bytes: None, reader };
    assert_whole("slow", &Snapshot::open(source, &Progress::new(), &CancelToken::new()).unwrap());
}

#[test]
fn of_several_snapshots_in_a_log_the_first_is_opened_and_the_others_are_named() {
    let events = |session: &str| chunks().into_iter().map(|chunk| in_session(&chunk, session)).collect::<Vec<_>>();
    let count = events("A").len();
    let twice = open(lines([events("A"), vec![progress()], events("A")].concat())).unwrap();
    let note = twice.source().note.clone().unwrap();
    assert!(note.contains("2 heap snapshots") && note.ends_with(&format!("line {}", count + 2)), "{note}");
    let thrice = open(lines([events("A"), events("B"), events("A")].concat())).unwrap();
    let note = thrice.source().note.clone().unwrap();
    assert!(note.contains("3 heap snapshots") && note.ends_with(&format!("line {}", count + 1)), "{note}");
    assert_eq!(thrice.graph().node_count(), common::case("unknown-node-types").open().graph().node_count());
}

#[test]
fn errors_in_a_log_name_the_line_and_the_byte() {
    let events: Vec<Value> = chunks().into_iter().map(|chunk| event(&chunk)).collect();
    let log = lines(events.clone());
    let start_of = |line: usize| log.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let place = |line: usize| format!("line {line}, byte {}: ", start_of(line));
    // The log ends in an event, contains something else, or an event that is no JSON.
    let cut = complaint(&log.as_bytes()[..start_of(3) + 40]);
    assert!(cut.starts_with(&place(3)) && cut.contains("the log ends in the middle of this event"), "{cut}");
    let mut torn = log.clone();
    torn.insert_str(start_of(4), "2024-01-01 ");
    let text = complaint(torn);
    assert!(text.starts_with(&place(4)) && text.contains("found `2024-01-01 {…`"), "{text}");
    let mut broken = log.clone();
    broken.replace_range(start_of(2)..=start_of(2), "{,");
    let text = complaint(broken);
    assert!(text.starts_with(&place(2)) && text.contains("not valid JSON"), "{text}");
    // An event is missing, so that the snapshot in the log is damaged.
    let mut without = events.clone();
    without.remove(1);
    let text = complaint(lines(without.clone()));
    assert!(text.starts_with("line ") && text.contains("the snapshot in this log is damaged: "), "{text}");
    let text = complaint(lines(events[1..].to_vec()));
    assert!(text.starts_with("line 1, byte 0: the log starts in the middle of a heap snapshot"), "{text}");
    let text = complaint(lines(events[..2].to_vec()));
    assert!(text.starts_with(&place(2)) && text.contains("the file ends here"), "{text}");
}

#[test]
fn a_truncated_log_can_be_recovered() {
    let text = String::from_utf8(common::case("small-1").bytes()).unwrap();
    let chunks = text.as_bytes().chunks(100_000).map(|chunk| event(std::str::from_utf8(chunk).unwrap()));
    let log = lines(chunks);
    let source = Source::Bytes { name: "cut".to_owned(), bytes: log.as_bytes()[..log.len() * 9 / 10].into() };
    assert!(heapglass::test_support::format::can_recover(source.again().unwrap(), &CancelToken::new()));
    let recovered = Snapshot::open_recovering(source, &Progress::new(), &CancelToken::new()).unwrap();
    assert!(recovered.recovery().is_some());
    assert_eq!(recovered.graph().node_count(), common::case("small-1").open().graph().node_count());
}

#[test]
fn other_json_lines_and_arrays_are_reported() {
    for (text, said) in [
        (
            "{\"a\":1}\n{\"b\":2}",
            "line 2, byte 8: found a second JSON value: this is a JSON Lines file, not a heap snapshot",
        ),
        ("\n{\"a\":1}\n\n {\"b\":2}\n", "line 4, byte 11: found a second JSON value"),
        ("[{\"a\":1},{\"b\":2}]", "the file is a JSON array, not a heap snapshot"),
        ("{\"id\":1,\"result\":{}}\n{\"method\":\"Page.load\",\"params\":{}}", "`HeapProfiler.addHeapSnapshotChunk`"),
        ("[1,2]", "expected the opening `{` of a heap snapshot"),
        ("{\"a\":1}", "this is JSON, but not a heap snapshot"),
    ] {
        let complaint = complaint(text);
        assert!(complaint.contains(said), "{text}: {complaint}");
        assert!(!complaint.contains("ends before this byte"), "{text}: {complaint}");
    }
    // A whole snapshot with something after it is no log.
    let mut followed = common::case("pretty").bytes();
    followed.extend(b"\n{\"b\":2}");
    let complaint = complaint(followed);
    assert!(complaint.contains("the snapshot ends before this byte"), "{complaint}");
}

#[test]
fn an_event_without_a_chunk_may_be_longer_than_memory_allows() {
    let parts = chunks();
    let start = lines([event(&parts[0])]);
    let rest = lines(parts[1..].iter().map(|chunk| event(chunk)));
    // 64 MB of a response that nobody holds.
    let long = std::io::repeat(b'x').take(64 << 20);
    let reader = std::io::Cursor::new(format!("{start}{{\"id\":1,\"result\":\""))
        .chain(long)
        .chain(std::io::Cursor::new(format!("\"}}\n{rest}")));
    let source = Source::Stream { name: "log".to_owned(), size_bytes: None, reader: Box::new(reader) };
    assert_whole("long", &Snapshot::open(source, &Progress::new(), &CancelToken::new()).unwrap());
}

#[test]
fn pointers_of_git_lfs_and_git_annex_say_how_to_get_the_file() {
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    let annex = "/annex/objects/SHA256E-s12345--4d7a2146.heapsnapshot\n";
    for (pointer, advice) in [(lfs, "`git lfs pull`"), (annex, "`git annex get`")] {
        let text = complaint(pointer);
        assert!(text.contains("pointer, not the file") && text.contains(advice), "{text}");
        let source = Source::Bytes { name: "x.heapprofile".to_owned(), bytes: pointer.as_bytes().into() };
        let text = heapglass::Profile::open(source, &Progress::new(), &CancelToken::new()).unwrap_err().to_string();
        assert!(text.contains("pointer, not the file") && text.contains(advice), "{text}");
    }
}

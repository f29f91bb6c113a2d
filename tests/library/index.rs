//! The cache of opened files: a file from the cache gives the same answers, and no state of the folder, of the file or of another
//! process does more than slow down opening.

use crate::common;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::index::{Indexes, Opened};
use heapglass::test_support::model::{CancelToken, Progress};
use heapglass::test_support::query::{by_kind, compare, duplicate_strings, native_contexts};
use tempfile::TempDir;

/// A folder of one's own with a snapshot in it, and one for the indexes.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        Self::of(&common::case(name).bytes())
    }

    fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.heapsnapshot");
        write_old(&file, bytes);
        Self { folder, file }
    }

    fn index_folder(&self) -> PathBuf {
        self.folder.path().join("cache/heapglass")
    }

    fn indexes(&self) -> Indexes {
        Indexes::in_folder(self.index_folder())
    }

    /// Returns the files in the folder of the cache.
    fn index_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.index_folder()) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    fn is_opened_by_index(&self) -> bool {
        open(&self.indexes(), &self.file).snapshot.source().from_index
    }

    fn index_file(&self) -> PathBuf {
        let files = self.index_files();
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().unwrap()
    }
}

/// Writes a file with an older time: a file that was written this second is not cached.
fn write_old(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes).unwrap();
    set_age(file, Duration::from_mins(1));
}

fn set_age(file: &Path, age: Duration) {
    let time = SystemTime::now() - age;
    File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

fn open(indexes: &Indexes, file: &Path) -> Opened {
    indexes.open(Source::file(file), &Progress::new(), &CancelToken::new()).unwrap()
}

/// Opens a file and writes its index if it has none; the flag says whether it had.
fn open_and_write(indexes: &Indexes, file: &Path) -> (Snapshot, bool) {
    let Opened { snapshot, unwritten } = open(indexes, file);
    let had_one = snapshot.source().from_index;
    if let Some(unwritten) = unwritten {
        assert!(!had_one);
        assert!(indexes.write(&snapshot, &unwritten, &CancelToken::new()), "{}", file.display());
    }
    (snapshot, had_one)
}

/// Damages a cached file.
type Damage = fn(&mut Vec<u8>);

fn assert_same(one: &Snapshot, other: &Snapshot, what: &str) {
    let cancel = CancelToken::new();
    let (a, b) = (one.graph(), other.graph());
    assert_eq!((a.node_count(), a.edge_count(), a.root()), (b.node_count(), b.edge_count(), b.root()), "{what}");
    assert_eq!(a.strings().len(), b.strings().len(), "{what}");
    for id in a.strings().ids() {
        assert_eq!(a.strings().raw(id), b.strings().raw(id), "{what}");
        assert_eq!(one.ephemerons().get(id), other.ephemerons().get(id), "{what}");
    }
    assert_eq!(format!("{:?}", a.header()), format!("{:?}", b.header()), "{what}");
    assert_eq!(a.samples(), b.samples(), "{what}");
    assert_eq!(format!("{:?}", a.allocation_trace()), format!("{:?}", b.allocation_trace()), "{what}");
    assert_eq!(format!("{:?}", a.scopes()), format!("{:?}", b.scopes()), "{what}");
    for node in a.nodes() {
        let facts = |of: &Snapshot| {
            (
                (of.id(node), of.kind(node), of.graph().kind_name(node).to_owned(), of.self_size(node)),
                (of.shallow_size(node), of.retained_size(node), of.distance(node), of.detachedness(node)),
                (of.raw_name(node).into_owned(), of.class_id(node), of.location(node), of.graph().trace_node(node)),
                (of.dominators().dominator(node), of.dominators().dominated(node).count()),
                of.graph().retaining_edges(node).collect::<Vec<_>>(),
            )
        };
        assert_eq!(facts(one), facts(other), "{what}: {node:?}");
        for edge in a.edges(node) {
            let facts = |of: &Snapshot| {
                let graph = of.graph();
                (
                    (graph.edge_source(edge), graph.edge_target(edge), graph.edge_kind(edge)),
                    (graph.edge_name(edge), of.is_essential(node, edge), graph.edge_kind_name(edge).to_owned()),
                )
            };
            assert_eq!(facts(one), facts(other), "{what}: {edge:?}");
        }
    }
    assert_eq!(format!("{:?}", one.classes()), format!("{:?}", other.classes()), "{what}");
    assert_eq!(one.statistics(), other.statistics(), "{what}");
    assert_eq!(one.max_object_id(), other.max_object_id(), "{what}");
    assert_eq!(one.shapes().names, other.shapes().names, "{what}");
    assert_eq!(one.shapes().properties, other.shapes().properties, "{what}");
    let answers = |of: &Snapshot| {
        let duplicates = duplicate_strings(of, &cancel).unwrap();
        let contexts = native_contexts(of, &cancel).unwrap();
        let owners: Vec<_> = of.graph().nodes().map(|node| format!("{:?}", contexts.owner(node))).collect();
        (duplicates.nodes().to_vec(), owners, format!("{:?}", by_kind(of, None, &cancel).unwrap()))
    };
    assert!(answers(one) == answers(other), "{what}");
    // Grouping by the shapes of another snapshot asks the shapes themselves.
    let compared = compare(one, other, &cancel).unwrap();
    assert!(compared.classes.is_empty(), "{what}");
}

#[test]
fn corpus_files_opened_again_give_the_same_answers() {
    let corpus = std::env::var_os("HEAPGLASS_CORPUS").is_some();
    for case in common::cases() {
        // The index of a compressed file is one of what is in it, as any other.
        let place = if case.name.starts_with("small") {
            let place = Place::of(&[]);
            write_old(&place.file, &fs::read(&case.file).unwrap());
            place
        } else {
            Place::of(&case.bytes())
        };
        if corpus && fs::metadata(&place.file).unwrap().len() > 12_000_000 {
            continue;
        }
        let (first, had_one) = open_and_write(&place.indexes(), &place.file);
        assert!(!had_one && !first.source().from_index, "{}", case.name);
        let (again, had_one) = open_and_write(&place.indexes(), &place.file);
        assert!(had_one, "{}: the index was not used", case.name);
        assert_eq!(again.source().name, first.source().name);
        assert_eq!(again.source().path, first.source().path);
        assert_eq!(again.source().size_bytes, first.source().size_bytes, "{}", case.name);
        assert_same(&first, &again, &case.name);
    }
}

#[test]
fn a_gzipped_file_is_cached_and_a_stream_or_buffer_is_not() {
    let place = Place::of(&[]);
    let bytes = common::case("node8-1").bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    write_old(&place.file, &gzip.finish().unwrap());
    assert!(!open_and_write(&place.indexes(), &place.file).1);
    assert!(open_and_write(&place.indexes(), &place.file).1);

    let (progress, cancel) = (Progress::new(), CancelToken::new());
    let memory = Source::Bytes { name: "memory".to_owned(), bytes: Arc::from(bytes.clone()) };
    assert!(place.indexes().open(memory, &progress, &cancel).unwrap().unwritten.is_none());
    let reader = Box::new(std::io::Cursor::new(bytes));
    let stream = Source::Stream { name: "stream".to_owned(), size_bytes: None, reader };
    assert!(place.indexes().open(stream, &progress, &cancel).unwrap().unwritten.is_none());
}

#[test]
fn a_file_that_changed_is_read_again() {
    let place = Place::new("node24-1");
    let (first, _) = open_and_write(&place.indexes(), &place.file);

    // Longer, and with other contents.
    write_old(&place.file, &common::case("chromium-leak-1").bytes());
    let (second, had_one) = open_and_write(&place.indexes(), &place.file);
    assert!(!had_one);
    assert_ne!(first.graph().node_count(), second.graph().node_count());

    // One character near the middle, between the places that are looked at, with the length and the time as they were.
    #[cfg(unix)]
    {
        let modified = fs::metadata(&place.file).unwrap().modified().unwrap();
        let mut bytes = fs::read(&place.file).unwrap();
        let middle = bytes.len() / 2 + 10_000;
        let at = middle + bytes[middle..].windows(3).position(|three| three == b",10").unwrap() + 2;
        bytes[at] = b'1';
        fs::write(&place.file, &bytes).unwrap();
        File::options().write(true).open(&place.file).unwrap().set_modified(modified).unwrap();
        let opened = place.indexes().open(Source::file(&place.file), &Progress::new(), &CancelToken::new());
        // It may be broken by that; that it was read is what counts.
        assert!(opened.is_err() || !opened.unwrap().snapshot.source().from_index);
    }
}

#[test]
fn a_damaged_cache_file_is_replaced() {
    let place = Place::new("node24-1");
    let (first, _) = open_and_write(&place.indexes(), &place.file);
    let whole = fs::read(place.index_file()).unwrap();
    let damages: [(&str, Damage); 6] = [
        ("empty", Vec::clear),
        ("cut in the header", |bytes| bytes.truncate(20)),
        ("cut in the columns", |bytes| bytes.truncate(bytes.len() / 2)),
        ("a bit of a column", |bytes| bytes[100_000] ^= 1),
        ("a byte at the end", |bytes| *bytes.last_mut().unwrap() ^= 0x80),
        ("zeros, as after a power cut", |bytes| bytes.fill(0)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(place.index_file(), bytes).unwrap();
        let Opened { snapshot, unwritten } = open(&place.indexes(), &place.file);
        assert!(!snapshot.source().from_index, "{what}");
        assert!(place.index_files().is_empty(), "{what}: it is gone");
        assert!(place.indexes().write(&snapshot, &unwritten.unwrap(), &CancelToken::new()), "{what}");
        assert!(fs::read(place.index_file()).unwrap() == whole, "{what}");
    }
    let (again, had_one) = open_and_write(&place.indexes(), &place.file);
    assert!(had_one);
    assert_same(&first, &again, "after all that");
}

#[test]
fn a_cache_file_of_another_version_is_removed() {
    let place = Place::new("node8-1");
    open_and_write(&place.indexes(), &place.file);
    // The byte order, the format and the version of the program; each with a hash that agrees.
    for at in [8, 12, 16] {
        let mut bytes = fs::read(place.index_file()).unwrap();
        bytes[at] ^= 1;
        let hash = xxhash_rust::xxh3::xxh3_64(&bytes[..48]);
        bytes[48..56].copy_from_slice(&hash.to_ne_bytes());
        fs::write(place.index_file(), bytes).unwrap();
        assert!(!open_and_write(&place.indexes(), &place.file).1, "byte {at}");
        assert!(open_and_write(&place.indexes(), &place.file).1, "it was made again");
    }
}

#[test]
fn links_and_equivalent_paths_use_the_same_cache_file() {
    let place = Place::new("node8-1");
    open_and_write(&place.indexes(), &place.file);
    let detour = place.folder.path().join("cache/../dump.heapsnapshot");
    assert!(open_and_write(&place.indexes(), &detour).1);
    // A copy is another file.
    let copy = place.folder.path().join("copy.heapsnapshot");
    write_old(&copy, &fs::read(&place.file).unwrap());
    assert!(!open_and_write(&place.indexes(), &copy).1);
}

#[test]
fn the_least_recently_used_files_are_removed_first() {
    let place = Place::new("node8-1");
    let files: Vec<PathBuf> = (0..3).map(|at| place.folder.path().join(format!("{at}.heapsnapshot"))).collect();
    for file in &files {
        write_old(file, &fs::read(&place.file).unwrap());
    }
    let (snapshot, _) = open_and_write(&place.indexes(), &files[0]);
    // Two fit, three do not.
    let index_bytes = fs::metadata(place.index_file()).unwrap().len().max(snapshot.heap_bytes() as u64);
    let indexes = place.indexes().with_limit(index_bytes * 5 / 2);
    set_age(&place.index_file(), Duration::from_secs(100));
    let first = place.index_file();
    open_and_write(&indexes, &files[1]);
    let second = place.index_files().into_iter().find(|file| *file != first).unwrap();
    set_age(&second, Duration::from_secs(50));
    // To be opened counts as use.
    assert!(open_and_write(&indexes, &files[0]).1);
    open_and_write(&indexes, &files[2]);
    assert_eq!(place.index_files().len(), 2);
    assert!(first.exists() && !second.exists());

    // What does not fit at all is not written, and drives out nothing.
    let Opened { snapshot, unwritten } = open(&place.indexes().with_limit(index_bytes / 2), &files[1]);
    let small = place.indexes().with_limit(index_bytes / 2);
    assert!(!small.write(&snapshot, &unwritten.unwrap(), &CancelToken::new()));
    assert_eq!(place.index_files().len(), 2);
}

#[test]
fn leftovers_of_a_killed_writer_are_removed_and_those_of_a_running_one_kept() {
    let place = Place::new("node8-1");
    fs::create_dir_all(place.index_folder()).unwrap();
    let left = place.index_folder().join("1-0-7.heapglass-writing");
    let written = place.index_folder().join("1-0-8.heapglass-writing");
    let foreign = place.index_folder().join("notes.txt");
    for file in [&left, &written, &foreign] {
        fs::write(file, "part of an index").unwrap();
    }
    let writer = File::options().write(true).open(&written).unwrap();
    writer.lock().unwrap();
    open_and_write(&place.indexes(), &place.file);
    assert!(!left.exists() && written.exists() && foreign.exists());
    drop(writer);
    open_and_write(&place.indexes(), &place.file);
    assert!(!written.exists() && foreign.exists());
    assert!(place.indexes().remove_all() > 0);
    assert_eq!(place.index_files(), [foreign]);
}

#[test]
fn a_cancelled_write_leaves_nothing_behind() {
    let place = Place::new("node24-1");
    let Opened { snapshot, unwritten } = open(&place.indexes(), &place.file);
    let cancel = CancelToken::new();
    cancel.cancel();
    assert!(!place.indexes().write(&snapshot, &unwritten.unwrap(), &cancel));
    assert!(place.index_files().is_empty());
}

#[test]
fn a_file_that_changes_while_being_read_is_not_cached() {
    let place = Place::new("node8-1");
    let Opened { snapshot, unwritten } = open(&place.indexes(), &place.file);
    let mut bytes = fs::read(&place.file).unwrap();
    bytes.push(b' ');
    write_old(&place.file, &bytes);
    assert!(!place.indexes().write(&snapshot, &unwritten.unwrap(), &CancelToken::new()));

    // A file that was written just now can change without a new time.
    fs::write(&place.file, &bytes).unwrap();
    assert!(open(&place.indexes(), &place.file).unwritten.is_none());
}

#[test]
fn a_file_opens_if_the_cache_cannot_be_written() {
    let place = Place::new("node8-1");
    let blocked = place.folder.path().join("blocked");
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let indexes = Indexes::in_folder(blocked.join("heapglass"));
    let Opened { snapshot, unwritten } = open(&indexes, &place.file);
    assert!(!indexes.write(&snapshot, &unwritten.unwrap(), &CancelToken::new()));
    assert!(snapshot.graph().node_count() > 0);
}

#[test]
fn without_a_cache_nothing_is_read_or_written() {
    let place = Place::new("node8-1");
    assert!(open(&Indexes::off(), &place.file).unwritten.is_none());
    open_and_write(&place.indexes(), &place.file);
    assert!(!open(&Indexes::off(), &place.file).snapshot.source().from_index);
}

#[cfg(unix)]
#[test]
fn cache_files_are_readable_only_by_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new("node8-1");
    open_and_write(&place.indexes(), &place.file);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.index_folder()), 0o700);
    assert_eq!(mode(&place.index_file()), 0o600);
}

/// The program with its indexes in the folder of `place`, kept of files of any size.
fn program(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command.args(arguments).arg(&place.file);
    command.env("HEAPGLASS_INDEX", "always").env("HEAPGLASS_INDEX_DIR", place.index_folder());
    command
}

fn output_of(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn output_is_the_same_with_and_without_the_cache() {
    let place = Place::new("chromium-leak-1");
    for arguments in [&["nodes"][..], &["summary", "--format", "json"], &["statistics"], &["search", "--format", "csv"]]
    {
        let more: &[&str] = if arguments[0] == "search" { &["retained>10kB"] } else { &[] };
        let without = output_of(program(&place, arguments).args(more).arg("--no-cache"));
        let first = output_of(program(&place, arguments).args(more));
        assert_eq!(place.index_files().len(), 1);
        let written = fs::metadata(place.index_file()).unwrap().created().ok();
        let again = output_of(program(&place, arguments).args(more));
        assert_eq!(fs::metadata(place.index_file()).unwrap().created().ok(), written, "it was read, not written");
        assert!(without.stdout == first.stdout && first.stdout == again.stdout, "{arguments:?}");
    }
}

#[test]
fn the_cache_can_be_disabled_and_is_skipped_for_fast_loads() {
    let place = Place::new("node8-1");
    output_of(program(&place, &["statistics"]).arg("--no-cache"));
    output_of(program(&place, &["statistics"]).env("HEAPGLASS_INDEX", "off"));
    // Nor of a file that is read in no time anyway.
    output_of(program(&place, &["statistics"]).env_remove("HEAPGLASS_INDEX"));
    assert!(!place.index_folder().exists());
    output_of(&mut program(&place, &["statistics"]));
    assert_eq!(place.index_files().len(), 1);
}

#[test]
fn a_process_killed_at_any_moment_leaves_a_usable_cache() {
    let place = Place::new("node24-1");
    let expected = output_of(program(&place, &["statistics"]).arg("--no-index"));
    for moment in 0..12 {
        let mut killed = program(&place, &["statistics"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(25 * moment));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let next = output_of(&mut program(&place, &["statistics"]));
        assert_eq!(next.stdout, expected.stdout, "killed after {} ms", 25 * moment);
        assert_eq!(place.index_files().len(), 1, "nothing is left behind");
        fs::remove_file(place.index_file()).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_cache_file_writable_by_others_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new("cycle-cons-empty");
    open_and_write(&place.indexes(), &place.file);
    assert!(place.is_opened_by_index());
    let set_mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let file = place.index_file();
    for (path, bad, good) in
        [(place.index_folder(), 0o777, 0o700), (place.index_folder(), 0o770, 0o755), (file.clone(), 0o622, 0o600)]
    {
        set_mode(&path, bad);
        assert!(!place.is_opened_by_index(), "{path:?} {bad:o}");
        assert!(file.exists(), "what is not trusted is left alone");
        set_mode(&path, good);
        assert!(place.is_opened_by_index(), "{path:?} {good:o}");
    }
    set_mode(&place.index_folder(), 0o777);
    let opened = open(&place.indexes(), &place.file);
    assert!(opened.unwritten.is_none(), "nor is anything written there");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_device_instead_of_a_cache_file_is_ignored() {
    let place = Place::new("cycle-cons-empty");
    open_and_write(&place.indexes(), &place.file);
    let file = place.index_file();
    fs::remove_file(&file).unwrap();
    common::pipe(&file);
    assert!(!place.is_opened_by_index());
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    assert!(!place.is_opened_by_index());
}

//! A real Node.js to capture from. Without one, tests print a note and pass, except under CI, which installs it.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "a test's own process")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A service that leaks sessions into a Map, has a cache that fills at once, and work that comes and goes. A line on its
/// standard input is a round of requests, so that a test decides what happens between two snapshots.
pub const LEAK: &str = r"
class LeakedSession { constructor(id) { this.id = id; this.pages = ['/a' + id, '/b' + id]; } }
class CachedPage { constructor(id) { this.id = id; } }
class RunningJob { constructor(id) { this.id = id; } }
const sessionRegistry = new Map(), pageCache = new Map();
let jobs = [], rounds = 0, next = 0;
globalThis.keep = { sessionRegistry, pageCache, get jobs() { return jobs; } };
function round() {
  rounds += 1;
  for (let at = 0; at < 500; at++) { next += 1; sessionRegistry.set(next, new LeakedSession(next)); }
  for (let at = 0; at < 300; at++) if (rounds > 1 && !pageCache.has(at)) pageCache.set(at, new CachedPage(at));
  jobs = Array.from({ length: rounds % 2 ? 400 : 10 }, (_, at) => new RunningJob(at));
}
round();
process.stdin.on('data', data => { for (const byte of data) if (byte === 10) round(); console.log('round ' + rounds); });
console.log('ready');
";

/// Does nothing.
pub const IDLE: &str = "setInterval(() => {}, 1000); process.stdin.resume(); console.log('ready');";

/// Runs a program to its end and returns the bytes of its heap snapshot. Returns `None` without Node.js.
pub fn snapshot_of(program: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("end.heapsnapshot");
    let script = folder.path().join("program.js");
    std::fs::write(&script, format!("{program}\nrequire('v8').writeHeapSnapshot(process.argv[2]);\n")).unwrap();
    match Command::new("node").arg(&script).arg(&file).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "Node.js cannot be started: {error}");
            eprintln!("skipped: there is no Node.js here ({error})");
            return None;
        }
    }
    Some(std::fs::read(&file).unwrap())
}

/// A program with an inspector; dropping this ends it.
#[derive(Debug)]
pub struct Node {
    child: Child,
    /// `127.0.0.1:` and the port that the system chose.
    pub address: String,
    out: BufReader<std::process::ChildStdout>,
    /// The folder of the program, if it is removed with this.
    folder: Option<tempfile::TempDir>,
}

impl Node {
    /// Starts a program. Returns `None` without Node.js.
    pub fn start(program: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut node = Self::start_in(folder.path(), program)?;
        node.folder = Some(folder);
        Some(node)
    }

    /// Starts a program as `service.js` in a folder. Returns `None` without Node.js.
    pub fn start_in(folder: &Path, program: &str) -> Option<Self> {
        let script = folder.join("service.js");
        std::fs::write(&script, program).unwrap();
        let child = Command::new("node")
            .arg("--inspect=127.0.0.1:0")
            .arg(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "Node.js cannot be started: {error}");
                eprintln!("skipped: there is no Node.js here ({error})");
                return None;
            }
        };
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(errors.read_line(&mut line).unwrap() > 0, "Node.js said nothing of its inspector");
            if let Some((_, rest)) = line.split_once("ws://") {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        // Later output must not block it.
        std::thread::spawn(move || errors.lines().map_while(Result::ok).for_each(drop));
        let mut out = BufReader::new(child.stdout.take().unwrap());
        line.clear();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Some(Self { child, address, out, folder: None })
    }

    /// Triggers a round of requests and waits for its end.
    pub fn round(&mut self) {
        self.say("");
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        assert!(line.starts_with("round "), "{line}");
    }

    /// A line on its standard input.
    pub fn say(&mut self, text: &str) {
        use std::io::Write as _;
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) {
        let started = std::time::Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < std::time::Duration::from_secs(20), "it does not end");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

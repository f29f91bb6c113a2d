//! A fake inspector that behaves correctly or is broken in one way.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "a test's own server")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Message, WebSocket};

/// Deviations from a correct inspector.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Habit {
    #[default]
    Honest,
    /// Closes the connection after this many chunks.
    Dies(usize),
    /// Reports success after this many chunks.
    Forgets(usize),
    /// Does not take snapshots.
    Refuses,
    /// Sends the first chunk and then nothing.
    Stalls,
    /// Answers the request for targets with these bytes.
    Http(String),
    /// Accepts the connection and sends nothing.
    Silent,
    /// A browser: no `NodeWorker`, but a worker as a session.
    Browser,
    /// Answers the request for targets, or the one for a websocket, byte by byte.
    SlowHttp,
    SlowUpgrade,
    /// Sends a snapshot as one message of fragments without an end, at once or a few a second.
    Fragments,
    Drips,
    /// Announces a worker again and again instead of a snapshot.
    Floods,
    /// Announces a worker again and again once a timeline is recorded.
    FloodsRecording,
    /// Announces workers whose sessions have ids of a megabyte once a timeline is recorded.
    LongSessions,
    /// Never answers the request for a snapshot.
    Unanswered,
    /// Has more workers than any program.
    Workers,
    /// Has this title.
    Titled(String),
    /// Has these scripts, with the ids 1, 2, …
    Scripts(Vec<Script>),
    /// Reports scripts without an end.
    FloodsScripts,
    /// Reports a script and never answers the request for its text.
    SilentSources,
    /// Stops the program once it is debugged.
    Pauses,
    /// Has no debugger.
    NoDebugger,
}

/// A script of an inspector.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    pub url: String,
    pub map: String,
    /// The JSON of its text.
    pub source: String,
    /// The length that the event reports.
    pub units: usize,
}

impl Script {
    pub fn new(url: &str, source: &str) -> Self {
        let units = source.encode_utf16().count();
        Self { url: url.to_owned(), map: String::new(), source: json!(source).to_string(), units }
    }
}

/// A running one; its thread lives as long as the tests.
#[derive(Debug)]
pub struct Inspector {
    pub address: String,
    /// The methods that were called.
    calls: Arc<Mutex<Vec<String>>>,
}

impl Inspector {
    /// Starts one that sends these chunks as its snapshot.
    pub fn start(habit: Habit, pieces: impl Fn() -> Box<dyn Iterator<Item = String>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pieces: Arc<Pieces> = Arc::new(pieces);
        let calls = Arc::<Mutex<Vec<String>>>::default();
        let called = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (habit, pieces, called) = (habit.clone(), Arc::clone(&pieces), Arc::clone(&called));
                thread::spawn(move || serve(stream, &habit, &pieces, &called));
            }
        });
        Self { address, calls }
    }

    /// Returns the methods that were called, in order.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub fn of(habit: Habit, pieces: &'static [&'static str]) -> Self {
        Self::start(habit, move || Box::new(pieces.iter().map(|piece| (*piece).to_owned())))
    }
}

type Pieces = dyn Fn() -> Box<dyn Iterator<Item = String>> + Send + Sync;

fn serve(mut stream: TcpStream, habit: &Habit, pieces: &Arc<Pieces>, calls: &Mutex<Vec<String>>) {
    let mut start = [0; 9];
    while stream.peek(&mut start).is_ok_and(|count| (1..start.len()).contains(&count)) {
        thread::yield_now();
    }
    if *habit == Habit::Silent {
        thread::sleep(std::time::Duration::from_mins(1));
        return;
    }
    if !start.starts_with(b"GET /json") {
        if *habit == Habit::SlowUpgrade {
            byte_by_byte(&mut stream, "HTTP/1.1 101 Switching Protocols\r\n");
            return;
        }
        let Ok(socket) = tungstenite::accept(stream) else { return };
        Target { socket, habit, pieces, calls }.answer_all();
        return;
    }
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let answer = if let Habit::Http(answer) = habit {
        answer.clone()
    } else {
        // The host is a trap: only the path of the address may be used.
        let title = if let Habit::Titled(title) = habit { title } else { "orders.js" };
        let list = json!([{
            "type": "node", "title": title, "url": "file:///app/orders.js",
            "webSocketDebuggerUrl": "ws://192.0.2.1:9/the-target",
        }]);
        let body = list.to_string();
        format!("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    if *habit == Habit::SlowHttp {
        byte_by_byte(&mut stream, &answer);
    } else {
        let _ = stream.write_all(answer.as_bytes());
    }
}

fn byte_by_byte(stream: &mut TcpStream, text: &str) {
    for byte in text.bytes() {
        if stream.write_all(&[byte]).is_err() {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(500));
    }
}

struct Target<'a> {
    socket: WebSocket<TcpStream>,
    habit: &'a Habit,
    pieces: &'a Arc<Pieces>,
    calls: &'a Mutex<Vec<String>>,
}

impl Target<'_> {
    fn send(&mut self, message: Value, session: &Value) -> bool {
        let mut message = message;
        if !session.is_null() {
            message["sessionId"] = session.clone();
        }
        self.socket.send(Message::text(message.to_string())).is_ok()
    }

    fn answer_all(&mut self) {
        while let Ok(message) = self.socket.read() {
            let Ok(text) = message.to_text() else { continue };
            let Ok(call) = serde_json::from_str::<Value>(text) else { continue };
            if !self.answer(&call) {
                return;
            }
        }
    }

    /// False where the connection ends.
    fn answer(&mut self, call: &Value) -> bool {
        let (id, session) = (call["id"].clone(), call["sessionId"].clone());
        let method = call["method"].as_str().unwrap_or_default();
        let refused = |message: &str| json!({"id": id, "error": {"code": -32000, "message": message}});
        let done = json!({"id": id, "result": {}});
        self.calls.lock().unwrap().push(method.to_owned());
        if method.starts_with("Debugger.") {
            return self.debug(call);
        }
        match method {
            "NodeWorker.enable" if *self.habit == Habit::Browser => {
                self.send(refused("'NodeWorker.enable' wasn't found"), &session)
            }
            "NodeWorker.enable" if *self.habit == Habit::Workers => {
                (0..2000).all(|id| self.announce(&format!("W{id}"))) && self.send(done, &session)
            }
            "Target.setAutoAttach" => {
                let info =
                    json!({"targetId": "w", "type": "worker", "title": "", "url": "https://example.com/worker.js"});
                let attached =
                    json!({"method": "Target.attachedToTarget", "params": {"sessionId": "S1", "targetInfo": info}});
                self.send(attached, &Value::Null) && self.send(done, &session)
            }
            "Runtime.getHeapUsage" => {
                let used = if session.is_null() { 1_500_000 } else { 700_000 };
                self.send(json!({"id": id, "result": {"usedSize": used, "totalSize": 2_000_000}}), &session)
            }
            "Runtime.evaluate" => {
                let value = json!({"rss": 50_000_000, "heapTotal": 3, "heapUsed": 2, "external": 1, "arrayBuffers": 0});
                self.send(json!({"id": id, "result": {"result": {"type": "object", "value": value}}}), &session)
            }
            "HeapProfiler.takeHeapSnapshot" if *self.habit == Habit::Refuses => {
                self.send(refused("Failed to take heap snapshot"), &session)
            }
            "HeapProfiler.takeHeapSnapshot" if *self.habit == Habit::Unanswered => true,
            "HeapProfiler.startTrackingHeapObjects" if *self.habit == Habit::FloodsRecording => {
                self.send(done, &session);
                while self.announce("W") {}
                false
            }
            "HeapProfiler.startTrackingHeapObjects" if *self.habit == Habit::LongSessions => {
                self.send(done, &session);
                (0..1000).all(|at| self.announce(&format!("{at}{}", "W".repeat(1 << 20))))
            }
            "HeapProfiler.takeHeapSnapshot" | "HeapProfiler.stopTrackingHeapObjects" => {
                self.snapshot(&session) && self.send(done, &session)
            }
            "HeapProfiler.stopSampling" => {
                self.send(json!({"id": id, "result": {"profile": {"head": {"children": []}, "samples": []}}}), &session)
            }
            _ => self.send(done, &session),
        }
    }

    fn debug(&mut self, call: &Value) -> bool {
        let (id, session) = (call["id"].clone(), call["sessionId"].clone());
        let done = json!({"id": id, "result": {}});
        match (call["method"].as_str().unwrap_or_default(), self.habit) {
            (_, Habit::NoDebugger) => {
                self.send(json!({"id": id, "error": {"code": -32601, "message": "it wasn't found"}}), &session)
            }
            ("Debugger.enable", Habit::Scripts(scripts)) => {
                scripts.iter().enumerate().all(|(at, script)| self.report(at + 1, script, &session))
                    && self.send(done, &session)
            }
            ("Debugger.enable", Habit::FloodsScripts) => {
                let script = Script::new("file:///a.js", "");
                while self.report(1, &script, &session) {}
                false
            }
            ("Debugger.enable", Habit::SilentSources) => {
                self.report(1, &Script::new("file:///a.js", "1"), &session) && self.send(done, &session)
            }
            ("Debugger.enable", Habit::Pauses) => {
                self.send(json!({"method": "Debugger.paused", "params": {"callFrames": []}}), &session)
            }
            ("Debugger.getScriptSource", Habit::SilentSources) => true,
            ("Debugger.getScriptSource", Habit::Scripts(scripts)) => {
                let at: usize = call["params"]["scriptId"].as_str().unwrap().parse().unwrap();
                let source = &scripts[at - 1].source;
                let answer = format!("{{\"id\":{id},\"result\":{{\"scriptSource\":{source}}}}}");
                self.socket.send(Message::text(answer)).is_ok()
            }
            _ => self.send(done, &session),
        }
    }

    /// Reports a script.
    fn report(&mut self, id: usize, script: &Script, session: &Value) -> bool {
        let params = json!({
            "scriptId": id.to_string(), "url": script.url, "sourceMapURL": script.map, "length": script.units,
            "startLine": 0, "startColumn": 0, "hash": "", "isModule": false,
        });
        self.send(json!({"method": "Debugger.scriptParsed", "params": params}), session)
    }

    /// Announces a worker with a title of a megabyte.
    fn announce(&mut self, id: &str) -> bool {
        let info = json!({"type": "worker", "title": "T".repeat(1 << 20), "url": "worker.js"});
        let params = json!({"sessionId": id, "workerInfo": info});
        self.send(json!({"method": "NodeWorker.attachedToWorker", "params": params}), &Value::Null)
    }

    /// Sends the fragments of a message that has no last one.
    fn fragments(&mut self, pause: std::time::Duration) -> bool {
        let mut kind = Data::Text;
        loop {
            let frame = Frame::message("{".repeat(usize::from(kind == Data::Text)), OpCode::Data(kind), false);
            if self.socket.send(Message::Frame(frame)).is_err() {
                return false;
            }
            kind = Data::Continue;
            thread::sleep(pause);
        }
    }

    fn snapshot(&mut self, session: &Value) -> bool {
        match self.habit {
            Habit::Fragments => return self.fragments(std::time::Duration::ZERO),
            Habit::Drips => return self.fragments(std::time::Duration::from_millis(20)),
            Habit::Floods => {
                while self.announce("W") {}
                return false;
            }
            _ => {}
        }
        let progress = |done: u32| {
            let params = json!({"done": done, "total": 10, "finished": done == 10});
            json!({"method": "HeapProfiler.reportHeapSnapshotProgress", "params": params})
        };
        if !(self.send(progress(5), session) && self.send(progress(10), session)) {
            return false;
        }
        for (at, piece) in (self.pieces)().enumerate() {
            match self.habit {
                Habit::Dies(after) if at == *after => return false,
                Habit::Forgets(after) if at == *after => return true,
                Habit::Stalls if at == 1 => thread::sleep(std::time::Duration::from_mins(1)),
                _ => {}
            }
            let params = json!({"chunk": piece});
            if !self.send(json!({"method": "HeapProfiler.addHeapSnapshotChunk", "params": params}), session) {
                return false;
            }
        }
        true
    }
}

//! A connection to a target: calls and their answers, events, and its isolates.
//!
//! Workers of Node.js are reached through the main isolate, in messages that wrap other messages (`NodeWorker`);
//! workers of browsers, through sessions of the same connection (`Target`).

mod debugger;
mod messages;

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::socket::{Broken, Socket};
use super::{Address, CaptureError, HeapUsage, Remote, Target, Watch};
use crate::model::CancelToken;
use crate::model::MemoryUsage;
use messages::ignore;

/// The time limit for workers to announce themselves after a request.
const WORKERS_PATIENCE: Duration = Duration::from_millis(250);
/// The time limit for connecting and opening the websocket.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// The time limit for answers that are cheap for the program, and for all requests while connecting.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// The maximum time without data in the middle of a snapshot or a message.
const SILENCE_PATIENCE: Duration = Duration::from_secs(10);
/// The maximum time without a complete chunk of a snapshot.
const PIECE_PATIENCE: Duration = Duration::from_mins(1);
/// Calls that walk the whole heap, which may take minutes.
const LONG_CALLS: [&str; 5] = [
    "HeapProfiler.collectGarbage",
    "HeapProfiler.startTrackingHeapObjects",
    "HeapProfiler.stopSampling",
    "HeapProfiler.stopTrackingHeapObjects",
    "HeapProfiler.takeHeapSnapshot",
];
/// The time without any data after which a [`Watch`] reports that an answer is overdue.
pub(crate) const UNANSWERED_NOTICE: Duration = Duration::from_secs(15);
/// The maximum bytes of messages unrelated to the current call: events of workers, pings, progress. Between calls, the
/// maximum per [`UNWANTED_PERIOD`].
const MOST_UNWANTED: usize = 64 << 20;
const UNWANTED_PERIOD: Duration = Duration::from_mins(1);
/// Events that a recording of allocations sends several times a second. They do not count as unwanted.
const STATISTICS: [&str; 2] = ["HeapProfiler.heapStatsUpdate", "HeapProfiler.lastSeenObjectId"];
const MOST_ISOLATES: usize = 1000;
/// The maximum bytes of a session id. Ids of browsers have 32; ids of Node.js are numbers.
const LONGEST_SESSION: usize = 256;

/// A separate heap that can be reached over a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Isolate {
    pub title: String,
    pub url: String,
    /// `main`, `worker`, ….
    pub kind: String,
    route: Route,
}

/// The route of messages to an isolate.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Route {
    Main,
    /// Messages are wrapped in messages of the main isolate.
    NodeWorker(String),
    /// Messages carry the id of a session.
    Session(String),
}

/// Receives an event: its method and its parameters as JSON. Returns true if the event is a chunk of the requested
/// data.
pub(super) type OnEvent<'a> = &'a mut dyn FnMut(&str, &str) -> Result<bool, CaptureError>;

/// The result of a call, or the reason for its refusal.
type Answer = Result<Box<RawValue>, String>;

/// The answer that a call waits for.
struct Waited<'a> {
    id: u64,
    /// The id of the outer message, if the call is wrapped in one.
    outer: Option<u64>,
    route: &'a Route,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    next_id: u64,
    /// The bytes of messages unrelated to the current call.
    unwanted: usize,
    /// The bytes of messages between calls, and the start of the count.
    idle: (usize, Instant),
    /// Reports an overdue answer.
    watch: Option<Watch>,
    target: Target,
    isolates: Vec<Isolate>,
    /// True if the program has finished, and Node.js only waits for debuggers to disconnect.
    is_ending: bool,
}

impl Connection {
    /// Connects to a target and finds its isolates.
    ///
    /// # Errors
    /// Returns an error if nothing listens or the other side is not an inspector, and [`CaptureError::Cancelled`] if
    /// the operation is cancelled.
    pub fn open(target: &Target, remote: Remote, cancel: &CancelToken) -> Result<Self, CaptureError> {
        let started = Instant::now();
        let socket = Socket::open(&target.address, remote, started + HANDSHAKE_PATIENCE, cancel)?;
        let main = Isolate {
            title: target.title.clone(),
            url: target.url.clone(),
            kind: "main".to_owned(),
            route: Route::Main,
        };
        let (target, isolates) = (target.clone(), vec![main]);
        let idle = (0, started);
        let mut connection =
            Self { socket, next_id: 1, unwanted: 0, idle, watch: None, target, isolates, is_ending: false };
        let deadline = started + ANSWER_PATIENCE;
        connection.ask_for_the_end(deadline, cancel)?;
        connection.find_workers(deadline, cancel)?;
        Ok(connection)
    }

    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the main isolate, then the workers.
    #[must_use]
    pub fn isolates(&self) -> &[Isolate] {
        &self.isolates
    }

    /// Sets the watch that reports an overdue answer.
    pub(super) fn report_to(&mut self, watch: &Watch) {
        self.watch = Some(watch.clone());
    }

    /// Asks Node.js to report when it has finished and only waits for debuggers to disconnect.
    fn ask_for_the_end(&mut self, deadline: Instant, cancel: &CancelToken) -> Result<(), CaptureError> {
        let params = json!({"enabled": true});
        match self.ask("NodeRuntime.notifyWhenWaitingForDisconnect", &params, deadline, cancel) {
            Ok(_) | Err(CaptureError::Refusal { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn find_workers(&mut self, deadline: Instant, cancel: &CancelToken) -> Result<(), CaptureError> {
        match self.ask("NodeWorker.enable", &json!({"waitForDebuggerOnStart": false}), deadline, cancel) {
            Ok(_) => {}
            // Not Node.js: a browser, or something without workers.
            Err(CaptureError::Refusal { .. }) => {
                let follow = json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true});
                match self.ask("Target.setAutoAttach", &follow, deadline, cancel) {
                    Ok(_) => {}
                    Err(CaptureError::Refusal { .. }) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
        self.idle(Instant::now() + WORKERS_PATIENCE, cancel)
    }

    /// Reads incoming messages until a deadline, so that the end of the target is noticed.
    ///
    /// # Errors
    /// Returns an error if the target ends or sends too much, and [`CaptureError::Cancelled`] if the operation is
    /// cancelled.
    pub fn idle(&mut self, until: Instant, cancel: &CancelToken) -> Result<(), CaptureError> {
        self.socket.limit(Some(until), cancel);
        while Instant::now() < until {
            if self.is_ending {
                return Err(CaptureError::Closed);
            }
            match self.receive(None, &mut |method, _| Ok(STATISTICS.contains(&method))) {
                Ok(_) | Err(Broken::TooLate) => {}
                Err(Broken::By(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns the current heap size.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub fn heap_usage(&mut self, isolate: &Isolate, cancel: &CancelToken) -> Result<Option<HeapUsage>, CaptureError> {
        match self.call(isolate, "Runtime.getHeapUsage", &json!({}), &mut ignore, cancel) {
            Ok(usage) => Ok(serde_json::from_str(usage.get()).ok().filter(HeapUsage::is_plausible)),
            Err(CaptureError::Refusal { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Collects garbage.
    ///
    /// # Errors
    /// Returns an error if the connection fails or the target does not support this.
    pub fn collect_garbage(&mut self, isolate: &Isolate, cancel: &CancelToken) -> Result<(), CaptureError> {
        self.call(isolate, "HeapProfiler.enable", &json!({}), &mut ignore, cancel)?;
        self.call(isolate, "HeapProfiler.collectGarbage", &json!({}), &mut ignore, cancel)?;
        Ok(())
    }

    /// Returns `process.memoryUsage()` of the process, if the isolate has a `process`.
    ///
    /// # Errors
    /// Returns an error if the connection fails.
    pub fn memory_usage(
        &mut self,
        isolate: &Isolate,
        cancel: &CancelToken,
    ) -> Result<Option<MemoryUsage>, CaptureError> {
        #[derive(Deserialize)]
        struct Evaluated {
            result: Object,
        }
        #[derive(Deserialize)]
        struct Object {
            value: Option<MemoryUsage>,
        }
        let expression = "typeof process === 'object' && process && process.memoryUsage ? process.memoryUsage() : null";
        let params = json!({"expression": expression, "returnByValue": true, "silent": true});
        match self.call(isolate, "Runtime.evaluate", &params, &mut ignore, cancel) {
            Ok(answer) => {
                Ok(serde_json::from_str::<Evaluated>(answer.get()).ok().and_then(|answer| answer.result.value))
            }
            Err(CaptureError::Refusal { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Calls a method and waits for its answer. Events of the isolate go to `on_event` in the meantime.
    pub(super) fn call(
        &mut self,
        isolate: &Isolate,
        method: &str,
        params: &Value,
        on_event: OnEvent<'_>,
        cancel: &CancelToken,
    ) -> Result<Box<RawValue>, CaptureError> {
        let is_short = !LONG_CALLS.contains(&method);
        let deadline = is_short.then(|| Instant::now() + ANSWER_PATIENCE);
        self.call_by(&isolate.route, (method, params), on_event, deadline, cancel)
    }

    /// Calls a method of the main isolate that must answer before a deadline.
    fn ask(
        &mut self,
        method: &str,
        params: &Value,
        deadline: Instant,
        cancel: &CancelToken,
    ) -> Result<Box<RawValue>, CaptureError> {
        self.call_by(&Route::Main, (method, params), &mut ignore, Some(deadline), cancel)
    }

    fn call_by(
        &mut self,
        route: &Route,
        (method, params): (&str, &Value),
        on_event: OnEvent<'_>,
        deadline: Option<Instant>,
        cancel: &CancelToken,
    ) -> Result<Box<RawValue>, CaptureError> {
        if self.is_ending {
            return Err(CaptureError::Closed);
        }
        self.check_route(route)?;
        // A late answer has the id of a call that is no longer waiting, and is skipped.
        let no_answer = |broken| match broken {
            Broken::TooLate => CaptureError::NoAnswer { method: method.to_owned() },
            Broken::By(error) => error,
        };
        self.socket.limit(deadline, cancel);
        self.unwanted = 0;
        let (id, outer) = self.send(route, method, params).map_err(no_answer)?;
        let answer = self.answer_to(&Waited { id, outer, route }, on_event);
        if let Some(watch) = &self.watch {
            watch.set_unanswered(false);
        }
        answer.map_err(no_answer)?.map_err(|message| CaptureError::Refusal { method: method.to_owned(), message })
    }

    /// Waits for an answer.
    fn answer_to(&mut self, waited: &Waited<'_>, on_event: OnEvent<'_>) -> Result<Answer, Broken> {
        let started = Instant::now();
        // The arrival of the last chunk of a snapshot, if any.
        let piece = Cell::new(None::<Instant>);
        let mut on_event = |method: &str, params: &str| {
            let is_piece = on_event(method, params)?;
            if is_piece {
                piece.set(Some(Instant::now()));
            }
            Ok(is_piece)
        };
        loop {
            if let Some(answer) = self.receive(Some(waited), &mut on_event)? {
                return Ok(answer);
            }
            let (silence, since_piece) = (self.socket.silence(), piece.get().map(|piece| piece.elapsed()));
            let is_in_the_middle = since_piece.is_some() || self.socket.is_in_message();
            if is_in_the_middle && silence > SILENCE_PATIENCE {
                return Err(CaptureError::Stalled { patience: SILENCE_PATIENCE }.into());
            }
            if since_piece.is_some_and(|since| since > PIECE_PATIENCE) {
                return Err(CaptureError::Stalled { patience: PIECE_PATIENCE }.into());
            }
            if let Some(watch) = &self.watch {
                // The silence may have begun before the call.
                watch.set_unanswered(silence.min(started.elapsed()) > UNANSWERED_NOTICE);
            }
        }
    }

    /// Checks that an isolate still exists.
    ///
    /// # Errors
    /// Returns [`CaptureError::WorkerEnded`] if it does not.
    pub(super) fn check_isolate(&self, isolate: &Isolate) -> Result<(), CaptureError> {
        self.check_route(&isolate.route)
    }

    /// Returns an error if the worker has ended, since a call would never return.
    fn check_route(&self, route: &Route) -> Result<(), CaptureError> {
        let exists = self.isolates.iter().any(|isolate| isolate.route == *route);
        if exists { Ok(()) } else { Err(CaptureError::WorkerEnded) }
    }
}

/// Creates a target from its address alone, which becomes its title.
impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self { title: address.to_string(), url: String::new(), kind: "target".to_owned(), address }
    }
}

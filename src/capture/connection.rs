//! A connection to a target: calls and their answers, events, and the isolates behind it.
//!
//! Workers of Node.js are reached through the main isolate's connection (`NodeWorker`), messages within messages; those of
//! browsers by sessions of the same connection (`Target`).

use std::borrow::Cow;
use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::discovery::shortened;
use super::socket::{Arrived, Broken, Socket};
use super::{Address, CaptureError, HeapUsage, MemoryUsage, Remote, Target, Watch};
use crate::model::CancelToken;

/// How long workers have to make themselves known after they were asked for.
const WORKERS_PATIENCE: Duration = Duration::from_millis(250);
/// How long it may take to connect and to open the websocket.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a program may take to answer what costs it nothing, and what is asked on connecting all together.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing may arrive in the middle of a snapshot or a message, and how long no whole piece of a snapshot may.
const SILENCE_PATIENCE: Duration = Duration::from_secs(10);
const PIECE_PATIENCE: Duration = Duration::from_mins(1);
/// Calls that go through the whole heap, which may take minutes.
const LONG_CALLS: [&str; 5] = [
    "HeapProfiler.collectGarbage",
    "HeapProfiler.startTrackingHeapObjects",
    "HeapProfiler.stopSampling",
    "HeapProfiler.stopTrackingHeapObjects",
    "HeapProfiler.takeHeapSnapshot",
];
/// How long nothing may arrive before a [`Watch`] says that an answer is overdue.
pub const UNANSWERED_NOTICE: Duration = Duration::from_secs(15);
/// Bytes of messages that are no part of what a call waits for: events of workers, pings, progress. Between calls, the
/// same within a period.
const MOST_UNWANTED: usize = 64 << 20;
const UNWANTED_PERIOD: Duration = Duration::from_mins(1);
/// Events that a recording of allocations sends several times a second. They do not count as unwanted.
const STATISTICS: [&str; 2] = ["HeapProfiler.heapStatsUpdate", "HeapProfiler.lastSeenObjectId"];
const MOST_ISOLATES: usize = 1000;
/// Bytes of the id of a session. Those of browsers have 32, those of Node.js are numbers.
const LONGEST_SESSION: usize = 256;

/// A heap of its own that can be reached over a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Isolate {
    pub title: String,
    pub url: String,
    /// `main`, `worker`, ….
    pub kind: String,
    route: Route,
}

/// How messages to an isolate go.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Route {
    Main,
    /// Wrapped into messages of the main isolate.
    NodeWorker(String),
    /// With the id of a session.
    Session(String),
}

/// A message as it comes. Parameters and results stay text until someone wants them.
#[derive(Deserialize)]
struct Incoming<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Refused>,
    #[serde(rename = "sessionId", borrow)]
    session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct FromWorker<'a> {
    #[serde(rename = "sessionId", borrow)]
    session: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// Takes events: their method and their parameters as JSON. Returns whether the event is a piece of what was called for.
pub(super) type OnEvent<'a> = &'a mut dyn FnMut(&str, &str) -> Result<bool, CaptureError>;

/// The result of a call, or why the program refused it.
type Answer = Result<Box<RawValue>, String>;

/// What a call waits for.
struct Waited<'a> {
    id: u64,
    /// Of the message around it, where it is wrapped in one.
    outer: Option<u64>,
    route: &'a Route,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    next_id: u64,
    /// Bytes of messages that the current call was not waiting for.
    unwanted: usize,
    /// Bytes of messages between calls, and since when they are counted.
    idle: (usize, Instant),
    /// Says whether an answer is overdue.
    watch: Option<Watch>,
    target: Target,
    isolates: Vec<Isolate>,
    /// The program has ended but for this connection, which Node.js waits for.
    is_ending: bool,
}

impl Connection {
    /// Connects to a target and finds its isolates.
    ///
    /// # Errors
    /// Returns an error where nobody listens, or it is no inspector; [`CaptureError::Cancelled`] when `cancel` says so.
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

    /// The main isolate, then the workers.
    #[must_use]
    pub fn isolates(&self) -> &[Isolate] {
        &self.isolates
    }

    /// Sets the watch that says whether an answer is overdue.
    pub(super) fn report_to(&mut self, watch: &Watch) {
        self.watch = Some(watch.clone());
    }

    /// A Node.js that has done its work waits for debuggers to go away; asked to, it says so.
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
            // Not Node.js: a browser, or something that has no workers.
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

    /// Reads what comes until a time, so that it is noticed if the target ends.
    ///
    /// # Errors
    /// Where it does, or sends too much; [`CaptureError::Cancelled`] when `cancel` says so.
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

    /// The heap's size now.
    ///
    /// # Errors
    /// Where the connection fails.
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
    /// Where the connection fails, or the target has no such thing.
    pub fn collect_garbage(&mut self, isolate: &Isolate, cancel: &CancelToken) -> Result<(), CaptureError> {
        self.call(isolate, "HeapProfiler.enable", &json!({}), &mut ignore, cancel)?;
        self.call(isolate, "HeapProfiler.collectGarbage", &json!({}), &mut ignore, cancel)?;
        Ok(())
    }

    /// `process.memoryUsage()` of the isolate's process, where there is such a thing.
    ///
    /// # Errors
    /// Where the connection fails.
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

    /// Calls a method and waits for its answer; events of the isolate that come meanwhile go to `on_event`.
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

    /// Calls a method of the main isolate that has to answer until a time.
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
        // An answer that comes later has the id of a call that nobody waits for, and is passed over.
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
        // When the last piece of a snapshot arrived, once one has.
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

    /// Whether an isolate is still there.
    ///
    /// # Errors
    /// [`CaptureError::WorkerEnded`] where it is not.
    pub(super) fn check_isolate(&self, isolate: &Isolate) -> Result<(), CaptureError> {
        self.check_route(&isolate.route)
    }

    /// Nobody answers for a worker that has ended, so whoever asked it would wait for ever.
    fn check_route(&self, route: &Route) -> Result<(), CaptureError> {
        let is_there = self.isolates.iter().any(|isolate| isolate.route == *route);
        if is_there { Ok(()) } else { Err(CaptureError::WorkerEnded) }
    }

    /// The id of the call, and that of the message around it if there is one.
    fn send(&mut self, route: &Route, method: &str, params: &Value) -> Result<(u64, Option<u64>), Broken> {
        let id = self.next_id;
        self.next_id += 1;
        let mut around = None;
        let message = match route {
            Route::Main => json!({"id": id, "method": method, "params": params}),
            Route::Session(session) => json!({"id": id, "method": method, "params": params, "sessionId": session}),
            Route::NodeWorker(session) => {
                let inner = json!({"id": id, "method": method, "params": params}).to_string();
                let outer = self.next_id;
                self.next_id += 1;
                around = Some(outer);
                let params = json!({"sessionId": session, "message": inner});
                json!({"id": outer, "method": "NodeWorker.sendMessageToWorker", "params": params})
            }
        };
        self.socket.send(message.to_string())?;
        Ok((id, around))
    }

    /// Takes in one message, if one comes within a tick: the answer that is waited for, if it was that.
    fn receive(&mut self, waited: Option<&Waited<'_>>, on_event: OnEvent<'_>) -> Result<Option<Answer>, Broken> {
        let mut is_piece = false;
        let mut take = |method: &str, params: &str| {
            is_piece |= on_event(method, params)?;
            Ok(is_piece)
        };
        let (bytes, answer) = match self.socket.receive()? {
            Arrived::Text(text) => (text.len(), self.take_in(&text, waited, &mut take)?),
            Arrived::Other(bytes) => (bytes, None),
            Arrived::Nothing => return Ok(None),
        };
        if is_piece || answer.is_some() {
            return Ok(answer);
        }
        let unwanted = if waited.is_some() {
            &mut self.unwanted
        } else {
            if self.idle.1.elapsed() > UNWANTED_PERIOD {
                self.idle = (0, Instant::now());
            }
            &mut self.idle.0
        };
        *unwanted += bytes;
        if *unwanted > MOST_UNWANTED {
            return Err(CaptureError::Odd("it keeps sending what nobody asked for".to_owned()).into());
        }
        Ok(answer)
    }

    /// Takes in a message: the answer that is waited for, if it is that.
    fn take_in(
        &mut self,
        message: &str,
        waited: Option<&Waited<'_>>,
        on_event: OnEvent<'_>,
    ) -> Result<Option<Answer>, CaptureError> {
        let odd = |error: serde_json::Error| CaptureError::Odd(error.to_string());
        let outer: Incoming<'_> = serde_json::from_str(message).map_err(odd)?;
        if outer.method.as_deref() == Some("NodeWorker.receivedMessageFromWorker") {
            let params = outer.params.map_or("{}", RawValue::get);
            let wrapped: FromWorker<'_> = serde_json::from_str(params).map_err(odd)?;
            let inner: Incoming<'_> = serde_json::from_str(&wrapped.message).map_err(odd)?;
            return handle(&inner, &Route::NodeWorker(wrapped.session.into_owned()), waited, on_event);
        }
        // What is under way is still answered.
        self.is_ending |= outer.method.as_deref() == Some("NodeRuntime.waitingForDisconnect");
        self.note_workers(&outer, waited)?;
        if let Some(waited) = waited.filter(|waited| waited.outer.is_some() && waited.outer == outer.id)
            && outer.error.is_some()
        {
            // What was to be passed on was not: there is no such worker any more.
            self.isolates.retain(|isolate| isolate.route != *waited.route);
            return Err(CaptureError::WorkerEnded);
        }
        let route = outer.session.as_ref().map_or(Route::Main, |session| Route::Session(session.clone().into_owned()));
        handle(&outer, &route, waited, on_event)
    }

    /// Workers that come and go.
    fn note_workers(&mut self, message: &Incoming<'_>, waited: Option<&Waited<'_>>) -> Result<(), CaptureError> {
        #[derive(Deserialize)]
        struct Attached {
            #[serde(rename = "sessionId")]
            session: String,
            #[serde(rename = "workerInfo", alias = "targetInfo", default)]
            info: Info,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Info {
            title: String,
            url: String,
            r#type: String,
        }
        let Some(method) = message.method.as_deref() else { return Ok(()) };
        let is_node = method.starts_with("NodeWorker.");
        let is_gone = matches!(method, "NodeWorker.detachedFromWorker" | "Target.detachedFromTarget");
        if !is_gone && !matches!(method, "NodeWorker.attachedToWorker" | "Target.attachedToTarget") {
            return Ok(());
        }
        let Ok(attached) = serde_json::from_str::<Attached>(message.params.map_or("{}", RawValue::get)) else {
            return Ok(());
        };
        if attached.session.len() > LONGEST_SESSION {
            return Err(CaptureError::Odd(format!("the id of a session has more than {LONGEST_SESSION} bytes")));
        }
        let route = if is_node { Route::NodeWorker(attached.session) } else { Route::Session(attached.session) };
        if is_gone {
            self.isolates.retain(|isolate| isolate.route != route);
            // Nobody will answer any more.
            return if waited.is_some_and(|waited| *waited.route == route) {
                Err(CaptureError::WorkerEnded)
            } else {
                Ok(())
            };
        }
        let Info { title, url, r#type } = attached.info;
        let [title, url, kind] = [title, url, r#type].map(shortened);
        let title = if title.is_empty() { url.clone() } else { title };
        let kind = if kind.is_empty() { "worker".to_owned() } else { kind };
        let isolate = Isolate { title, url, kind, route };
        match self.isolates.iter().position(|known| known.route == isolate.route) {
            Some(at) => self.isolates[at] = isolate,
            None if self.isolates.len() < MOST_ISOLATES => self.isolates.push(isolate),
            None => return Err(CaptureError::Odd(format!("more than {MOST_ISOLATES} workers"))),
        }
        Ok(())
    }
}

/// Passes a message on: an answer to who waits for it, an event of the same isolate to `on_event`. Where no answer is
/// waited for, events of all isolates go there.
fn handle(
    message: &Incoming<'_>,
    route: &Route,
    waited: Option<&Waited<'_>>,
    on_event: OnEvent<'_>,
) -> Result<Option<Answer>, CaptureError> {
    if waited.is_some_and(|waited| waited.route != route) {
        return Ok(None);
    }
    if let Some(method) = &message.method {
        on_event(method, message.params.map_or("{}", RawValue::get))?;
        return Ok(None);
    }
    if waited.is_none_or(|waited| message.id != Some(waited.id)) {
        return Ok(None);
    }
    if let Some(error) = &message.error {
        return Ok(Some(Err(shortened(error.message.clone()))));
    }
    let nothing = || RawValue::from_string("{}".to_owned()).map_err(|error| CaptureError::Odd(error.to_string()));
    Ok(Some(Ok(message.result.map_or_else(nothing, |result| Ok(result.to_owned()))?)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of what takes events")]
fn ignore(_: &str, _: &str) -> Result<bool, CaptureError> {
    Ok(false)
}

/// Names a target by its address alone, as the list does for those with a path.
impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self { title: address.to_string(), url: String::new(), kind: "target".to_owned(), address }
    }
}

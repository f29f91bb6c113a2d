//! A connection to a target: calls and their answers, events, and the isolates behind it.
//!
//! Workers of Node.js are reached through the main isolate's connection (`NodeWorker`), messages within messages; those of
//! browsers by sessions of the same connection (`Target`).

use std::borrow::Cow;
use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error as SocketError, HandshakeError, Message, WebSocket};

use super::discovery::is_timeout;
use super::{Address, CaptureError, MemoryUsage, Remote, Target};
use crate::model::{CancelToken, Cancelled};

/// How long a read waits before it is looked at whether to go on.
const TICK: Duration = Duration::from_millis(50);
/// How long workers have to make themselves known after they were asked for.
const WORKERS_PATIENCE: Duration = Duration::from_millis(250);
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a program may take to answer what costs it nothing.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Calls that go through the whole heap, which may take minutes.
const LONG_CALLS: [&str; 5] = [
    "HeapProfiler.collectGarbage",
    "HeapProfiler.startTrackingHeapObjects",
    "HeapProfiler.stopSampling",
    "HeapProfiler.stopTrackingHeapObjects",
    "HeapProfiler.takeHeapSnapshot",
];
/// Pieces of snapshots are some 100 kB; a sampling profile comes as one message.
const LONGEST_MESSAGE: usize = 128 << 20;
const READ_BUFFER: usize = 256 << 10;

/// Bytes of an isolate's heap, from `Runtime.getHeapUsage`.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeapUsage {
    #[serde(alias = "usedSize")]
    pub used_size: f64,
    #[serde(alias = "totalSize")]
    pub total_size: f64,
}

impl HeapUsage {
    /// Bytes in use.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
    pub fn used_bytes(&self) -> u64 {
        self.used_size.max(0.0) as u64
    }
}

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

/// Takes events: their method and their parameters as JSON.
pub(super) type OnEvent<'a> = &'a mut dyn FnMut(&str, &str) -> Result<(), CaptureError>;

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
    socket: WebSocket<TcpStream>,
    next_id: u64,
    target: Target,
    isolates: Vec<Isolate>,
    /// The program has ended but for this connection, which Node.js waits for.
    is_ending: bool,
}

impl Connection {
    /// Connects to a target and finds its isolates.
    ///
    /// # Errors
    /// Where nobody listens or it is no inspector; [`CaptureError::Cancelled`] when `cancel` says so.
    pub fn open(target: &Target, remote: Remote, cancel: &CancelToken) -> Result<Self, CaptureError> {
        let address = &target.address;
        let stream = address.connect(remote, HANDSHAKE_PATIENCE)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        let path = address.path.as_deref().unwrap_or("/");
        let request = format!("ws://{}{path}", address.authority());
        let handshake = tungstenite::client::client_with_config(request, stream, Some(config));
        let (socket, _) = handshake.map_err(|error| {
            let found = match error {
                HandshakeError::Interrupted(_) => "it takes the connection but does not answer".to_owned(),
                HandshakeError::Failure(error) if is_patience_over(&error) => {
                    "it takes the connection but does not answer".to_owned()
                }
                HandshakeError::Failure(error) => {
                    format!("it opens no websocket at {path} ({error}); the program may have been started again")
                }
            };
            CaptureError::NotAnInspector { address: address.authority(), found }
        })?;
        // From now on reads come back often, so that it can be looked at whether to go on.
        socket.get_ref().set_read_timeout(Some(TICK)).map_err(CaptureError::Lost)?;
        let main = Isolate {
            title: target.title.clone(),
            url: target.url.clone(),
            kind: "main".to_owned(),
            route: Route::Main,
        };
        let mut connection =
            Self { socket, next_id: 1, target: target.clone(), isolates: vec![main], is_ending: false };
        connection.ask_for_the_end(cancel)?;
        connection.find_workers(cancel)?;
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

    /// A Node.js that has done its work waits for debuggers to go away; asked to, it says so.
    fn ask_for_the_end(&mut self, cancel: &CancelToken) -> Result<(), CaptureError> {
        let params = json!({"enabled": true});
        match self.call_by(&Route::Main, "NodeRuntime.notifyWhenWaitingForDisconnect", &params, &mut ignore, cancel) {
            Ok(_) | Err(CaptureError::Refusal { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn find_workers(&mut self, cancel: &CancelToken) -> Result<(), CaptureError> {
        let main = Route::Main;
        let asked =
            self.call_by(&main, "NodeWorker.enable", &json!({"waitForDebuggerOnStart": false}), &mut ignore, cancel);
        match asked {
            Ok(_) => {}
            // Not Node.js: a browser, or something that has no workers.
            Err(CaptureError::Refusal { .. }) => {
                let follow = json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true});
                match self.call_by(&main, "Target.setAutoAttach", &follow, &mut ignore, cancel) {
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
    /// Where it does; [`CaptureError::Cancelled`] when `cancel` says so.
    pub fn idle(&mut self, until: Instant, cancel: &CancelToken) -> Result<(), CaptureError> {
        while Instant::now() < until {
            if self.is_ending {
                return Err(CaptureError::Closed);
            }
            self.receive(None, &mut ignore, cancel)?;
        }
        Ok(())
    }

    /// The heap's size now.
    ///
    /// # Errors
    /// Where the connection fails.
    pub fn heap_usage(&mut self, isolate: &Isolate, cancel: &CancelToken) -> Result<Option<HeapUsage>, CaptureError> {
        match self.call(isolate, "Runtime.getHeapUsage", &json!({}), &mut ignore, cancel) {
            Ok(usage) => Ok(serde_json::from_str(usage.get()).ok()),
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
        self.call_by(&isolate.route, method, params, on_event, cancel)
    }

    fn call_by(
        &mut self,
        route: &Route,
        method: &str,
        params: &Value,
        on_event: OnEvent<'_>,
        cancel: &CancelToken,
    ) -> Result<Box<RawValue>, CaptureError> {
        if self.is_ending {
            return Err(CaptureError::Closed);
        }
        self.check_route(route)?;
        let (id, outer) = self.send(route, method, params)?;
        let waited = Waited { id, outer, route };
        let sent = Instant::now();
        let is_short = !LONG_CALLS.contains(&method);
        loop {
            if let Some(answer) = self.receive(Some(&waited), on_event, cancel)? {
                return answer.map_err(|message| CaptureError::Refusal { method: method.to_owned(), message });
            }
            // An answer that comes later has the id of a call that nobody waits for, and is passed over.
            if is_short && sent.elapsed() > ANSWER_PATIENCE {
                return Err(CaptureError::NoAnswer { method: method.to_owned() });
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
    fn send(&mut self, route: &Route, method: &str, params: &Value) -> Result<(u64, Option<u64>), CaptureError> {
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
        let mut sent = self.socket.send(Message::text(message.to_string()));
        // A signal breaks nothing; what was not sent yet waits in the buffer.
        while matches!(&sent, Err(SocketError::Io(error)) if error.kind() == io::ErrorKind::Interrupted) {
            sent = self.socket.flush();
        }
        sent.map_err(broken)?;
        Ok((id, around))
    }

    /// Takes in one message, if one comes within a tick: the answer that is waited for, if it was that.
    fn receive(
        &mut self,
        waited: Option<&Waited<'_>>,
        on_event: OnEvent<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<Result<Box<RawValue>, String>>, CaptureError> {
        cancel.check()?;
        let message = match self.socket.read() {
            Ok(Message::Text(text)) => text,
            Ok(Message::Close(_)) => return Err(CaptureError::Closed),
            Ok(_) => return Ok(None),
            Err(SocketError::Io(error)) if is_timeout(&error) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let odd = |error: serde_json::Error| CaptureError::Odd(error.to_string());
        let outer: Incoming<'_> = serde_json::from_str(message.as_str()).map_err(odd)?;
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
        let title = if title.is_empty() { url.clone() } else { title };
        let kind = if r#type.is_empty() { "worker".to_owned() } else { r#type };
        self.isolates.push(Isolate { title, url, kind, route });
        Ok(())
    }
}

/// Passes a message on: an answer to who waits for it, an event of the same isolate to `on_event`.
fn handle(
    message: &Incoming<'_>,
    route: &Route,
    waited: Option<&Waited<'_>>,
    on_event: OnEvent<'_>,
) -> Result<Option<Result<Box<RawValue>, String>>, CaptureError> {
    let Some(waited) = waited.filter(|waited| waited.route == route) else { return Ok(None) };
    if let Some(method) = &message.method {
        on_event(method, message.params.map_or("{}", RawValue::get))?;
        return Ok(None);
    }
    if message.id != Some(waited.id) {
        return Ok(None);
    }
    if let Some(error) = &message.error {
        return Ok(Some(Err(error.message.clone())));
    }
    let nothing = || RawValue::from_string("{}".to_owned()).map_err(|error| CaptureError::Odd(error.to_string()));
    Ok(Some(Ok(message.result.map_or_else(nothing, |result| Ok(result.to_owned()))?)))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where events are taken")]
fn ignore(_: &str, _: &str) -> Result<(), CaptureError> {
    Ok(())
}

fn is_patience_over(error: &SocketError) -> bool {
    matches!(error, SocketError::Io(error) if is_timeout(error))
}

/// What became of the connection.
fn broken(error: SocketError) -> CaptureError {
    use tungstenite::error::ProtocolError;
    match error {
        SocketError::ConnectionClosed
        | SocketError::AlreadyClosed
        | SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => CaptureError::Closed,
        SocketError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => CaptureError::Closed,
        SocketError::Io(error) => CaptureError::Lost(error),
        other => CaptureError::Odd(other.to_string()),
    }
}

impl From<Cancelled> for Box<CaptureError> {
    fn from(cancelled: Cancelled) -> Self {
        Self::new(CaptureError::Cancelled(cancelled))
    }
}

/// Names a target by its address alone, as the list does for those with a path.
impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self { title: address.to_string(), url: String::new(), kind: "target".to_owned(), address }
    }
}

//! Protocol messages: sending, receiving, and matching answers to calls.

use std::borrow::Cow;
use std::time::Instant;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::CaptureError;
use super::super::discovery::shortened;
use super::super::socket::{Arrived, Broken};
use super::{
    Answer, Connection, Isolate, LONGEST_SESSION, MOST_ISOLATES, MOST_UNWANTED, OnEvent, Route, UNWANTED_PERIOD, Waited,
};

/// An incoming message. Parameters and results stay text until they are needed.
#[derive(Deserialize)]
pub(super) struct Incoming<'a> {
    pub(super) id: Option<u64>,
    #[serde(borrow)]
    pub(super) method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    pub(super) error: Option<Refused>,
    #[serde(rename = "sessionId", borrow)]
    pub(super) session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Refused {
    #[serde(default)]
    pub(super) message: String,
}

#[derive(Deserialize)]
pub(super) struct FromWorker<'a> {
    #[serde(rename = "sessionId", borrow)]
    pub(super) session: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) message: Cow<'a, str>,
}

/// Dispatches a message: an answer to its call, an event of the same isolate to `on_event`. Between calls, events of all
/// isolates go to `on_event`.
pub(super) fn handle(
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
pub(super) fn ignore(_: &str, _: &str) -> Result<bool, CaptureError> {
    Ok(false)
}

impl Connection {
    /// Sends a call. Returns its id, and the id of the outer message if the call is wrapped in one.
    pub(super) fn send(&mut self, route: &Route, method: &str, params: &Value) -> Result<(u64, Option<u64>), Broken> {
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

    /// Processes one message, if one arrives within a tick. Returns the answer if the message is the awaited one.
    pub(super) fn receive(
        &mut self,
        waited: Option<&Waited<'_>>,
        on_event: OnEvent<'_>,
    ) -> Result<Option<Answer>, Broken> {
        let mut is_piece = false;
        let mut take = |method: &str, params: &str| {
            is_piece |= on_event(method, params)?;
            Ok(is_piece)
        };
        let (bytes, answer) = match self.socket.receive()? {
            Arrived::Text(text) => (text.len(), self.handle(&text, waited, &mut take)?),
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
            return Err(CaptureError::Odd("it keeps sending unrequested messages".to_owned()).into());
        }
        Ok(answer)
    }

    /// Processes a message. Returns the answer if the message is the awaited one.
    pub(super) fn handle(
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
        // The current call is still answered.
        self.is_ending |= outer.method.as_deref() == Some("NodeRuntime.waitingForDisconnect");
        self.note_workers(&outer, waited)?;
        if let Some(waited) = waited.filter(|waited| waited.outer.is_some() && waited.outer == outer.id)
            && outer.error.is_some()
        {
            // The message could not be forwarded: the worker does not exist anymore.
            self.isolates.retain(|isolate| isolate.route != *waited.route);
            return Err(CaptureError::WorkerEnded);
        }
        let route = outer.session.as_ref().map_or(Route::Main, |session| Route::Session(session.clone().into_owned()));
        handle(&outer, &route, waited, on_event)
    }

    /// Tracks workers that start and end.
    pub(super) fn note_workers(
        &mut self,
        message: &Incoming<'_>,
        waited: Option<&Waited<'_>>,
    ) -> Result<(), CaptureError> {
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
            // The worker can no longer answer.
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

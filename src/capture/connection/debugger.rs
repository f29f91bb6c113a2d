//! The scripts of an isolate, through the debugger of the inspector.

use std::time::{Duration, Instant};

use serde_json::json;
use serde_json::value::RawValue;

use super::super::CaptureError;
use super::messages::ignore;
use super::{Connection, Isolate, OnEvent};
use crate::model::CancelToken;

/// The time limit for the list of scripts: V8 walks the whole heap for it.
const LIST_PATIENCE: Duration = Duration::from_secs(20);
/// The time limit for an empty script, and for the end of debugging. Each million UTF-16 units get another second, since
/// the connection may be a slow tunnel.
const SOURCE_PATIENCE: Duration = Duration::from_secs(5);
/// The time limit for sending a message without waiting for its answer.
const SEND_PATIENCE: Duration = Duration::from_millis(200);
/// The maximum number of bytes that the JSON of an answer needs for a UTF-16 unit: `\\u00fc`, nested in the message of a
/// worker.
const LARGEST_ESCAPE: u64 = 8;
/// The maximum number of bytes of an answer in addition to the text of the script.
const AROUND_SOURCE: u64 = 64 << 10;

impl Connection {
    /// Starts debugging. Each script of the isolate is reported to `on_event` (`Debugger.scriptParsed`).
    ///
    /// The program never stops: pauses are skipped, which is requested first. Otherwise a `debugger` statement would
    /// stop it.
    ///
    /// # Errors
    /// Returns an error if the isolate does not support this or does not answer until the deadline. Call
    /// [`Self::stop_debugging`] in any case.
    pub(in super::super) fn start_debugging(
        &mut self,
        isolate: &Isolate,
        on_event: OnEvent<'_>,
        deadline: Instant,
        cancel: &CancelToken,
    ) -> Result<(), CaptureError> {
        let deadline = deadline.min(Instant::now() + LIST_PATIENCE);
        let skip = json!({"skip": true});
        self.call_by(&isolate.route, ("Debugger.setSkipAllPauses", &skip), &mut ignore, Some(deadline), cancel)?;
        self.call_by(&isolate.route, ("Debugger.enable", &json!({})), on_event, Some(deadline), cancel)?;
        Ok(())
    }

    /// Requests the text of a script with this many UTF-16 units. Returns the answer of `Debugger.getScriptSource`.
    ///
    /// # Errors
    /// Returns an error if the isolate does not have the script or does not answer until the deadline.
    pub(in super::super) fn script_source(
        &mut self,
        isolate: &Isolate,
        (id, units): (u32, u64),
        deadline: Instant,
        cancel: &CancelToken,
    ) -> Result<Box<RawValue>, CaptureError> {
        let patience = SOURCE_PATIENCE.saturating_add(Duration::from_millis(units / 1000));
        let deadline = Instant::now().checked_add(patience).map_or(deadline, |own| own.min(deadline));
        self.socket.allow(units.saturating_mul(LARGEST_ESCAPE).saturating_add(AROUND_SOURCE));
        let params = json!({"scriptId": id.to_string()});
        // Scripts that the program loads meanwhile are not in the capture. Their number is limited by the deadline.
        let mut on_event = |method: &str, _: &str| Ok(is_script(method));
        let method = "Debugger.getScriptSource";
        let answer = self.call_by(&isolate.route, (method, &params), &mut on_event, Some(deadline), cancel);
        self.socket.allow(0);
        answer
    }

    /// Stops debugging. Waits for the answer only if `is_answering`.
    pub(in super::super) fn stop_debugging(&mut self, isolate: &Isolate, is_answering: bool, cancel: &CancelToken) {
        let (method, params) = ("Debugger.disable", json!({}));
        if is_answering {
            let deadline = Some(Instant::now() + SOURCE_PATIENCE);
            let mut on_event = |method: &str, _: &str| Ok(is_script(method));
            let _ = self.call_by(&isolate.route, (method, &params), &mut on_event, deadline, cancel);
        } else {
            // The capture may be cancelled, but the program must not stay in the debugger. A late answer is skipped.
            self.socket.limit(Some(Instant::now() + SEND_PATIENCE), &CancelToken::new());
            let _ = self.send(&isolate.route, method, &params);
        }
    }
}

/// Returns true for the events that report scripts.
fn is_script(method: &str) -> bool {
    matches!(method, "Debugger.scriptParsed" | "Debugger.scriptFailedToParse")
}

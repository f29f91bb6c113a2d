//! The transport: one JSON-RPC message per line of standard input and standard output.
//!
//! `rmcp` ignores lines that are not JSON or too long, so a client waits forever for an answer. This transport answers
//! them with the errors of JSON-RPC.

use std::io;
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{ClientRequest, ErrorCode, GetMeta as _, JsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Stdin, Stdout};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// The maximum size of a message in bytes, including the end of its line.
const LONGEST_MESSAGE: usize = 1 << 20;
/// The methods that this server has. Other ones are unknown, whatever their parameters are.
const METHODS: [&str; 5] = ["initialize", "ping", "server/discover", "tools/call", "tools/list"];

/// Messages on standard input and standard output. Notifications and answers before a session begins are ignored, since
/// they would end the server.
#[derive(Debug)]
pub(super) struct Lines {
    input: BufReader<Stdin>,
    /// The current line so far; empty if it is too long.
    line: Vec<u8>,
    is_too_long: bool,
    has_session: bool,
    output: Arc<Mutex<Stdout>>,
    /// The answer to a line that has no message. A task writes it, since `receive` may be dropped at any time.
    reply: Option<JoinHandle<io::Result<()>>>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            input: BufReader::new(tokio::io::stdin()),
            line: Vec::new(),
            is_too_long: false,
            has_session: false,
            output: Arc::new(Mutex::new(tokio::io::stdout())),
            reply: None,
        }
    }

    /// Reads a line; `None` at the end of the input. What was read so far is kept if the future is dropped.
    async fn read_line(&mut self) -> Option<Result<Vec<u8>, Refused>> {
        loop {
            let available = self.input.fill_buf().await.ok().filter(|available| !available.is_empty())?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            if self.line.len() + taken > LONGEST_MESSAGE {
                self.is_too_long = true;
                self.line = Vec::new();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(&available[..taken]);
            }
            self.input.consume(taken);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return Some(if std::mem::take(&mut self.is_too_long) { Err(Refused::too_long()) } else { Ok(line) });
            }
        }
    }

    /// Writes a message as a line. The task writes the whole line even if the caller is dropped.
    fn write(&self, message: serde_json::Result<Vec<u8>>) -> JoinHandle<io::Result<()>> {
        let output = Arc::clone(&self.output);
        tokio::spawn(async move {
            let mut line = message?;
            line.push(b'\n');
            let mut output = output.lock().await;
            output.write_all(&line).await?;
            output.flush().await
        })
    }
}

impl Transport<RoleServer> for Lines {
    type Error = io::Error;

    fn send(&mut self, item: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let written = self.write(serde_json::to_vec(&item));
        async move { written.await.map_err(io::Error::other)? }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(reply) = &mut self.reply {
                let written = reply.await;
                self.reply = None;
                written.ok()?.ok()?;
            }
            match self.read_line().await?.and_then(|line| parse(&line)) {
                Ok(None) => {}
                Ok(Some(message)) => {
                    self.has_session |= begins_session(&message);
                    if self.has_session || matches!(message, JsonRpcMessage::Request(_)) {
                        return Some(message);
                    }
                }
                Err(refused) => self.reply = Some(self.write(serde_json::to_vec(&refused.answer()))),
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.flush().await
    }
}

/// Returns true for a request that begins a session: `initialize`, or one that says all that `initialize` would.
fn begins_session(message: &RxJsonRpcMessage<RoleServer>) -> bool {
    let JsonRpcMessage::Request(request) = message else { return false };
    match &request.request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => other.get_meta().protocol_version().is_some(),
    }
}

/// A line that is not a message which the server can handle.
#[derive(Clone, PartialEq, Debug)]
struct Refused {
    code: ErrorCode,
    /// The id of the request, or null.
    id: Value,
    reason: String,
}

impl Refused {
    fn too_long() -> Self {
        let reason = format!("the message exceeds {LONGEST_MESSAGE} bytes; send a shorter one");
        Self { code: ErrorCode::PARSE_ERROR, id: Value::Null, reason }
    }

    /// Returns the error as a message. `rmcp` would leave out an id that is null, which JSON-RPC requires.
    fn answer(&self) -> Value {
        json!({"jsonrpc": "2.0", "id": self.id, "error": {"code": self.code.0, "message": self.reason}})
    }
}

/// Parses a line. Returns `None` for an empty line and for an invalid notification, which must not be answered.
fn parse(line: &[u8]) -> Result<Option<RxJsonRpcMessage<RoleServer>>, Refused> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let refused = |code, id, reason| Err(Refused { code, id, reason });
    match serde_json::from_slice::<RxJsonRpcMessage<RoleServer>>(line) {
        Ok(JsonRpcMessage::Request(request)) => match &request.request {
            // `rmcp` reads requests with invalid parameters as custom ones.
            ClientRequest::CustomRequest(custom) if METHODS.contains(&custom.method.as_str()) => {
                let id = serde_json::to_value(&request.id).unwrap_or_default();
                refused(ErrorCode::INVALID_PARAMS, id, invalid_params(&custom.method))
            }
            _ => Ok(Some(JsonRpcMessage::Request(request))),
        },
        Ok(message) => Ok(Some(message)),
        Err(_) => match serde_json::from_slice::<Value>(line) {
            Err(error) => refused(ErrorCode::PARSE_ERROR, Value::Null, format!("the message is not JSON: {error}")),
            Ok(value) => unrecognized(&value).map_or(Ok(None), Err),
        },
    }
}

/// Returns the refusal of JSON that is no message, or `None` for a notification.
fn unrecognized(value: &Value) -> Option<Refused> {
    let method = value.get("method").and_then(Value::as_str);
    let id = value.get("id").filter(|id| id.is_string() || id.is_i64() || id.is_u64());
    if method.is_some() && value.get("id").is_none() {
        return None;
    }
    let is_known = value.get("jsonrpc").is_some_and(|version| version == "2.0") && id.is_some();
    let (mut code, mut reason) =
        (ErrorCode::INVALID_REQUEST, "invalid request: expected jsonrpc, id and method".to_owned());
    if let Some(method) = method.filter(|method| is_known && METHODS.contains(method)) {
        (code, reason) = (ErrorCode::INVALID_PARAMS, invalid_params(method));
    }
    Some(Refused { code, id: id.cloned().unwrap_or_default(), reason })
}

/// Returns the error of a request with wrong parameters.
fn invalid_params(method: &str) -> String {
    let expected = match method {
        "tools/call" => "an object with name (a text) and arguments (an object)",
        "initialize" => "an object with protocolVersion, capabilities and clientInfo",
        _ => "an object as the protocol defines it",
    };
    format!("invalid params: expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_message_are_refused_with_the_errors_of_json_rpc() {
        for (line, code, id) in [
            ("hello", -32700, Value::Null),
            ("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": ", -32700, Value::Null),
            ("[]", -32600, Value::Null),
            ("7", -32600, Value::Null),
            (r#"{"jsonrpc": "2.0", "id": 3}"#, -32600, json!(3)),
            (
                r#"{"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "a", "arguments": "x"}}"#,
                -32602,
                json!(4),
            ),
            (r#"{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": "x"}"#, -32602, json!(5)),
            (r#"{"jsonrpc": "2.0", "id": "b", "method": "tools/call"}"#, -32602, json!("b")),
        ] {
            let refused = parse(line.as_bytes()).expect_err(line);
            assert_eq!((refused.code.0, &refused.id), (code, &id), "{line}: {refused:?}");
            assert_eq!(refused.answer()["id"], id, "{line}");
        }
    }

    #[test]
    fn messages_and_unknown_methods_are_left_to_the_protocol() {
        for line in [
            r#"{"jsonrpc": "2.0", "id": 1, "method": "ping"}"#,
            r#"{"jsonrpc": "2.0", "id": 1, "method": "nothing"}"#,
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "open"}}"#,
            "\u{feff}{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}\r\n",
        ] {
            assert!(matches!(parse(line.as_bytes()), Ok(Some(_))), "{line}");
        }
        for line in ["", "\r\n", r#"{"jsonrpc": "1.0", "method": "odd"}"#] {
            assert!(matches!(parse(line.as_bytes()), Ok(None)), "{line}");
        }
    }
}

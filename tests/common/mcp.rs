//! A client of `heapglass mcp` that writes JSON-RPC by hand.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The time limit for an answer. Debug builds on busy machines are slow.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    last_id: u64,
    /// Messages that are not the awaited answer, in order.
    pub others: Vec<Value>,
}

/// The answer to a call of a tool.
#[derive(Clone, Debug)]
pub struct Answer {
    pub text: String,
    pub is_error: bool,
}

impl Client {
    /// Starts a server and says hello.
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let mut client = Self::silent(arguments);
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let answer = client.request("initialize", &hello);
        assert_eq!(answer["result"]["serverInfo"]["name"], "heapglass", "{answer}");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    /// Starts a server without saying anything.
    pub fn silent<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heapglass"))
            .env("HEAPGLASS_INDEX", "off")
            .arg("mcp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, messages) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Whatever is on standard output is a message.
                let message = serde_json::from_str(&line).unwrap_or_else(|_| json!({"not a message": line}));
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, messages, last_id: 0, others: Vec::new() }
    }

    pub fn send_line(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    pub fn send(&mut self, message: &Value) {
        self.send_line(message.to_string().as_bytes());
    }

    /// Sends a request without waiting for its answer. Returns its id.
    pub fn ask(&mut self, method: &str, params: &Value) -> u64 {
        self.last_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}));
        self.last_id
    }

    /// Waits for the answer to a request.
    pub fn wait(&mut self, id: u64) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) if message["id"] == json!(id) => return message,
                Ok(message) => {
                    assert!(message.get("not a message").is_none(), "{message}");
                    self.others.push(message);
                }
                Err(RecvTimeoutError::Timeout) => panic!("no answer to request {id}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended: {:?}", self.child.wait()),
            }
        }
    }

    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.ask(method, params);
        self.wait(id)
    }

    /// Calls a tool.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        let answer = self.request("tools/call", &json!({"name": tool, "arguments": arguments}));
        let result = &answer["result"];
        let content = result["content"].as_array().unwrap_or_else(|| panic!("{tool} {arguments}: {answer}"));
        assert_eq!(content.len(), 1);
        let text = content[0]["text"].as_str().unwrap().to_owned();
        Answer { text, is_error: result["isError"] == json!(true) }
    }

    /// Calls a tool that must succeed.
    pub fn text(&mut self, tool: &str, arguments: &Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(!answer.is_error, "{tool} {arguments}: {}", answer.text);
        answer.text
    }

    /// Calls a tool that must fail.
    pub fn failure(&mut self, tool: &str, arguments: &Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(answer.is_error, "{tool} {arguments}: {}", answer.text);
        answer.text
    }

    /// Closes the input and returns how the server ended.
    pub fn end(mut self) -> ExitStatus {
        drop(self.input.take());
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the next calls that an answer names, with their arguments.
pub fn next_calls(text: &str) -> Vec<(String, Value)> {
    let line = |line: &str| {
        let (tool, rest) = line.strip_prefix("next: ")?.split_once(' ')?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        Some((tool.to_owned(), values.next()?.ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Returns the cursor for the rest of an answer.
pub fn cursor(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("more: "))?;
    let arguments: Value = serde_json::from_str(&line[line.find('{')?..]).unwrap();
    Some(arguments["cursor"].as_str().unwrap().to_owned())
}

/// Returns the rows of an answer: the lines before the next calls.
pub fn rows(text: &str) -> Vec<String> {
    let is_row = |line: &&str| !["next: ", "more: ", "cannot show: "].iter().any(|start| line.starts_with(start));
    text.lines().take_while(is_row).map(str::to_owned).collect()
}

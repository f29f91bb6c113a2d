//! The targets that an inspector offers, asked for over HTTP.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Address, CaptureError, Remote};
use crate::model::human;

const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer; lists of targets are small.
const LONGEST_ANSWER: usize = 4 << 20;

/// Something that can be inspected: a process, a page, a worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub title: String,
    pub url: String,
    /// `node`, `page`, `worker`, ….
    pub kind: String,
    /// Where it is connected to.
    pub address: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Listed {
    title: String,
    url: String,
    #[serde(rename = "type")]
    kind: String,
    web_socket_debugger_url: Option<String>,
}

/// Asks for the targets. An address that names one is that target.
///
/// # Errors
/// Where nobody listens, or somebody who is no inspector.
pub fn targets(address: &Address, remote: Remote) -> Result<Vec<Target>, CaptureError> {
    if address.path.is_some() {
        let kind = "target".to_owned();
        return Ok(vec![Target { title: address.to_string(), url: String::new(), kind, address: address.clone() }]);
    }
    let body = get(address, "/json/list", remote)?;
    let listed: Vec<Listed> = serde_json::from_str(&body).map_err(|_| CaptureError::NotAnInspector {
        address: address.authority(),
        found: format!("its list of targets is {}", human::visible(&body, 80)),
    })?;
    let targets = listed.into_iter().filter_map(|listed| {
        // Only the path is taken: an answer must not send the connection elsewhere.
        let at = Address::parse(&listed.web_socket_debugger_url?).ok()?;
        let address = Address { path: at.path, ..address.clone() };
        Some(Target { title: listed.title, url: listed.url, kind: listed.kind, address })
    });
    let targets: Vec<Target> = targets.collect();
    if targets.is_empty() { Err(CaptureError::NoTarget { address: address.authority() }) } else { Ok(targets) }
}

/// One request; the body of the answer.
fn get(address: &Address, path: &str, remote: Remote) -> Result<String, CaptureError> {
    let authority = address.authority();
    let odd = |found: String| CaptureError::NotAnInspector { address: authority.clone(), found };
    let unreachable = |source| CaptureError::Unreachable { address: authority.clone(), source };
    let mut stream = address.connect(remote, PATIENCE)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: */*\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(unreachable)?;
    let mut answer: Vec<u8> = Vec::new();
    let started = Instant::now();
    let mut buffer = [0; 16 << 10];
    loop {
        if let Some(body) = whole_body(&answer) {
            let (status, body) = body.map_err(odd)?;
            if status != 200 {
                return Err(odd(format!("it answers {path} with status {status}")));
            }
            return String::from_utf8(body).map_err(|_| odd("its answer is not UTF-8".to_owned()));
        }
        if answer.len() > LONGEST_ANSWER || started.elapsed() > PATIENCE {
            return Err(odd("it does not finish its answer".to_owned()));
        }
        match stream.read(&mut buffer) {
            Ok(0) if answer.is_empty() => return Err(odd("it closes the connection without an answer".to_owned())),
            Ok(0) => return Err(odd(format!("its answer breaks off: {}", shown(&answer)))),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => {
                return Err(odd(if answer.is_empty() {
                    "it takes the connection but does not answer".to_owned()
                } else {
                    format!("it answers {}", shown(&answer))
                }));
            }
            Err(error) => return Err(unreachable(error)),
        }
    }
}

/// Whether nothing came in the time that a read waits, or a signal came first.
pub(super) fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(60)];
    human::visible(&String::from_utf8_lossy(start), 60).into_owned()
}

/// Status and body of an answer once it is whole; what is wrong with it if it is no HTTP.
fn whole_body(answer: &[u8]) -> Option<Result<(u16, Vec<u8>), String>> {
    let start = b"HTTP/1.";
    if !answer.starts_with(&start[..start.len().min(answer.len())]) {
        return Some(Err(format!("it answers {}", shown(answer))));
    }
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let Some(status) = status else { return Some(Err(format!("it answers {}", shown(answer)))) };
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let body = &answer[end + 4..];
    match length {
        Some(length) if length > LONGEST_ANSWER => Some(Err("its answer is too long".to_owned())),
        Some(length) => (body.len() >= length).then(|| Ok((status, body[..length].to_vec()))),
        None if status != 200 => Some(Ok((status, Vec::new()))),
        None => Some(Err("its answer does not say how long it is".to_owned())),
    }
}

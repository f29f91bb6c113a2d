//! The targets that an inspector offers, requested over HTTP.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::line::is_cancelled;
use super::{Address, CaptureError, Remote};
use crate::model::{CancelToken, human};

/// The time limit for a list of targets, from the name lookup to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);
/// The maximum bytes of a response header and body. Lists of targets are small.
const LONGEST_HEAD: usize = 64 << 10;
const LONGEST_BODY: usize = 4 << 20;
const MOST_HEADERS: usize = 100;
/// A browser lists its tabs, frames, workers and extensions.
const MOST_TARGETS: usize = 1000;
/// The maximum length of a title or address, in characters.
const LONGEST_TEXT: usize = 2000;

/// An inspectable target: a process, a page, a worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub title: String,
    pub url: String,
    /// `node`, `page`, `worker`, ….
    pub kind: String,
    /// The address to connect to.
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

/// Requests the targets of an inspector. An address with a path names a target itself.
///
/// # Errors
/// Returns an error if nothing listens or the other side is not an inspector, and [`CaptureError::Cancelled`] if the
/// operation is cancelled.
pub fn targets(address: &Address, remote: Remote, cancel: &CancelToken) -> Result<Vec<Target>, CaptureError> {
    targets_within(address, remote, PATIENCE, cancel)
}

/// Requests the targets of an inspector, as [`targets`] does, with another time limit.
pub(super) fn targets_within(
    address: &Address,
    remote: Remote,
    patience: Duration,
    cancel: &CancelToken,
) -> Result<Vec<Target>, CaptureError> {
    if address.path.is_some() {
        return Ok(vec![address.clone().into()]);
    }
    let body = get(address, "/json/list", (remote, patience), cancel)?;
    let odd = |found: String| CaptureError::NotAnInspector { address: address.authority(), found };
    let listed: Vec<Listed> = serde_json::from_str(&body)
        .map_err(|_| odd(format!("unexpected list of targets: {}", human::visible(&body, 80))))?;
    if listed.len() > MOST_TARGETS {
        let count = human::count(listed.len() as u64);
        return Err(odd(format!("it lists {count} targets; specify one as ws://host:port/id")));
    }
    let targets = listed.into_iter().filter_map(|listed| {
        // Only the path is used: a response must not redirect the connection.
        let at = Address::parse(&listed.web_socket_debugger_url?).ok()?;
        let address = Address { path: at.path, ..address.clone() };
        let [title, url, kind] = [listed.title, listed.url, listed.kind].map(shortened);
        Some(Target { title, url, kind, address })
    });
    let targets: Vec<Target> = targets.collect();
    if targets.is_empty() { Err(CaptureError::NoTarget { address: address.authority() }) } else { Ok(targets) }
}

/// Truncates a text from a target, which is kept, shown and recorded, to [`LONGEST_TEXT`].
pub(super) fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}

/// Sends a request and returns the body of the response.
fn get(
    address: &Address,
    path: &str,
    (remote, patience): (Remote, Duration),
    cancel: &CancelToken,
) -> Result<String, CaptureError> {
    let authority = address.authority();
    let odd = |found: String| CaptureError::NotAnInspector { address: authority.clone(), found };
    let failed = |reason: io::Error| {
        if is_cancelled(&reason) {
            CaptureError::Cancelled
        } else {
            CaptureError::Unreachable { address: authority.clone(), reason }
        }
    };
    let mut line = address.connect(remote, Instant::now() + patience, cancel)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: */*\r\n\r\n");
    line.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer: Vec<u8> = Vec::new();
    let mut head = None;
    let mut buffer = [0; 16 << 10];
    loop {
        if head.is_none() {
            head = read_head(&answer).map_err(odd)?;
        }
        if let Some(Head { bytes, status, length }) = head {
            if status != 200 {
                return Err(odd(format!("{path} returned status {status}")));
            }
            let Some(length) = length else { return Err(odd("the response has no Content-Length".to_owned())) };
            if let Some(body) = answer.get(bytes..).and_then(|body| body.get(..length)) {
                return String::from_utf8(body.to_vec()).map_err(|_| odd("the response is not UTF-8".to_owned()));
            }
        }
        match line.read(&mut buffer) {
            Ok(0) if answer.is_empty() => return Err(odd("it closed the connection without a response".to_owned())),
            Ok(0) => return Err(odd(format!("incomplete response: {}", shown(&answer)))),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut && answer.is_empty() => {
                return Err(odd("it accepted the connection but does not respond".to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let patience = human::duration(patience);
                return Err(odd(format!("response incomplete after {patience}: {}", shown(&answer))));
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(60)];
    human::visible(&String::from_utf8_lossy(start), 60).into_owned()
}

/// The head of a response.
#[derive(Clone, Copy)]
struct Head {
    /// The length of the head; the body starts there.
    bytes: usize,
    status: u16,
    /// The length of the body, if the response declares it.
    length: Option<usize>,
}

/// Parses the head of a response once it is complete. Returns an error if it is not HTTP or too long.
fn read_head(answer: &[u8]) -> Result<Option<Head>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let bytes = match response.parse(answer) {
        Ok(httparse::Status::Complete(bytes)) => bytes,
        Ok(httparse::Status::Partial) if answer.len() < LONGEST_HEAD => return Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Err("the response header is too long".to_owned());
        }
        Err(_) => return Err(format!("unexpected response: {}", shown(answer))),
    };
    let mut length = None;
    for header in response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("content-length")) {
        let text = std::str::from_utf8(header.value).unwrap_or_default();
        let found = text.trim().parse::<usize>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        match found {
            Some(found) if found > LONGEST_BODY => return Err("the response is too long".to_owned()),
            Some(found) if length.is_none_or(|length| length == found) => length = Some(found),
            _ => return Err(format!("invalid Content-Length: {}", shown(header.value))),
        }
    }
    Ok(Some(Head { bytes, status: response.code.unwrap_or_default(), length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_length_must_be_a_number_and_unambiguous() {
        let head = |headers: &str| read_head(format!("HTTP/1.1 200 OK\r\n{headers}\r\n[]").as_bytes());
        let length = |headers: &str| head(headers).map(|head| head.and_then(|head| head.length));
        assert_eq!(length("content-length: 2\r\n"), Ok(Some(2)));
        assert_eq!(length("Content-Length: 2\r\nContent-Length: 2\r\n"), Ok(Some(2)));
        assert_eq!(length("A: b\r\n"), Ok(None));
        for bad in ["-5", "+5", "", "1, 1", "99999999999999999999999", "18446744073709551615", "2\r\nContent-Length: 3"]
        {
            assert!(length(&format!("Content-Length: {bad}\r\n")).is_err(), "{bad}");
        }
        assert!(matches!(read_head(b"HTTP/1.1 200 OK\r\nA: b"), Ok(None)));
        for endless in ["A: b\r\n".repeat(MOST_HEADERS + 1), format!("A: {}", "b".repeat(LONGEST_HEAD))] {
            assert!(read_head(format!("HTTP/1.1 200 OK\r\n{endless}").as_bytes()).is_err());
        }
        assert!(read_head(b"SSH-2.0-OpenSSH_9.6\r\n").is_err());
    }
}

//! Inspector addresses.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Instant;
use std::{fmt, io};

use super::CaptureError;
use super::line::{self, Line};
use crate::model::CancelToken;

/// The default port of `--inspect`.
const USUAL_PORT: u16 = 9229;

/// Permission to connect to other machines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Remote {
    #[default]
    Refused,
    /// The user confirmed the connection.
    Confirmed,
}

/// Host and port, and the path of the websocket if the address names a target.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    /// The host, without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    pub path: Option<String>,
}

impl Address {
    /// Parses `host:port`, a port, a host, or `ws://host:port/path`.
    ///
    /// # Errors
    /// Returns [`CaptureError::BadAddress`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CaptureError> {
        let bad = || CaptureError::BadAddress { text: text.to_owned() };
        let text_without = text.trim();
        let (rest, is_socket) = match text_without.split_once("://") {
            Some(("ws", rest)) => (rest, true),
            Some(("http", rest)) => (rest, false),
            Some(_) => return Err(bad()),
            None => (text_without, false),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(format!("/{path}"))),
            None => (rest, None),
        };
        let path = path.filter(|path| is_socket && path.len() > 1);
        // The path becomes part of a request, so it must not contain spaces or line breaks.
        let is_in_a_path = |byte: u8| byte.is_ascii_graphic();
        if is_socket && !path.as_ref().is_some_and(|path| path.bytes().all(is_in_a_path)) {
            return Err(bad());
        }
        let port_of = |text: &str| text.parse::<u16>().ok().filter(|&port| port > 0).ok_or_else(bad);
        let (host, port) = if let Some(inner) = authority.strip_prefix('[') {
            let (host, after) = inner.split_once(']').ok_or_else(bad)?;
            (host, after.strip_prefix(':').map_or(Ok(USUAL_PORT), port_of)?)
        } else if authority.bytes().all(|byte| byte.is_ascii_digit()) {
            ("127.0.0.1", port_of(authority)?)
        } else {
            match authority.rsplit_once(':') {
                Some((host, port)) => (host, port_of(port)?),
                None => (authority, USUAL_PORT),
            }
        };
        let is_host = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(bad());
        }
        Ok(Self { host: host.to_owned(), port, path })
    }

    /// Returns `host:port` as in a `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Returns true if the host is this machine by its name. The port may be forwarded to another one.
    #[must_use]
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        if addresses.is_empty() { Err(io::Error::other("the host has no address")) } else { Ok(addresses) }
    }

    /// Connects before a deadline.
    ///
    /// # Errors
    /// Returns [`CaptureError::Remote`] for another machine without confirmation, or an error if nothing answers.
    pub(super) fn connect(
        &self,
        remote: Remote,
        deadline: Instant,
        cancel: &CancelToken,
    ) -> Result<Line, CaptureError> {
        let (named, address) = (self.clone(), self.authority());
        let failed = move |reason: io::Error| match reason.kind() {
            io::ErrorKind::ConnectionRefused => CaptureError::Refused { address: address.clone() },
            _ => CaptureError::Unreachable { address: address.clone(), reason },
        };
        let unresolved = failed.clone();
        let resolve = move || {
            let all = named.resolve().map_err(unresolved)?;
            // Connect to exactly the addresses that were checked: the name may resolve to others the next time.
            if remote == Remote::Refused && !all.iter().all(|address| address.ip().is_loopback()) {
                return Err(CaptureError::Remote { host: named.host });
            }
            Ok(all)
        };
        line::connect(resolve, failed, deadline, cancel)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "ws://{}{path}", self.authority()),
            None => f.write_str(&self.authority()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_in_all_common_forms() {
        for (text, expected) in [
            ("127.0.0.1:9229", "127.0.0.1:9229"),
            ("9230", "127.0.0.1:9230"),
            ("localhost", "localhost:9229"),
            (" [::1]:9230 ", "[::1]:9230"),
            ("http://localhost:9222/json", "localhost:9222"),
            ("ws://127.0.0.1:9229/0f2c-1", "ws://127.0.0.1:9229/0f2c-1"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "",
            "wss://a/b",
            "a b:1",
            "host:99999",
            "host:0",
            "ws://127.0.0.1:9229",
            "a\r\nb:1",
            "[::1",
            "ws://a:1/x y",
            "ws://a:1/\u{202e}",
            "ws://a:1/x\r\ny",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn connecting_to_another_machine_requires_confirmation() {
        // An address reserved for documentation; nothing is sent before the refusal.
        let address = Address::parse("192.0.2.1:9229").unwrap();
        let deadline = Instant::now() + std::time::Duration::from_secs(20);
        let error = address.connect(Remote::Refused, deadline, &CancelToken::new()).unwrap_err();
        assert!(matches!(error, CaptureError::Remote { .. }), "{error}");
    }
}

//! Addresses of inspectors.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::CaptureError;

/// Where `--inspect` listens if nothing else is said.
const USUAL_PORT: u16 = 9229;
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether other machines may be connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Remote {
    #[default]
    Refused,
    /// Someone said so.
    Confirmed,
}

/// Host and port, and the path of the websocket if the address names a target.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    /// Without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    pub path: Option<String>,
}

impl Address {
    /// Reads `host:port`, a port, a host, or `ws://host:port/path`.
    ///
    /// # Errors
    /// [`CaptureError::BadAddress`].
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
        if is_socket && path.is_none() {
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

    /// `host:port` as a header has it.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether every address of the host is this machine's own.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.resolve().is_ok_and(|addresses| addresses.iter().all(|address| address.ip().is_loopback()))
    }

    fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        if addresses.is_empty() { Err(io::Error::other("the host has no address")) } else { Ok(addresses) }
    }

    /// Connects; reads wait a short time only, so that whoever reads can look whether to go on.
    ///
    /// # Errors
    /// [`CaptureError::Remote`] for other machines that were not confirmed; where nobody answers.
    pub(super) fn connect(&self, remote: Remote, read_patience: Duration) -> Result<TcpStream, CaptureError> {
        let address = self.authority();
        let unreachable = |source| CaptureError::Unreachable { address: address.clone(), source };
        let all = self.resolve().map_err(unreachable)?;
        // What was looked at is what is connected to: a name may mean another address the next time.
        if remote == Remote::Refused && !all.iter().all(|address| address.ip().is_loopback()) {
            return Err(CaptureError::Remote { host: self.host.clone() });
        }
        let mut error = None;
        for socket_address in all {
            match TcpStream::connect_timeout(&socket_address, PATIENCE) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(unreachable)?;
                    stream.set_read_timeout(Some(read_patience)).map_err(unreachable)?;
                    stream.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
                    return Ok(stream);
                }
                Err(reason) => error = Some(reason),
            }
        }
        Err(match error {
            Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => CaptureError::Refused { address },
            Some(error) => CaptureError::Unreachable { address, source: error },
            None => CaptureError::Refused { address },
        })
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
    fn addresses_are_read_as_people_and_programs_write_them() {
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
        for text in ["", "wss://a/b", "a b:1", "host:99999", "host:0", "ws://127.0.0.1:9229", "a\r\nb:1", "[::1"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn another_machine_is_not_connected_to_without_a_word() {
        // An address for documentation; nothing is sent before the refusal.
        let address = Address::parse("192.0.2.1:9229").unwrap();
        assert!(!address.is_loopback());
        let error = address.connect(Remote::Refused, PATIENCE).unwrap_err();
        assert!(matches!(error, CaptureError::Remote { .. }), "{error}");
        assert!(Address::parse("127.0.0.1:1").unwrap().is_loopback());
    }
}

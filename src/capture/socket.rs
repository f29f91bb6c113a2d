//! The websocket of a target. Messages are sent and received within limits.

use std::io;
use std::time::{Duration, Instant};

use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error as SocketError, HandshakeError, Message, Utf8Bytes, WebSocket};

use super::line::{Line, is_cancelled};
use super::{Address, CaptureError, Remote};
use crate::model::CancelToken;

/// The maximum size of a message. Chunks of snapshots have about 100 kB; a sampling profile is one message.
const LONGEST_MESSAGE: usize = 64 << 20;
const READ_BUFFER: usize = 256 << 10;
/// The cost of a ping, in bytes of unrequested data: answering it costs more than reading it.
const COST_OF_PING: usize = 64 << 10;

/// An open websocket.
#[derive(Debug)]
pub(super) struct Socket {
    socket: WebSocket<Line>,
}

/// The result of a read.
pub(super) enum Arrived {
    Text(Utf8Bytes),
    /// Something else, such as a ping, with its cost in bytes.
    Other(usize),
    /// Nothing within a [tick](super::line::TICK).
    Nothing,
}

impl Socket {
    /// Connects and opens the websocket, until a deadline.
    pub(super) fn open(
        address: &Address,
        remote: Remote,
        deadline: Instant,
        cancel: &CancelToken,
    ) -> Result<Self, CaptureError> {
        let mut line = address.connect(remote, deadline, cancel)?;
        line.count_fragments();
        Ok(Self { socket: upgrade(address, line)? })
    }

    /// Sets the deadline and the cancel token of sends and receives.
    pub(super) fn limit(&mut self, deadline: Option<Instant>, cancel: &CancelToken) {
        self.socket.get_mut().limit(deadline, cancel);
    }

    /// Sets the maximum size of a message in bytes, if it is larger than the usual one.
    pub(super) fn allow(&mut self, bytes: u64) {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX).max(LONGEST_MESSAGE);
        self.socket.set_config(|config| {
            (config.max_message_size, config.max_frame_size) = (Some(most), Some(most));
        });
    }

    /// Returns how long nothing has arrived while waiting for data.
    pub(super) fn silence(&self) -> Duration {
        self.socket.get_ref().silence()
    }

    /// Returns true if a message has arrived only in part.
    pub(super) fn is_in_message(&self) -> bool {
        self.socket.get_ref().is_in_message()
    }

    pub(super) fn send(&mut self, text: String) -> Result<(), Broken> {
        let mut sent = self.socket.send(Message::text(text));
        // Unsent data waits in the buffer of the socket.
        while matches!(&sent, Err(SocketError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock) {
            sent = self.socket.flush();
        }
        sent.map_err(broken)
    }

    pub(super) fn receive(&mut self) -> Result<Arrived, Broken> {
        // Messages in the buffer are returned without checking the line, so check it here.
        self.socket.get_ref().check().map_err(|error| broken(SocketError::Io(error)))?;
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Arrived::Text(text)),
            Ok(Message::Close(_)) => Err(CaptureError::Closed.into()),
            Ok(message) => Ok(Arrived::Other(message.len().max(COST_OF_PING))),
            Err(SocketError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(Arrived::Nothing),
            Err(error) => Err(broken(error)),
        }
    }
}

/// Opens the websocket of a target.
fn upgrade(address: &Address, line: Line) -> Result<WebSocket<Line>, CaptureError> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let path = address.path.as_deref().unwrap_or("/");
    let request = format!("ws://{}{path}", address.authority());
    let mut handshake = tungstenite::client::client_with_config(request, line, Some(config));
    let error = loop {
        match handshake {
            Ok((socket, _)) => return Ok(socket),
            // Nothing arrived within a tick. The line fails after its deadline.
            Err(HandshakeError::Interrupted(middle)) => handshake = middle.handshake(),
            Err(HandshakeError::Failure(error)) => break error,
        }
    };
    let found = match error {
        SocketError::Io(error) if is_cancelled(&error) => return Err(CaptureError::Cancelled),
        SocketError::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            "it accepted the connection but does not open a WebSocket".to_owned()
        }
        SocketError::AttackAttempt => "the response header is too long".to_owned(),
        error => format!("no WebSocket at {path} ({error}); the program may have been restarted"),
    };
    Err(CaptureError::NotAnInspector { address: address.authority(), found })
}

/// The reason why nothing more can be read now.
pub(super) enum Broken {
    /// The deadline has passed. The connection can be used for other calls.
    TooLate,
    By(CaptureError),
}

impl From<CaptureError> for Broken {
    fn from(error: CaptureError) -> Self {
        Self::By(error)
    }
}

/// Maps an error of the websocket to the state of the connection.
fn broken(error: SocketError) -> Broken {
    use tungstenite::error::ProtocolError;
    Broken::By(match error {
        SocketError::ConnectionClosed
        | SocketError::AlreadyClosed
        | SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => CaptureError::Closed,
        SocketError::Io(error) => match error.kind() {
            io::ErrorKind::TimedOut => return Broken::TooLate,
            io::ErrorKind::UnexpectedEof => CaptureError::Closed,
            io::ErrorKind::InvalidData => CaptureError::Odd(error.to_string()),
            _ if is_cancelled(&error) => CaptureError::Cancelled,
            _ => CaptureError::Lost(error),
        },
        other => CaptureError::Odd(other.to_string()),
    })
}

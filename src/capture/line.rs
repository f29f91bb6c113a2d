//! The TCP connection below HTTP and the websocket. Reads and writes always return, whatever the peer does.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::CaptureError;
use crate::model::{CancelToken, Cancelled};

/// The maximum time that a read or a write blocks before it returns `WouldBlock`.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// The maximum number of frames in a message before its last one. Inspectors send each message in one frame.
const MOST_FRAGMENTS: u32 = 10_000;

/// A connection whose reads and writes fail with `WouldBlock` after a [`TICK`] without data, with `TimedOut` after the
/// [deadline](Self::limit), and with [`Cancelled`] after a cancellation.
///
/// Otherwise a peer that never stops sending, such as a message of endless empty fragments, would keep the websocket
/// library reading forever.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    cancel: CancelToken,
    deadline: Option<Instant>,
    /// The start of the first read that received nothing since the last data. Earlier time is not the peer's silence.
    silent_since: Option<Instant>,
    fragments: Option<Fragments>,
}

impl Line {
    pub(super) fn new(stream: TcpStream, deadline: Instant, cancel: &CancelToken) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(TICK))?;
        Ok(Self { stream, cancel: cancel.clone(), deadline: Some(deadline), silent_since: None, fragments: None })
    }

    /// Sets the deadline and the cancel token of reads and writes.
    pub(super) fn limit(&mut self, deadline: Option<Instant>, cancel: &CancelToken) {
        self.deadline = deadline;
        self.cancel = cancel.clone();
    }

    /// Starts counting the fragments of websocket messages, after the end of the HTTP header.
    pub(super) fn count_fragments(&mut self) {
        self.fragments = Some(Fragments::default());
    }

    /// Returns how long reads have received nothing.
    pub(super) fn silence(&self) -> Duration {
        self.silent_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Returns true if a websocket message has arrived only in part.
    pub(super) fn is_in_message(&self) -> bool {
        self.fragments.as_ref().is_some_and(Fragments::is_in_message)
    }

    /// Returns an error if cancelled or after the deadline.
    pub(super) fn check(&self) -> io::Result<()> {
        self.cancel.check().map_err(io::Error::other)?;
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let started = Instant::now();
        let read = self.stream.read(buffer).map_err(as_would_block);
        self.silent_since = if read.is_ok() { None } else { self.silent_since.or(Some(started)) };
        let count = read?;
        if let Some(fragments) = &mut self.fragments {
            fragments.see(&buffer[..count])?;
        }
        Ok(count)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        self.stream.write(bytes).map_err(as_would_block)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Maps timeouts, whose error kind depends on the system, and interruptions by a signal to `WouldBlock`.
fn as_would_block(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => io::ErrorKind::WouldBlock.into(),
        _ => error,
    }
}

/// Returns true if the error comes from a cancelled read or write.
pub(super) fn is_cancelled(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Cancelled>())
}

/// Connects to the first address from `resolve` that accepts.
///
/// Resolving a name and connecting can block for as long as the system allows, so a separate thread does both. It is
/// abandoned on cancellation or after the deadline.
pub(super) fn connect(
    resolve: impl FnOnce() -> Result<Vec<SocketAddr>, CaptureError> + Send + 'static,
    failed: impl Fn(io::Error) -> CaptureError + Clone + Send + 'static,
    deadline: Instant,
    cancel: &CancelToken,
) -> Result<Line, CaptureError> {
    let (sender, connected) = sync_channel(1);
    let timed_out = || io::Error::from(io::ErrorKind::TimedOut);
    let unreachable = failed.clone();
    let connect = move || -> Result<TcpStream, CaptureError> {
        let mut error = timed_out();
        for address in resolve()? {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(stream) => return Ok(stream),
                Err(reason) => error = reason,
            }
        }
        Err(unreachable(error))
    };
    let started = thread::Builder::new().name("connect".to_owned()).spawn(move || {
        // The receiver was dropped if this took too long.
        let _ = sender.send(connect());
    });
    if let Err(reason) = started {
        return Err(failed(io::Error::new(reason.kind(), format!("cannot start a thread: {reason}"))));
    }
    loop {
        cancel.check()?;
        match connected.recv_timeout(TICK) {
            Ok(stream) => return Line::new(stream?, deadline, cancel).map_err(failed),
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(_) => return Err(failed(timed_out())),
        }
    }
}

/// A counter of websocket frames, fed with all received bytes. The websocket library does not limit the number of
/// frames per message.
#[derive(Debug, Default)]
struct Fragments {
    place: Place,
    /// The number of frames of the current message.
    count: u32,
}

#[derive(Debug)]
enum Place {
    /// In the handshake response, with this many bytes of `HEAD_END` matched.
    Head(usize),
    Header {
        bytes: [u8; 10],
        have: usize,
    },
    Payload {
        left: u64,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Head(0)
    }
}

const HEAD_END: &[u8] = b"\r\n\r\n";
const START_OF_FRAME: Place = Place::Header { bytes: [0; 10], have: 0 };

impl Fragments {
    fn is_in_message(&self) -> bool {
        self.count > 0 || matches!(self.place, Place::Payload { .. } | Place::Header { have: 1.., .. })
    }

    fn see(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some(&byte) = bytes.first() {
            match &mut self.place {
                Place::Payload { left } => {
                    let skipped = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= skipped as u64;
                    bytes = &bytes[skipped..];
                    if *left == 0 {
                        self.place = START_OF_FRAME;
                    }
                    continue;
                }
                Place::Head(matched) => {
                    *matched = if byte == HEAD_END[*matched] { *matched + 1 } else { usize::from(byte == b'\r') };
                    if *matched == HEAD_END.len() {
                        self.place = START_OF_FRAME;
                    }
                }
                Place::Header { bytes: header, have } => {
                    header[*have] = byte;
                    *have += 1;
                    let extended = match header[1] & 0x7f {
                        126 => 2,
                        127 => 8,
                        _ => 0,
                    };
                    if *have >= 2 && *have == 2 + extended {
                        let header = *header;
                        self.frame(header, extended)?;
                    }
                }
            }
            bytes = &bytes[1..];
        }
        Ok(())
    }

    /// Parses a header. The payload length is in the `extended` bytes after the first two, or in the second byte.
    fn frame(&mut self, header: [u8; 10], extended: usize) -> io::Result<()> {
        let left = match extended {
            0 => u64::from(header[1] & 0x7f),
            _ => header[2..2 + extended].iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
        };
        self.place = if left == 0 { START_OF_FRAME } else { Place::Payload { left } };
        let (is_last, is_data) = (header[0] & 0x80 != 0, header[0] & 0x08 == 0);
        if is_data {
            self.count = if is_last { 0 } else { self.count + 1 };
        }
        if self.count > MOST_FRAGMENTS {
            let text = format!("a message of more than {MOST_FRAGMENTS} fragments");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds frames from first bytes and payload lengths.
    fn frames(of: &[(u8, usize)]) -> Vec<u8> {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n".to_vec();
        for &(first, length) in of {
            bytes.push(first);
            match length {
                0..126 => bytes.push(u8::try_from(length).unwrap()),
                126..65536 => {
                    bytes.push(126);
                    bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend((length as u64).to_be_bytes());
                }
            }
            // A payload that looks like frames.
            bytes.resize(bytes.len() + length, 0x00);
        }
        bytes
    }

    #[test]
    fn fragments_are_counted_per_message_however_the_bytes_are_split() {
        let [text, first, next, last, ping] = [0x81, 0x01, 0x00, 0x80, 0x89];
        let many = MOST_FRAGMENTS as usize;
        let mut ordinary = vec![(text, 0), (text, 125), (text, 126), (text, 70_000), (ping, 5), (first, 300)];
        ordinary.extend(std::iter::repeat_n((next, 1), many - 1));
        ordinary.extend([(last, 3), (first, 0), (next, 0), (last, 0)]);
        let mut endless = vec![(first, 1)];
        endless.extend(std::iter::repeat_n((next, 0), many));
        for piece in [1, 2, 7, 1 << 20] {
            let see = |of: &[(u8, usize)]| {
                let mut fragments = Fragments::default();
                frames(of).chunks(piece).try_for_each(|bytes| fragments.see(bytes)).map(|()| fragments)
            };
            assert!(see(&ordinary).is_ok_and(|fragments| !fragments.is_in_message()), "{piece}");
            for part in [&[(first, 0)][..], &[(first, 9), (next, 9)]] {
                assert!(see(part).is_ok_and(|fragments| fragments.is_in_message()), "{piece}");
            }
            assert_eq!(see(&endless).unwrap_err().kind(), io::ErrorKind::InvalidData, "{piece}");
        }
    }
}

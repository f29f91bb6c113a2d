//! Signals that ask the program to end: Ctrl+C, SIGTERM from a service manager, SIGHUP from a closing terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::CancelToken;

/// The conventional exit code of a program ended by Ctrl+C.
const INTERRUPTED: i32 = 130;

/// A recorder of signals for a loop that polls for them. If a recorded signal is not yet [taken](Self::take), the next
/// one ends the program immediately, so that a blocking call cannot keep it alive.
#[derive(Debug)]
pub(super) struct Interrupts {
    noted: Arc<AtomicBool>,
}

impl Interrupts {
    /// Starts recording signals instead of ending the program. Call this only once.
    pub(super) fn listen() -> io::Result<Self> {
        let noted = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&noted);
        handle(move || {
            if theirs.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
        })?;
        Ok(Self { noted })
    }

    /// Returns true if a signal arrived since the last call.
    pub(super) fn take(&self) -> bool {
        self.noted.swap(false, Ordering::Relaxed)
    }
}

/// Stops the current work on a signal. A signal after that ends the program.
#[derive(Debug)]
pub(super) struct Stop {
    current: Arc<Mutex<CancelToken>>,
}

impl Stop {
    /// Starts to stop work rather than end the program. Call this only once.
    pub(super) fn listen() -> io::Result<Self> {
        Self::listen_for(&CancelToken::new())
    }

    /// As [`Self::listen`], with the token of the current work.
    pub(super) fn listen_for(cancel: &CancelToken) -> io::Result<Self> {
        let current = Arc::new(Mutex::new(cancel.clone()));
        let theirs = Arc::clone(&current);
        handle(move || {
            let current = theirs.lock().unwrap_or_else(PoisonError::into_inner);
            if current.is_cancelled() {
                std::process::exit(INTERRUPTED);
            }
            current.cancel();
        })?;
        Ok(Self { current })
    }

    /// Returns the token of the next work.
    pub(super) fn next(&self) -> CancelToken {
        let token = CancelToken::new();
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = token.clone();
        token
    }
}

/// Calls `act` on each signal.
fn handle(act: impl FnMut() + Send + 'static) -> io::Result<()> {
    let hangup = Hangup::if_ignored();
    ctrlc::set_handler(act).map_err(|error| match error {
        ctrlc::Error::System(error) => error,
        other => io::Error::other(other),
    })?;
    if let Some(hangup) = hangup {
        hangup.restore()?;
    }
    Ok(())
}

/// The SIGHUP action at startup. Under `nohup` it ignores the signal, so that the program outlives its terminal.
#[cfg(unix)]
struct Hangup(libc::sigaction);

#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe function that reads or restores the action of a signal")]
impl Hangup {
    fn if_ignored() -> Option<Self> {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action this only writes the current one, to a struct of the right type.
        let failed = unsafe { libc::sigaction(libc::SIGHUP, std::ptr::null(), action.as_mut_ptr()) } != 0;
        // SAFETY: both all zeros and the value that was written are valid for the struct, which contains integers and
        // an optional function.
        let action = unsafe { action.assume_init() };
        (!failed && action.sa_sigaction == libc::SIG_IGN).then_some(Self(action))
    }

    fn restore(&self) -> io::Result<()> {
        // SAFETY: the action comes from the system and ignores the signal, so none of our code runs in a handler.
        let failed = unsafe { libc::sigaction(libc::SIGHUP, &raw const self.0, std::ptr::null_mut()) } != 0;
        if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// Other systems do not have SIGHUP.
#[cfg(not(unix))]
struct Hangup;

#[cfg(not(unix))]
impl Hangup {
    fn if_ignored() -> Option<Self> {
        None
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as on systems that have the signal")]
    fn restore(&self) -> io::Result<()> {
        Ok(())
    }
}

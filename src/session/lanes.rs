//! Lanes of work with a thread pool each: what is on screen never waits behind a question, and neither behind a load.
//!
//! The pools have all cores but a lowered priority, so that the window gets its share at once when it wants to draw.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use crate::model::{CancelToken, Cancelled};
use crate::snapshot::Snapshot;

pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;
type Job = Box<dyn FnOnce() + Send>;

/// Where a job runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// For what is on screen: short, one after another, never behind the other lane.
    Interactive,
    /// What takes up to some seconds on snapshots that are open: it waits for no load, and no list waits for it.
    Question,
    /// Loads and exports.
    Bulk,
    /// What nobody waits for: indexes are written here, one after another and on one thread.
    Index,
}

/// Why a job gave no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobError {
    Cancelled,
    /// With what the panic said.
    Panicked(String),
}

/// The answer of a job that may still run. Dropping it cancels the job.
#[derive(Debug)]
pub struct Pending<T> {
    answer: Receiver<Result<T, JobError>>,
    cancel: CancelToken,
    pub since: Instant,
}

impl<T> Pending<T> {
    /// The answer, once, when it is there.
    pub fn take(&mut self) -> Option<Result<T, JobError>> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            // The lane ended, as it does when the program closes.
            Err(TryRecvError::Disconnected) => Some(Err(JobError::Cancelled)),
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

pub(super) struct Lanes {
    interactive: Sender<Job>,
    question: Sender<Job>,
    bulk: Sender<Job>,
    index: Sender<Job>,
    graveyard: Sender<Arc<Snapshot>>,
    wake: Wake,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lanes")
    }
}

impl Lanes {
    pub(super) fn start(wake: Wake) -> std::io::Result<Self> {
        let (graveyard, dead) = unbounded::<Arc<Snapshot>>();
        thread::Builder::new().name("free".to_owned()).spawn(move || {
            lower_priority();
            // Freeing gigabytes takes a while; each is dropped as it arrives.
            dead.into_iter().for_each(drop);
        })?;
        let all_cores = 0;
        let (interactive, question) = (lane("list", all_cores)?, lane("question", all_cores)?);
        let (bulk, index) = (lane("load", all_cores)?, lane("index", 1)?);
        Ok(Self { interactive, question, bulk, index, graveyard, wake })
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&CancelToken) -> Result<T, Cancelled> + Send + 'static,
    ) -> Pending<T> {
        let (sender, answer) = bounded(1);
        let cancel = CancelToken::new();
        let (token, wake) = (cancel.clone(), Arc::clone(&self.wake));
        let job = move || {
            let result = if token.is_cancelled() {
                Err(JobError::Cancelled)
            } else {
                match catch_unwind(AssertUnwindSafe(|| work(&token))) {
                    Ok(done) => done.map_err(|Cancelled| JobError::Cancelled),
                    Err(panic) => Err(JobError::Panicked(message_of(panic.as_ref()))),
                }
            };
            // Nobody may be waiting any more.
            let _ = sender.send(result);
            wake();
        };
        let queue = match lane {
            Lane::Interactive => &self.interactive,
            Lane::Question => &self.question,
            Lane::Bulk => &self.bulk,
            Lane::Index => &self.index,
        };
        // A lane ends only with the program; then the answer's channel is closed, which reads as cancelled.
        let _ = queue.send(Box::new(job));
        Pending { answer, cancel, since: Instant::now() }
    }

    /// Drops a snapshot on a thread of its own.
    pub(super) fn free(&self, snapshot: Arc<Snapshot>) {
        let _ = self.graveyard.send(snapshot);
    }
}

/// A thread that runs jobs one after another, each on a pool of so many threads; 0 stands for all cores.
fn lane(name: &'static str, threads: usize) -> std::io::Result<Sender<Job>> {
    let (sender, jobs) = unbounded::<Job>();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |at| format!("{name}-{at}"))
        .start_handler(|_| lower_priority())
        .build()
        .map_err(std::io::Error::other)?;
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        for job in jobs {
            pool.install(job);
        }
    })?;
    Ok(sender)
}

/// Of 99: nice 7 on Linux. The least there is would let a window that paints by the processor, as it does without a graphics
/// card, take all of it for as long as the mouse moves, and the load would stand still.
const PRIORITY: u8 = 28;

/// Work yields to the window. Where the system refuses, it runs as it is.
fn lower_priority() {
    if let Ok(priority) = PRIORITY.try_into() {
        let _ = thread_priority::set_current_thread_priority(thread_priority::ThreadPriority::Crossplatform(priority));
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lanes() -> Lanes {
        Lanes::start(Arc::new(|| {})).expect("threads can be started")
    }

    fn wait<T>(pending: &mut Pending<T>) -> Result<T, JobError> {
        let started = Instant::now();
        loop {
            if let Some(answer) = pending.take() {
                return answer;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "no answer");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_list_does_not_wait_behind_a_load() {
        let lanes = lanes();
        let mut load = lanes.spawn(Lane::Bulk, |cancel| {
            while !cancel.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            cancel.check()
        });
        let mut list = lanes.spawn(Lane::Interactive, |_| Ok(7));
        assert_eq!(wait(&mut list), Ok(7));
        assert!(load.take().is_none(), "the load is still running");
        load.cancel.cancel();
        assert_eq!(wait(&mut load), Err(JobError::Cancelled));
    }

    #[test]
    fn a_job_that_panics_is_an_error_and_the_lane_goes_on() {
        let lanes = lanes();
        let mut bad = lanes.spawn::<()>(Lane::Bulk, |_| panic!("oops {}", 1));
        assert_eq!(wait(&mut bad), Err(JobError::Panicked("oops 1".to_owned())));
        assert_eq!(wait(&mut lanes.spawn(Lane::Bulk, |_| Ok(1))), Ok(1));
    }

    #[test]
    fn dropping_the_answer_cancels_the_job() {
        let lanes = lanes();
        let (sender, seen) = bounded(2);
        let pending = lanes.spawn(Lane::Bulk, move |cancel| {
            let _ = sender.send(());
            while !cancel.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            let _ = sender.send(());
            Ok(())
        });
        assert!(seen.recv_timeout(Duration::from_secs(20)).is_ok(), "it started");
        drop(pending);
        assert!(seen.recv_timeout(Duration::from_secs(20)).is_ok());
    }
}

//! Lanes of work with a thread pool each: visible lists never wait for a question, and neither waits for a load.
//!
//! The pools use all cores with a lowered priority, so that the window gets its share at once when it draws.
//!
//! A job that ignores its cancellation, for example while it reads from a pipe or a network drive that does not
//! respond, does not delay the jobs after it: its thread is abandoned and a new one takes over the lane.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use crate::memory;
use crate::model::{CancelToken, Cancelled};
use crate::query::Lane;

pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;
type Job = Box<dyn FnOnce() + Send>;

/// The reason why a job has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobError {
    Cancelled,
    /// The message of the panic.
    Panicked(String),
}

/// The answer of a job that may still run. Dropping it cancels the job.
#[derive(Debug)]
pub struct Pending<T> {
    answer: Receiver<Result<T, JobError>>,
    cancel: CancelToken,
    job: Started,
    is_answered: bool,
    pub since: Instant,
}

impl<T> Pending<T> {
    /// Returns the answer, once, when it is ready.
    pub fn take(&mut self) -> Option<Result<T, JobError>> {
        let answer = match self.answer.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            // The lane has ended, as it does when the program closes.
            Err(TryRecvError::Disconnected) => Err(JobError::Cancelled),
        };
        self.is_answered = true;
        Some(answer)
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
        if !self.is_answered {
            self.job.expect_end();
        }
    }
}

/// A job of a lane, by its number there.
#[derive(Debug)]
struct Started {
    lane: Arc<Worker>,
    number: u64,
    cancelled: Sender<Cancellation>,
}

impl Started {
    /// Replaces the thread of the job unless the job ends soon.
    fn expect_end(&self) {
        let cancellation = Cancellation { lane: Arc::clone(&self.lane), number: self.number, at: Instant::now() };
        // The receiver lives as long as the program.
        let _ = self.cancelled.send(cancellation);
    }
}

/// A cancelled job, and the time of the cancellation.
#[derive(Debug)]
struct Cancellation {
    lane: Arc<Worker>,
    number: u64,
    at: Instant,
}

/// The time limit for a job to end after its cancellation. A job that takes longer may wait for a disk or a pipe
/// forever.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Lanes {
    interactive: Queue,
    question: Queue,
    bulk: Queue,
    index: Queue,
    cancelled: Sender<Cancellation>,
    graveyard: DropThread,
    wake: Wake,
    /// The number of jobs that wait or run.
    unfinished: Arc<AtomicUsize>,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lanes")
    }
}

impl Lanes {
    pub(super) fn start(wake: Wake) -> std::io::Result<Self> {
        let graveyard = DropThread::start()?;
        let (cancelled, cancellations) = unbounded::<Cancellation>();
        thread::Builder::new().name("cancel".to_owned()).spawn(move || {
            // They arrive in chronological order, so deadlines ascend.
            for Cancellation { lane, number, at } in cancellations {
                thread::sleep((at + PATIENCE).saturating_duration_since(Instant::now()));
                lane.give_up(number);
            }
        })?;
        let all_cores = 0;
        Ok(Self {
            interactive: Queue::start("list", all_cores)?,
            question: Queue::start("question", all_cores)?,
            bulk: Queue::start("load", all_cores)?,
            index: Queue::start("index", 1)?,
            cancelled,
            graveyard,
            wake,
            unfinished: Arc::default(),
        })
    }

    /// Returns true if a job waits or runs.
    pub(super) fn is_busy(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) > 0
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&CancelToken) -> Result<T, Cancelled> + Send + 'static,
    ) -> Pending<T> {
        let (sender, answer) = bounded(1);
        let cancel = CancelToken::new();
        let (token, wake) = (cancel.clone(), Arc::clone(&self.wake));
        let unfinished = Arc::clone(&self.unfinished);
        unfinished.fetch_add(1, Ordering::AcqRel);
        let job = move || {
            let result = if token.is_cancelled() {
                Err(JobError::Cancelled)
            } else {
                match catch_unwind(AssertUnwindSafe(|| work(&token))) {
                    Ok(done) => done.map_err(|Cancelled| JobError::Cancelled),
                    Err(panic) => Err(JobError::Panicked(message_of(panic.as_ref()))),
                }
            };
            // The receiver may be gone.
            let _ = sender.send(result);
            unfinished.fetch_sub(1, Ordering::AcqRel);
            wake();
        };
        let queue = match lane {
            Lane::Interactive => &self.interactive,
            Lane::Question => &self.question,
            Lane::Bulk => &self.bulk,
            Lane::Index => &self.index,
        };
        let number = queue.push(Box::new(job));
        let job = Started { lane: Arc::clone(&queue.worker), number, cancelled: self.cancelled.clone() };
        Pending { answer, cancel, job, is_answered: false, since: Instant::now() }
    }

    /// Returns the thread that drops large values.
    pub(super) fn graveyard(&self) -> &DropThread {
        &self.graveyard
    }
}

/// Drops values on its own thread: freeing gigabytes takes a while.
#[derive(Clone, Debug)]
pub(super) struct DropThread(Sender<Box<dyn Any + Send>>);

impl DropThread {
    /// After this time without another value, freed memory is returned to the system.
    const QUIET: Duration = Duration::from_millis(300);

    pub(super) fn start() -> std::io::Result<Self> {
        let (sender, dead) = unbounded::<Box<dyn Any + Send>>();
        thread::Builder::new().name("free".to_owned()).spawn(move || {
            lower_priority();
            while let Ok(value) = dead.recv() {
                drop(value);
                while let Ok(value) = dead.recv_timeout(Self::QUIET) {
                    drop(value);
                }
                memory::give_back();
            }
        })?;
        Ok(Self(sender))
    }

    pub(super) fn free(&self, value: impl Any + Send) {
        let _ = self.0.send(Box::new(value));
    }
}

/// The sending side of a lane.
struct Queue {
    jobs: Sender<(u64, Job)>,
    pushed: AtomicU64,
    worker: Arc<Worker>,
}

impl Queue {
    fn start(name: &'static str, pool_threads: usize) -> std::io::Result<Self> {
        let (jobs, queued) = unbounded();
        let worker = Arc::new(Worker { name, pool_threads, jobs: queued, now: Mutex::default() });
        worker.start_thread(0)?;
        Ok(Self { jobs, pushed: AtomicU64::new(0), worker })
    }

    /// Queues a job and returns its number.
    fn push(&self, job: Job) -> u64 {
        let number = self.pushed.fetch_add(1, Ordering::Relaxed);
        // A lane ends only with the program; then the channel of the answer is closed, which counts as cancelled.
        let _ = self.jobs.send((number, job));
        number
    }
}

/// Runs the jobs of a lane one after another on one thread, each on a pool.
struct Worker {
    name: &'static str,
    /// The number of pool threads; 0 for all cores.
    pool_threads: usize,
    jobs: Receiver<(u64, Job)>,
    now: Mutex<Now>,
}

/// The current state of a lane.
#[derive(Debug, Default)]
struct Now {
    /// The number of the thread that takes jobs; earlier ones were abandoned.
    thread: u64,
    /// The number of the job that this thread runs.
    job: Option<u64>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Worker {
    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing panics while holding the lock.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_thread(self: &Arc<Self>, thread: u64) -> std::io::Result<()> {
        let name = self.name;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.pool_threads)
            .thread_name(move |at| format!("{name}-{at}"))
            .start_handler(|_| lower_priority())
            .build()
            .map_err(std::io::Error::other)?;
        let worker = Arc::clone(self);
        thread::Builder::new().name(name.to_owned()).spawn(move || worker.run(thread, &pool))?;
        Ok(())
    }

    /// Runs jobs until the program ends or another thread has taken over.
    fn run(&self, thread: u64, pool: &rayon::ThreadPool) {
        for (number, job) in &self.jobs {
            self.now().job = Some(number);
            pool.install(job);
            let mut now = self.now();
            if now.thread != thread {
                return;
            }
            now.job = None;
        }
    }

    /// Starts a new thread if the current one still runs this job. The old thread ends when the job does, if ever.
    fn give_up(self: &Arc<Self>, number: u64) {
        let mut now = self.now();
        // If no new thread can be started, keep waiting for the old one.
        if now.job == Some(number) && self.start_thread(now.thread + 1).is_ok() {
            (now.thread, now.job) = (now.thread + 1, None);
        }
    }
}

/// Of 99: nice 7 on Linux. The lowest priority would starve loads: a window without a graphics card paints on the CPU
/// and takes all of it while the mouse moves.
const PRIORITY: u8 = 28;

/// Lowers the priority of the thread, so that work yields to the window. Ignores a refusal by the system.
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
    fn a_list_does_not_wait_for_a_load() {
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
    fn a_job_that_panics_returns_an_error_and_the_lane_keeps_running() {
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

    /// Starts a job that ignores its cancellation; it ends with the sender.
    fn stuck(lanes: &Lanes, lane: Lane) -> (Pending<()>, Sender<()>) {
        let (started, has_started) = bounded(1);
        let (release, never) = bounded::<()>(0);
        let pending = lanes.spawn(lane, move |_| {
            let _ = started.send(());
            let _ = never.recv();
            Ok(())
        });
        has_started.recv_timeout(Duration::from_secs(20)).expect("it started");
        (pending, release)
    }

    #[test]
    fn a_job_that_ignores_its_cancellation_does_not_delay_the_next() {
        let lanes = lanes();
        for lane in [Lane::Interactive, Lane::Question, Lane::Bulk, Lane::Index] {
            let (first, _release_first) = stuck(&lanes, lane);
            drop(first);
            // The new thread can get stuck as well.
            let (second, _release_second) = stuck(&lanes, lane);
            drop(second);
            assert_eq!(wait(&mut lanes.spawn(lane, |_| Ok(7))), Ok(7), "{lane:?}");
        }
    }

    #[test]
    fn an_abandoned_thread_takes_no_more_jobs() {
        let lanes = lanes();
        let (pending, release) = stuck(&lanes, Lane::Bulk);
        drop(pending);
        assert_eq!(wait(&mut lanes.spawn(Lane::Bulk, |_| Ok(1))), Ok(1));
        let worker = Arc::clone(&lanes.bulk.worker);
        let with_both = Arc::strong_count(&worker);
        drop(release);
        let started = Instant::now();
        while Arc::strong_count(&worker) >= with_both {
            assert!(started.elapsed() < Duration::from_secs(20), "the old thread is still there");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(wait(&mut lanes.spawn(Lane::Bulk, |_| Ok(2))), Ok(2));
    }

    #[test]
    fn a_job_that_ends_when_it_is_cancelled_keeps_its_thread() {
        let lanes = lanes();
        for _ in 0..20 {
            let (sender, started) = bounded(1);
            let pending = lanes.spawn(Lane::Bulk, move |cancel| {
                let _ = sender.send(());
                while !cancel.is_cancelled() {
                    thread::sleep(Duration::from_millis(1));
                }
                cancel.check()
            });
            started.recv_timeout(Duration::from_secs(20)).expect("it started");
            drop(pending);
        }
        // The last of them has been checked by then.
        thread::sleep(PATIENCE + Duration::from_millis(200));
        assert_eq!(wait(&mut lanes.spawn(Lane::Bulk, |_| Ok(1))), Ok(1));
        assert_eq!(lanes.bulk.worker.now().thread, 0);
    }

    #[test]
    fn a_job_that_is_not_cancelled_has_no_time_limit() {
        let lanes = lanes();
        let (mut pending, release) = stuck(&lanes, Lane::Bulk);
        drop(lanes.spawn(Lane::Bulk, |_| Ok(1)));
        thread::sleep(PATIENCE + Duration::from_millis(200));
        assert_eq!(lanes.bulk.worker.now().thread, 0);
        drop(release);
        assert_eq!(wait(&mut pending), Ok(()));
    }
}

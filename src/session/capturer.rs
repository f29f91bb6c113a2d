//! A thread that holds the connection to a running program, so that the window never waits for one.
//!
//! The window says what it wants and looks once a frame at how things stand. While nothing is asked for, the thread reads
//! what comes, so that the end of the program shows at once, and measures the heap now and then.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::lanes::Wake;
use crate::capture::{self, Address, CaptureError, Connection, HeapUsage, Isolate, Plan, Remote, Target, Watch};
use crate::model::CancelToken;

/// How long the thread reads between two looks at what is asked.
const TICK: Duration = Duration::from_millis(50);
/// How often the heap is measured.
const MEASURED_EVERY: Duration = Duration::from_secs(2);

/// What the thread is asked.
enum Ask {
    List(Address, Remote, CancelToken),
    Connect(Target, Remote, CancelToken),
    CollectGarbage(usize, CancelToken),
    Run(usize, Plan, Watch, CancelToken),
    Disconnect,
}

/// How things stand.
#[derive(Clone, Debug, Default)]
pub struct CaptureState {
    pub targets: Vec<Target>,
    /// The target that is connected to.
    pub connected: Option<Target>,
    /// Its isolates, and their heaps where they are known.
    pub isolates: Vec<(Isolate, Option<HeapUsage>)>,
    /// Something was asked and is not done.
    pub is_busy: bool,
    /// Why the last thing failed.
    pub error: Option<String>,
    /// What must be confirmed: another machine's name.
    pub confirm: Option<String>,
    /// What is being taken, or was taken last.
    pub watch: Option<Watch>,
    /// Counts the captures that ended, well or not.
    pub ended: u64,
}

type Shared = Arc<Mutex<CaptureState>>;

/// Cancels what the thread does by itself. Each turn has a token of its own, so that what is asked during one breaks
/// off no other.
#[derive(Clone, Default)]
struct OwnWork(Arc<Mutex<CancelToken>>);

impl OwnWork {
    fn fresh(&self) -> CancelToken {
        let token = CancelToken::new();
        if let Ok(mut current) = self.0.lock() {
            *current = token.clone();
        }
        token
    }

    fn cancel(&self) {
        if let Ok(current) = self.0.lock() {
            current.cancel();
        }
    }
}

/// The window's end.
pub struct Capturer {
    asks: Sender<Ask>,
    state: Shared,
    /// Of what was asked last.
    cancel: CancelToken,
    own_work: OwnWork,
}

impl fmt::Debug for Capturer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capturer")
    }
}

impl Capturer {
    /// Starts the thread; it ends with this.
    ///
    /// # Errors
    /// Fails if the system gives no thread.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (asks, asked) = unbounded();
        let state = Shared::default();
        let own_work = OwnWork::default();
        let worker = Worker {
            state: Arc::clone(&state),
            own_work: own_work.clone(),
            wake: Arc::new(wake),
            connection: None,
            measured: None,
            remote: Remote::Refused,
        };
        thread::Builder::new().name("capture".to_owned()).spawn(move || worker.run(&asked))?;
        Ok(Self { asks, state, cancel: CancelToken::new(), own_work })
    }

    /// How things stand now.
    #[must_use]
    pub fn state(&self) -> CaptureState {
        self.state.lock().map(|state| state.clone()).unwrap_or_default()
    }

    fn ask(&mut self, ask: impl FnOnce(CancelToken) -> Ask) {
        // What is asked now takes the place of what was asked before.
        self.cancel.cancel();
        self.cancel = CancelToken::new();
        if let Ok(mut state) = self.state.lock() {
            state.is_busy = true;
            (state.error, state.confirm) = (None, None);
        }
        // The thread ends with this value only.
        let _ = self.asks.send(ask(self.cancel.clone()));
        // After it was sent: a turn that begins now finds it.
        self.own_work.cancel();
    }

    /// Asks for the targets at an address; where there is one only, it is connected to.
    pub fn list(&mut self, address: Address, remote: Remote) {
        self.ask(|cancel| Ask::List(address, remote, cancel));
    }

    /// Takes back the question whether another machine is meant.
    pub fn forget_confirmation(&mut self) {
        if let Ok(mut state) = self.state.lock() {
            state.confirm = None;
        }
    }

    pub fn connect(&mut self, target: Target, remote: Remote) {
        self.ask(|cancel| Ask::Connect(target, remote, cancel));
    }

    pub fn disconnect(&mut self) {
        self.ask(|_| Ask::Disconnect);
    }

    /// Collects garbage in an isolate, which is named by its place in [`CaptureState::isolates`].
    pub fn collect_garbage(&mut self, isolate: usize) {
        self.ask(|cancel| Ask::CollectGarbage(isolate, cancel));
    }

    /// Takes what is planned; the answer tells how far it is.
    pub fn run(&mut self, isolate: usize, plan: Plan) -> Watch {
        let watch = Watch::new();
        if let Ok(mut state) = self.state.lock() {
            state.watch = Some(watch.clone());
        }
        let theirs = watch.clone();
        self.ask(|cancel| Ask::Run(isolate, plan, theirs, cancel));
        watch
    }

    /// Stops what is under way.
    pub fn cancel(&mut self) {
        self.cancel.cancel();
        self.own_work.cancel();
    }
}

impl Drop for Capturer {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.own_work.cancel();
    }
}

struct Worker {
    state: Shared,
    own_work: OwnWork,
    wake: Wake,
    connection: Option<Connection>,
    measured: Option<Instant>,
    /// What was confirmed for the connection.
    remote: Remote,
}

impl Worker {
    fn run(mut self, asked: &Receiver<Ask>) {
        loop {
            // Before it is looked at what is asked: whatever is asked later cancels it.
            let cancel = self.own_work.fresh();
            match asked.recv_timeout(TICK) {
                Ok(ask) => {
                    let is_run = matches!(ask, Ask::Run(..));
                    let done = self.answer(ask);
                    self.settle(done, is_run);
                }
                Err(RecvTimeoutError::Timeout) => {
                    match self.idle(&cancel) {
                        Ok(()) => {}
                        // What was asked meanwhile is under way, and nothing has become of it yet.
                        Err(error) if error.is_cancelled() => {}
                        Err(error) => self.settle(Err(error), false),
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut CaptureState)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
        (self.wake)();
    }

    /// Notes how it went. A connection that broke is gone.
    fn settle(&mut self, done: Result<(), CaptureError>, is_run: bool) {
        let mut is_broken = done.as_ref().is_err_and(breaks_connection);
        if is_run && done.is_err() && !is_broken {
            // The rest of what was broken off would come into the next file. A new connection knows nothing of it, and the
            // program stops what it did for the old one.
            let again = self.connection.take().map(|old| old.target().clone());
            let cancel = self.own_work.fresh();
            let connected = again.map(|target| self.connect(&target, self.remote, &cancel));
            is_broken = !matches!(connected, Some(Ok(())));
        }
        if is_broken {
            self.connection = None;
        }
        self.change(|state| {
            state.is_busy = false;
            state.ended += u64::from(is_run);
            if is_broken {
                state.connected = None;
                state.isolates.clear();
            }
            match done {
                Ok(()) => {}
                Err(CaptureError::Remote { host }) => state.confirm = Some(host),
                Err(error) if error.is_cancelled() => {}
                Err(error) => state.error = Some(error.to_string()),
            }
        });
    }

    fn answer(&mut self, ask: Ask) -> Result<(), CaptureError> {
        match ask {
            Ask::List(address, remote, cancel) => {
                self.disconnect();
                self.change(|state| state.targets.clear());
                let targets = capture::targets(&address, remote, &cancel)?;
                self.change(|state| state.targets.clone_from(&targets));
                match &targets[..] {
                    [only] => self.connect(only, remote, &cancel),
                    _ => Ok(()),
                }
            }
            Ask::Connect(target, remote, cancel) => {
                self.disconnect();
                self.connect(&target, remote, &cancel)
            }
            Ask::Disconnect => {
                self.disconnect();
                Ok(())
            }
            Ask::CollectGarbage(isolate, cancel) => {
                let Some((connection, isolate)) = self.isolate(isolate) else { return Err(CaptureError::Closed) };
                connection.collect_garbage(&isolate, &cancel)?;
                self.measure(&cancel)
            }
            Ask::Run(isolate, plan, watch, cancel) => {
                let Some((connection, isolate)) = self.isolate(isolate) else { return Err(CaptureError::Closed) };
                capture::run(connection, &isolate, &plan, &watch, &cancel)
            }
        }
    }

    /// The isolate that stands at a place of the list as the window has it.
    fn isolate(&mut self, at: usize) -> Option<(&mut Connection, Isolate)> {
        let isolate = self.state.lock().ok()?.isolates.get(at)?.0.clone();
        Some((self.connection.as_mut()?, isolate))
    }

    fn disconnect(&mut self) {
        self.connection = None;
        self.change(|state| {
            state.connected = None;
            state.isolates.clear();
        });
    }

    fn connect(&mut self, target: &Target, remote: Remote, cancel: &CancelToken) -> Result<(), CaptureError> {
        self.remote = remote;
        self.connection = Some(Connection::open(target, remote, cancel)?);
        self.change(|state| state.connected = Some(target.clone()));
        self.measure(cancel)
    }

    /// Reads what comes, and measures when it is time.
    fn idle(&mut self, cancel: &CancelToken) -> Result<(), CaptureError> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        connection.idle(Instant::now() + TICK, cancel)?;
        match self.measured {
            Some(measured) if measured.elapsed() < MEASURED_EVERY => Ok(()),
            _ => self.measure(cancel),
        }
    }

    fn measure(&mut self, cancel: &CancelToken) -> Result<(), CaptureError> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        self.measured = Some(Instant::now());
        let mut measured = Vec::new();
        for isolate in connection.isolates().to_vec() {
            match connection.heap_usage(&isolate, cancel) {
                Ok(usage) => measured.push((isolate, usage)),
                // It is no longer one of them.
                Err(CaptureError::WorkerEnded) => {}
                Err(error) => return Err(error),
            }
        }
        self.change(|state| state.isolates = measured);
        Ok(())
    }
}

/// Whether nothing more can be asked over the connection.
fn breaks_connection(error: &CaptureError) -> bool {
    match error {
        CaptureError::Closed | CaptureError::Lost(_) | CaptureError::Odd(_) => true,
        CaptureError::Incomplete { why, .. } => breaks_connection(why),
        _ => false,
    }
}

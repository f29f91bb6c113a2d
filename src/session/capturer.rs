//! A thread that holds the connection to a running program, so that the window never waits for it.
//!
//! The window sends requests and reads the state once per frame. Between requests the thread reads incoming messages,
//! so that the end of the program is noticed at once, and measures the heap periodically.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::lanes::Wake;
use crate::capture::{
    self, Address, CaptureError, Connection, HeapUsage, Isolate, LocalInspectors, LocalSearch, LocalTarget, Plan,
    Remote, Target, Watch,
};
use crate::model::CancelToken;

/// The time that the thread reads between two checks for requests.
const TICK: Duration = Duration::from_millis(50);
/// The interval between heap measurements.
const MEASURED_EVERY: Duration = Duration::from_secs(2);
/// The interval between searches for programs on this machine.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// A request to the thread.
enum Ask {
    List(Address, Remote, CancelToken),
    Connect(Target, Remote, CancelToken),
    CollectGarbage(usize, CancelToken),
    Run(usize, Plan, Watch, CancelToken),
    Disconnect,
}

/// The state of the connection.
#[derive(Clone, Debug, Default)]
pub struct CaptureState {
    pub targets: Vec<Target>,
    /// The connected target.
    pub connected: Option<Target>,
    /// Its isolates, and their heaps if known.
    pub isolates: Vec<(Isolate, Option<HeapUsage>)>,
    /// True if a request is not finished.
    pub is_busy: bool,
    /// The error of the last request.
    pub error: Option<String>,
    /// The name of another machine that must be confirmed.
    pub confirm: Option<String>,
    /// The current or the last capture.
    pub watch: Option<Watch>,
    /// The targets of programs on this machine; `None` until the first search has ended.
    pub local: Option<Vec<LocalTarget>>,
    /// The number of captures that ended, successfully or not.
    pub ended: u64,
}

type Shared = Arc<Mutex<CaptureState>>;

/// Cancels the background work of the thread. Each turn has its own token, so that a request cancels only the turn in
/// which it arrives.
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

/// The handle that the window owns.
pub(crate) struct Capturer {
    asks: Sender<Ask>,
    state: Shared,
    /// The token of the last request.
    cancel: CancelToken,
    own_work: OwnWork,
    /// The search for programs on this machine, while the window shows them.
    search: Arc<Mutex<Option<LocalSearch>>>,
}

impl fmt::Debug for Capturer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capturer")
    }
}

impl Capturer {
    /// Starts the thread. It ends when this value is dropped.
    ///
    /// # Errors
    /// Returns an error if the system cannot start a thread.
    pub(crate) fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (asks, asked) = unbounded();
        let state = Shared::default();
        let own_work = OwnWork::default();
        let search = Arc::<Mutex<Option<LocalSearch>>>::default();
        let worker = Worker {
            state: Arc::clone(&state),
            own_work: own_work.clone(),
            wake: Arc::new(wake),
            connection: None,
            measured: None,
            remote: Remote::Refused,
            search: Arc::clone(&search),
            inspectors: LocalInspectors::default(),
            looked: None,
        };
        thread::Builder::new().name("capture".to_owned()).spawn(move || worker.run(&asked))?;
        Ok(Self { asks, state, cancel: CancelToken::new(), own_work, search })
    }

    /// Returns the current state.
    #[must_use]
    pub(crate) fn state(&self) -> CaptureState {
        self.state.lock().map(|state| state.clone()).unwrap_or_default()
    }

    fn ask(&mut self, ask: impl FnOnce(CancelToken) -> Ask) {
        // A request replaces the previous one.
        self.cancel.cancel();
        self.cancel = CancelToken::new();
        if let Ok(mut state) = self.state.lock() {
            state.is_busy = true;
            (state.error, state.confirm) = (None, None);
        }
        // The thread lives as long as this value.
        let _ = self.asks.send(ask(self.cancel.clone()));
        // Cancel after sending: a turn that begins now finds the request.
        self.own_work.cancel();
    }

    /// Requests the targets at an address, and connects if there is only one.
    pub(crate) fn list(&mut self, address: Address, remote: Remote) {
        self.ask(|cancel| Ask::List(address, remote, cancel));
    }

    /// Withdraws the question whether to connect to another machine.
    pub(crate) fn forget_confirmation(&mut self) {
        if let Ok(mut state) = self.state.lock() {
            state.confirm = None;
        }
    }

    /// Looks for programs on this machine from now on, or stops it.
    pub(crate) fn look_for_local(&self, search: Option<&LocalSearch>) {
        if let Ok(mut current) = self.search.lock()
            && current.as_ref() != search
        {
            *current = search.cloned();
        }
    }

    /// Connects to a target. One that was not listed replaces the list.
    pub(crate) fn connect(&mut self, target: Target, remote: Remote) {
        if let Ok(mut state) = self.state.lock()
            && !state.targets.contains(&target)
        {
            state.targets = vec![target.clone()];
        }
        self.ask(|cancel| Ask::Connect(target, remote, cancel));
    }

    pub(crate) fn disconnect(&mut self) {
        self.ask(|_| Ask::Disconnect);
    }

    /// Collects garbage in an isolate, given by its index in [`CaptureState::isolates`].
    pub(crate) fn collect_garbage(&mut self, isolate: usize) {
        self.ask(|cancel| Ask::CollectGarbage(isolate, cancel));
    }

    /// Starts a capture. The result reports its progress.
    pub(crate) fn run(&mut self, isolate: usize, plan: Plan) -> Watch {
        let watch = Watch::new();
        if let Ok(mut state) = self.state.lock() {
            state.watch = Some(watch.clone());
        }
        let theirs = watch.clone();
        self.ask(|cancel| Ask::Run(isolate, plan, theirs, cancel));
        watch
    }

    /// Stops the current request.
    pub(crate) fn cancel(&mut self) {
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
    /// The confirmed permission for the connection.
    remote: Remote,
    search: Arc<Mutex<Option<LocalSearch>>>,
    inspectors: LocalInspectors,
    /// The time of the last search for programs on this machine.
    looked: Option<Instant>,
}

impl Worker {
    fn run(mut self, asked: &Receiver<Ask>) {
        loop {
            // Created before the check for requests: any later request cancels it.
            let cancel = self.own_work.fresh();
            match asked.recv_timeout(TICK) {
                Ok(ask) => {
                    let is_run = matches!(ask, Ask::Run(..));
                    let done = self.answer(ask);
                    self.settle(done, is_run);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.look_for_local(&cancel);
                    match self.idle(&cancel) {
                        Ok(()) => {}
                        // A request arrived in the meantime, so there is no result to report.
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

    /// Records the result. A broken connection is dropped.
    fn settle(&mut self, done: Result<(), CaptureError>, is_run: bool) {
        let mut is_broken = done.as_ref().is_err_and(breaks_connection);
        if is_run && done.is_err() && !is_broken {
            // The rest of the cancelled data would end up in the next file. A new connection does not receive it, and
            // the program stops the work for the old one.
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

    /// Returns the isolate at an index of the window's list.
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

    /// Looks for programs on this machine, if the window shows them and it is due.
    fn look_for_local(&mut self, cancel: &CancelToken) {
        let Some(search) = self.search.lock().ok().and_then(|search| search.clone()) else { return };
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOKED_EVERY) {
            return;
        }
        let found = self.inspectors.find(&search, cancel);
        // A request arrived in the meantime, so that the search is not complete.
        if cancel.check().is_err() {
            return;
        }
        self.looked = Some(Instant::now());
        let is_known = self.state.lock().is_ok_and(|state| state.local.as_ref().is_some_and(|local| *local == found));
        if !is_known {
            self.change(|state| state.local = Some(found));
        }
    }

    /// Reads incoming messages, and measures the heap when it is due.
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
                // The isolate has ended.
                Err(CaptureError::WorkerEnded) => {}
                Err(error) => return Err(error),
            }
        }
        self.change(|state| state.isolates = measured);
        Ok(())
    }
}

/// Returns true if the connection cannot be used anymore.
fn breaks_connection(error: &CaptureError) -> bool {
    match error {
        CaptureError::Closed | CaptureError::Lost(_) | CaptureError::Odd(_) => true,
        CaptureError::Incomplete { why, .. } => breaks_connection(why),
        _ => false,
    }
}

//! A developer tool behind the feature `frame-times`: measures how long frames take, and how long the user waits for one.
//!
//! A thread requests a frame about sixty times a second, as moving a mouse would, or none if `HEAPGLASS_FRAME_REQUESTS` is
//! `off`, as if nobody touched the window. *Processor time* is the CPU time of the
//! window's thread from the start of a frame to the start of the next: logic, layout, tessellation and handing over to the
//! graphics driver (Linux only). *Work* is the wall-clock time of a frame as eframe measures it: the same plus painting,
//! which runs on the CPU if there is no graphics card, and plus the time of other threads in between. *Request to end* is
//! the time from the request to the end of that frame. The figures are printed when the window closes. With
//! `HEAPGLASS_EXIT_AFTER_LOAD` set, it closes by itself one second after the last file was loaded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};

const PERIOD: Duration = Duration::from_millis(16);

#[derive(Debug)]
pub(super) struct FrameTimes {
    started: Instant,
    /// The time of the oldest unanswered request, in nanoseconds after `started`; 0 if there is none.
    requested_at: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    /// The time from the request to the start of the frame being measured.
    waited: Option<Duration>,
    /// The CPU time of this thread at the start of the frame being measured.
    used: Option<Duration>,
    processor: Vec<Duration>,
    work: Vec<Duration>,
    answers: Vec<Duration>,
    /// The longest answer, and the time at which it ended.
    worst: (Duration, Duration),
    /// The time from the start of the process to the start of the first frame, and to its end.
    first_began: Option<Duration>,
    first_ended: Option<Duration>,
    idle_since: Option<Instant>,
    /// The start of the first load, and its time.
    loading_since: Option<Instant>,
    loaded_in: Option<Duration>,
}

impl FrameTimes {
    pub(super) fn start(ctx: &Context) -> Self {
        let times = Self {
            started: Instant::now(),
            requested_at: Arc::default(),
            stop: Arc::default(),
            waited: None,
            used: None,
            processor: Vec::new(),
            work: Vec::new(),
            answers: Vec::new(),
            worst: Default::default(),
            first_began: None,
            first_ended: None,
            idle_since: None,
            loading_since: None,
            loaded_in: None,
        };
        if std::env::var_os("HEAPGLASS_FRAME_REQUESTS").is_some_and(|value| value == "off") {
            return times;
        }
        let (ctx, started) = (ctx.clone(), times.started);
        let (requested_at, stop) = (Arc::clone(&times.requested_at), Arc::clone(&times.stop));
        let _ = thread::Builder::new().name("frame times".to_owned()).spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(PERIOD);
                let now = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1);
                let _ = requested_at.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
                ctx.request_repaint();
            }
        });
        times
    }

    /// Measures a frame. Call it at the start of each frame with the time of the previous one. Only frames while files load
    /// are counted.
    pub(super) fn frame(&mut self, ctx: &Context, cpu_usage: Option<f32>, is_loading: bool) {
        match (self.first_began, cpu_usage) {
            (None, _) => self.first_began = process_age(),
            (Some(began), Some(work)) if self.first_ended.is_none() => {
                self.first_ended = Some(began + Duration::from_secs_f32(work.max(0.0)));
            }
            _ => {}
        }
        if let (Some(work), Some(waited)) = (cpu_usage, self.waited.take()) {
            let used = processor_time();
            self.processor.extend(self.used.zip(used).map(|(before, now)| now.saturating_sub(before)));
            let work = Duration::from_secs_f32(work.max(0.0));
            self.work.push(work);
            self.answers.push(waited + work);
            self.worst = self.worst.max((waited + work, self.started.elapsed()));
        }
        if is_loading {
            self.loading_since.get_or_insert_with(Instant::now);
        } else if self.loaded_in.is_none() {
            self.loaded_in = self.loading_since.map(|since| since.elapsed());
        }
        let requested_at = self.requested_at.swap(0, Ordering::Relaxed);
        if requested_at != 0 && is_loading {
            self.used = processor_time();
            self.waited = Some(self.started.elapsed().saturating_sub(Duration::from_nanos(requested_at)));
        }
        if is_loading {
            self.idle_since = None;
            return;
        }
        let idle = self.idle_since.get_or_insert_with(Instant::now).elapsed();
        if self.loaded_in.is_some() && std::env::var_os("HEAPGLASS_EXIT_AFTER_LOAD").is_some() {
            if idle > Duration::from_secs(1) {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            } else {
                // Nothing else may request a frame.
                ctx.request_repaint_after(Duration::from_millis(1100));
            }
        }
    }
}

impl Drop for FrameTimes {
    #[expect(clippy::print_stdout, reason = "this tool's output")]
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(time) = self.first_ended {
            println!("first frame {} ms after the start of the process", time.as_millis());
        }
        println!("{} frames while loading; median, 99th percentile, worst in ms", self.work.len());
        let kinds =
            [("processor time", &mut self.processor), ("work", &mut self.work), ("request to end", &mut self.answers)];
        for (what, times) in kinds {
            times.sort_unstable();
            let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
            let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
            println!("{what:<16}{:>8.1}{:>8.1}{:>8.1}", ms(at(50)), ms(at(99)), ms(times.last()));
        }
        if let Some(time) = self.loaded_in {
            println!("all files loaded in {:.2} s", time.as_secs_f64());
        }
        println!("the longest answer ended {:.2} s after the start", self.worst.1.as_secs_f64());
    }
}

/// Returns the time since the process was started, in steps of 10 ms; `None` if the system does not report it.
fn process_age() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let started: f64 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let now: f64 = uptime.split_ascii_whitespace().next()?.parse().ok()?;
    // The kernel reports the start in hundredths of a second since it booted.
    Duration::try_from_secs_f64(now - started / 100.0).ok()
}

/// Returns the CPU time of the calling thread; `None` if the system does not report it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

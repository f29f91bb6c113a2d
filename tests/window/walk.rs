//! Random walks: random keys, clicks, drags and scrolling, in windows of every size and with files of every kind. The window must
//! not panic, the object pane shows the object of the selected row, a step adds at most one visit to the history, and nothing
//! moves without input.
//!
//! `HEAPGLASS_WALK_STEPS` is the number of steps in all (10,000 without it), `HEAPGLASS_WALK_SEED` the first seed.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_kittest::kittest::NodeT as _;
use heapglass::test_support::ui::action::Action;

use crate::window::{Window, bundled, cut_example, example, example_before, window};

/// A source of numbers that only depend on the seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit.max(1) as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn point(&mut self, size: egui::Vec2) -> Pos2 {
        let mut part = || f32::from(u16::try_from(self.below(10_000)).unwrap()) / 10_000.0;
        pos2(size.x * part(), size.y * part())
    }
}

/// Keys that a person may press, with modifiers. Those for the system's file dialog are left out.
const KEYS: &[(Modifiers, Key)] = &[
    (Modifiers::NONE, Key::ArrowDown),
    (Modifiers::NONE, Key::ArrowDown),
    (Modifiers::NONE, Key::ArrowDown),
    (Modifiers::NONE, Key::ArrowUp),
    (Modifiers::NONE, Key::ArrowRight),
    (Modifiers::NONE, Key::ArrowRight),
    (Modifiers::NONE, Key::ArrowLeft),
    (Modifiers::SHIFT, Key::ArrowRight),
    (Modifiers::SHIFT, Key::ArrowLeft),
    (Modifiers::NONE, Key::PageDown),
    (Modifiers::NONE, Key::PageUp),
    (Modifiers::NONE, Key::Home),
    (Modifiers::NONE, Key::End),
    (Modifiers::NONE, Key::Enter),
    (Modifiers::NONE, Key::Escape),
    (Modifiers::NONE, Key::Tab),
    (Modifiers::SHIFT, Key::Tab),
    (Modifiers::NONE, Key::Backspace),
    (Modifiers::NONE, Key::Plus),
    (Modifiers::NONE, Key::Minus),
    (Modifiers::NONE, Key::F6),
    (Modifiers::NONE, Key::F6),
    (Modifiers::NONE, Key::F3),
    (Modifiers::SHIFT, Key::F3),
    (Modifiers::NONE, Key::F1),
    (Modifiers::NONE, Key::Menu),
    (Modifiers::SHIFT, Key::F10),
    (Modifiers::ALT, Key::ArrowLeft),
    (Modifiers::ALT, Key::ArrowRight),
    (Modifiers::COMMAND, Key::K),
    (Modifiers::COMMAND, Key::F),
    (Modifiers::COMMAND, Key::P),
    (Modifiers::COMMAND, Key::G),
    (Modifiers::COMMAND, Key::L),
    (Modifiers::COMMAND, Key::Backslash),
    (Modifiers::COMMAND, Key::Plus),
    (Modifiers::COMMAND, Key::Minus),
    (Modifiers::COMMAND, Key::Num0),
    (Modifiers::COMMAND, Key::Num1),
    (Modifiers::COMMAND, Key::Num2),
    (Modifiers::COMMAND, Key::Num3),
    (Modifiers::COMMAND, Key::Num4),
    (Modifiers::COMMAND, Key::Num5),
    (Modifiers::COMMAND, Key::Num6),
    (Modifiers::COMMAND, Key::Num7),
    (Modifiers::COMMAND, Key::Num8),
    (Modifiers::COMMAND, Key::Num9),
    (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::T),
    (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::A),
];

const TEXTS: &[&str] = &["a", "Map", "size>1kB", "@3", "class:Object", "retained>", "/x/", "ü"];
const SIZES: &[(f32, f32)] = &[(640.0, 480.0), (800.0, 600.0), (1024.0, 700.0), (1280.0, 800.0), (1920.0, 1080.0)];

/// Returns whether a button leads out of the window (system dialogs, other programs) or closes what the walk needs.
fn is_off_limits(label: &str) -> bool {
    [
        "Open",
        "Export",
        "Save report",
        "Save session",
        "Capture",
        "Close",
        "Cancel",
        "Recent",
        "Dismiss",
        "Add source folder",
        "Reveal in file",
    ]
    .iter()
    .any(|start| label.starts_with(start))
        && label != "Close the search"
        && !label.starts_with("Close the left")
        && !label.starts_with("Close the right")
}

/// A widget on screen.
#[derive(Clone, Debug)]
struct Widget {
    role: Role,
    label: String,
    rect: egui::Rect,
    is_selected: bool,
}

/// Returns whether the walk can use such a widget, or a check reads it.
fn is_of_use(role: Role) -> bool {
    matches!(role, Role::Button | Role::Link | Role::CheckBox | Role::RadioButton | Role::ListItem | Role::ComboBox)
        || matches!(role, Role::TextInput | Role::MultilineTextInput | Role::ColumnHeader | Role::Row)
}

fn widgets(window: &Window) -> Vec<Widget> {
    let screen = window.ctx.content_rect();
    let of_use = window.root().children_recursive().filter(|node| is_of_use(node.accesskit_node().role()));
    of_use
        .filter_map(|node| {
            let of = node.accesskit_node();
            let rect = of.bounding_box().map(|_| node.rect())?;
            screen.intersects(rect).then(|| Widget {
                role: of.role(),
                label: of.label().unwrap_or_default(),
                rect,
                is_selected: of.is_selected() == Some(true),
            })
        })
        .collect()
}

struct Walk {
    window: Window,
    dice: Dice,
    at: Pos2,
    done: VecDeque<String>,
    widgets: Vec<Widget>,
}

impl Walk {
    fn note(&mut self, what: String) {
        if self.done.len() >= 25 {
            self.done.pop_front();
        }
        self.done.push_back(what);
    }

    fn size(&self) -> egui::Vec2 {
        self.window.ctx.content_rect().size()
    }

    /// Puts events into one frame.
    fn frame(&mut self, events: impl IntoIterator<Item = Event>) {
        self.window.input_mut().events.extend(events);
        self.window.step();
    }

    fn button(&self, button: PointerButton, pressed: bool) -> Event {
        Event::PointerButton { pos: self.at, button, pressed, modifiers: Modifiers::NONE }
    }

    fn go(&mut self, to: Pos2) -> Event {
        self.at = to;
        Event::PointerMoved(to)
    }

    /// Clicks in one frame, as far as egui can tell.
    fn click(&mut self, to: Pos2, button: PointerButton, times: usize) {
        let mut events = vec![self.go(to)];
        for _ in 0..times {
            events.extend([true, false].map(|pressed| self.button(button, pressed)));
        }
        self.frame(events);
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        let moved = self.go(from);
        self.frame([moved]);
        let pressed = self.button(PointerButton::Primary, true);
        self.frame([pressed]);
        for part in [0.4, 1.0] {
            let moved = self.go(from + (to - from) * part);
            self.frame([moved]);
        }
        let released = self.button(PointerButton::Primary, false);
        self.frame([released]);
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        let changed = Event::ModifiersChanged;
        self.frame([changed(modifiers), event(true), event(false), changed(Modifiers::NONE)]);
    }

    /// A step that nobody planned.
    fn step(&mut self) {
        let has_palette = self.widgets.iter().any(|widget| widget.label == "Command");
        match self.dice.below(100) {
            0..40 => {
                let (modifiers, key) = *self.dice.pick(KEYS);
                // The first command opens the system's dialog.
                if has_palette && key == Key::Enter {
                    return;
                }
                self.note(format!("{modifiers:?}+{key:?}"));
                self.press(modifiers, key);
            }
            40..62 => self.click_row(),
            62..80 => self.click_widget(),
            80..88 => {
                let (to, size) = (self.dice.point(self.size()), self.size());
                let is_covered = |widget: &Widget| widget.rect.contains(to) && is_off_limits(&widget.label);
                if self.widgets.iter().any(is_covered) || to.x > size.x {
                    return;
                }
                let button = *self.dice.pick(&[PointerButton::Primary, PointerButton::Secondary]);
                let times = 1 + self.dice.below(2);
                self.note(format!("{button:?} ×{times} at {to:?}"));
                self.click(to, button, times);
            }
            88..91 => {
                let (from, to) = (self.dice.point(self.size()), self.dice.point(self.size()));
                self.note(format!("drag from {from:?} to {to:?}"));
                self.drag(from, to);
            }
            91..95 => {
                let to = self.dice.point(self.size());
                let by = if self.dice.below(2) == 0 { -300.0 } else { 300.0 };
                self.note(format!("wheel {by} at {to:?}"));
                let moved = self.go(to);
                let wheel = Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta: vec2(0.0, by),
                    phase: egui::TouchPhase::Move,
                    source: egui::MouseWheelSource::Unknown,
                    modifiers: Modifiers::NONE,
                };
                self.frame([moved, wheel]);
            }
            95..97 => {
                let text = *self.dice.pick(TEXTS);
                self.note(format!("type {text}"));
                self.frame([Event::Text(text.to_owned())]);
            }
            97..98 => {
                let (width, height) = *self.dice.pick(SIZES);
                self.note(format!("size {width}×{height}"));
                self.window.set_size(vec2(width, height));
                // Panels and columns take their new sizes over some frames.
                for _ in 0..5 {
                    self.frame([]);
                }
            }
            _ => {
                let to = self.dice.point(self.size());
                self.note(format!("hover {to:?}"));
                let moved = self.go(to);
                self.frame([moved]);
            }
        }
    }

    fn click_row(&mut self) {
        let rows: Vec<Widget> = self.widgets.iter().filter(|widget| widget.role == Role::Row).cloned().collect();
        if rows.is_empty() {
            return;
        }
        let row = self.dice.pick(&rows).clone();
        let to = row.rect.left_center() + vec2(row.rect.width() * 0.3, 0.0);
        let (button, times) = *self.dice.pick(&[
            (PointerButton::Primary, 1),
            (PointerButton::Primary, 1),
            (PointerButton::Primary, 2),
            (PointerButton::Secondary, 1),
        ]);
        self.note(format!("{button:?} ×{times} on row {:.60}", row.label));
        self.click(to, button, times);
    }

    fn click_widget(&mut self) {
        let can = |widget: &&Widget| widget.role != Role::Row && !is_off_limits(&widget.label);
        let all: Vec<Widget> = self.widgets.iter().filter(can).cloned().collect();
        if all.is_empty() {
            return;
        }
        let widget = self.dice.pick(&all).clone();
        let button = if self.dice.below(8) == 0 { PointerButton::Secondary } else { PointerButton::Primary };
        self.note(format!("{button:?} on {:?} {:.60}", widget.role, widget.label));
        self.click(widget.rect.center(), button, 1);
    }

    fn is_busy(&self) -> bool {
        self.window.state().state.session.is_busy()
    }

    /// Draws frames until no worker has anything to do.
    fn settle(&mut self) {
        let started = Instant::now();
        while self.is_busy() {
            while self.is_busy() {
                assert!(started.elapsed() < Duration::from_mins(4), "a job never ends");
                std::thread::sleep(Duration::from_micros(200));
            }
            // What came in may ask for more.
            self.frame([]);
        }
    }

    /// Returns the rectangles of table headers, by name.
    fn headers(widgets: &[Widget]) -> BTreeMap<String, Vec<egui::Rect>> {
        let mut headers: BTreeMap<String, Vec<egui::Rect>> = BTreeMap::new();
        for widget in widgets.iter().filter(|widget| widget.role == Role::ColumnHeader) {
            headers.entry(widget.label.clone()).or_default().push(widget.rect);
        }
        headers
    }

    /// The object pane shows the object of the row that is selected in the lower table or, where none is, in the upper one.
    fn check_object(&mut self) {
        let is_split = self.window.state().state.is_split;
        for side in 0..=usize::from(is_split) {
            let Some(view) = self.window.state_mut().state.view_of(side) else { continue };
            let (shown, target, inspected) = (view.object.target(), view.target(), view.inspected());
            assert_eq!(shown, inspected.or(target), "the object pane shows the selected object");
        }
        let Some(view) = self.window.state_mut().state.shown_view() else { return };
        let [target, shown] = [view.target(), view.object.target()];
        let kind = view.kind;
        let app = &self.window.state().state;
        let id = |target: Option<heapglass::test_support::ui::command::Target>| {
            target.and_then(|at| Some(app.session.snapshot(at.snapshot)?.id(at.node).to_string()))
        };
        let tabs = self.widgets.iter().find(|widget| widget.label == "Retainers" && widget.role == Role::Button);
        let Some(lower_top) = tabs.map(|tab| tab.rect.top()).filter(|_| !is_split) else { return };
        let is_object = |row: &&Widget| row.role == Role::Row && row.is_selected && row.label.contains(" @");
        for row in self.widgets.iter().filter(is_object) {
            let id = id(if row.rect.top() > lower_top { shown } else { target }).unwrap_or_default();
            let has_it = row.label.split(|c: char| !c.is_alphanumeric() && c != '@').any(|word| word == id);
            assert!(has_it, "{id:?} is shown in {kind:?}, the selected row is {} at {}", row.label, row.rect);
        }
    }

    /// Checks that nothing moves without input.
    fn check_rest(&self, before: &[Widget]) {
        let (before, after) = (Self::headers(before), Self::headers(&self.widgets));
        for (label, rects) in &before {
            let Some(later) = after.get(label).filter(|later| later.len() == rects.len()) else { continue };
            for (from, to) in rects.iter().zip(later) {
                assert!((from.top() - to.top()).abs() < 0.5, "{label} moved from {from:?} to {to:?} by itself");
            }
        }
    }

    /// Takes a step and checks everything.
    fn step_and_check(&mut self) {
        // An export or a report would write a file into the folder that the test runs in.
        if self.widgets.iter().any(|widget| ["Export", "Save"].contains(&widget.label.as_str())) {
            self.press(Modifiers::NONE, Key::Escape);
            self.press(Modifiers::NONE, Key::Escape);
            self.widgets = widgets(&self.window);
        }
        let visits = self.window.state().state.history.visit_count();
        self.step();
        // What was asked for is done after everything is drawn, and shows in the next frame.
        self.frame([]);
        let before = (self.is_busy() || self.dice.below(10) == 0).then(|| {
            self.frame([]);
            widgets(&self.window)
        });
        // An answer that arrives in the last frame changes the state after the frame is drawn.
        for _ in 0..2 {
            self.settle();
            self.frame([]);
        }
        self.widgets = widgets(&self.window);
        if let Some(before) = before {
            self.check_rest(&before);
        }
        let visits_now = self.window.state().state.history.visit_count();
        assert!(visits_now <= visits + 1, "one step made {} visits", visits_now - visits);
        self.check_object();
    }
}

/// Prints what led to a failure.
struct Trail<'a>(&'a mut Walk, u64, usize);

#[expect(clippy::print_stderr, reason = "what led to a failure")]
impl Drop for Trail<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let done: Vec<&str> = self.0.done.iter().map(String::as_str).collect();
            eprintln!("seed {}, step {}, after:\n  {}", self.1, self.2, done.join("\n  "));
        }
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Walks, and walks the same way once more after a failure: answers of workers arrive at different times in each run, and a
/// failure that depends on that is printed without failing the test.
#[expect(clippy::print_stderr, reason = "a failure that cannot be repeated must be seen as well")]
fn walk(files: &[PathBuf], kind: u64, share: u64) {
    let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk_once(files, kind, share)));
    if first.is_err() {
        eprintln!("walking the same way once more");
        walk_once(files, kind, share);
    }
}

#[expect(clippy::print_stdout, reason = "the length of the walk, where somebody asks for it")]
fn walk_once(files: &[PathBuf], kind: u64, share: u64) {
    let steps = number("HEAPGLASS_WALK_STEPS", 10_000) * share / 100;
    let seed = number("HEAPGLASS_WALK_SEED", 1).wrapping_mul(1000) + kind;
    let mut window = window(files);
    let started = Instant::now();
    while window.state().state.session.is_loading() {
        assert!(started.elapsed() < Duration::from_mins(2), "the load never ends");
        std::thread::sleep(Duration::from_millis(3));
        window.step();
    }
    let damaged: Vec<_> = window.state().state.session.loads().iter().map(|load| load.id).collect();
    let ctx = window.ctx.clone();
    for id in damaged {
        window.state_mut().state.apply(&ctx, Action::OpenPartially(id));
    }
    let mut walk = Walk { window, dice: Dice(seed), at: Pos2::ZERO, done: VecDeque::new(), widgets: Vec::new() };
    walk.settle();
    walk.frame([]);
    walk.widgets = widgets(&walk.window);
    let mut done = 0;
    while done < steps {
        let trail = Trail(&mut walk, seed, usize::try_from(done).unwrap());
        trail.0.step_and_check();
        drop(trail);
        done += 1;
    }
    let took = started.elapsed();
    println!("{steps} steps from seed {seed} in {took:.1?}");
}

#[test]
fn a_random_walk_over_two_snapshots_keeps_every_invariant() {
    walk(&[example_before(), example()], 1, 25);
}

#[test]
fn a_random_walk_over_a_timeline_keeps_every_invariant() {
    walk(&[bundled("leaky-job.heaptimeline")], 2, 15);
}

#[test]
fn a_random_walk_over_profiles_keeps_every_invariant() {
    walk(&[bundled("leaky-job-before.heapprofile"), bundled("leaky-job-after.heapprofile")], 3, 10);
}

#[test]
fn a_random_walk_over_a_damaged_file_keeps_every_invariant() {
    let (_folder, file) = cut_example();
    walk(&[file], 4, 10);
}

#[test]
fn a_random_walk_over_odd_snapshots_keeps_every_invariant() {
    let names =
        ["new-node-types", "duplicate-and-huge-ids", "selfsize-over-4g", "cycle-cons-empty", "title-with-tokens"];
    let files: Vec<PathBuf> = names.iter().map(|name| bundled(&format!("{name}.heapsnapshot"))).collect();
    walk(&files, 5, 20);
}

#[test]
fn a_random_walk_over_files_of_every_kind_keeps_every_invariant() {
    let names = ["leaky-job-after.heapprofile", "bun-1.heapsnapshot", "chromium-leak-1.heapsnapshot"];
    walk(&names.map(bundled), 6, 20);
}

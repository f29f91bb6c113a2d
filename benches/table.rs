//! Measures a frame of the tree table while it scrolls through ten million rows of six columns:
//! `cargo bench --bench table`. Layout and tessellation on one thread, at 1280 × 800, without painting.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a command of its own")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Color32, Event, Id, Modifiers, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};
use heapglass::test_support::ui::tree_table::{self, Cell, Column, Rows, Table, TreeModel, TreeState};

const COLUMNS: [Column; 6] = [
    Column { title: "Constructor", hint: "", width: 0.0 },
    Column { title: "Distance", hint: "", width: 90.0 },
    Column { title: "Count", hint: "", width: 90.0 },
    Column { title: "Shallow size", hint: "", width: 110.0 },
    Column { title: "Retained size", hint: "", width: 110.0 },
    Column { title: "Id", hint: "", width: 110.0 },
];
const ROWS: u32 = 10_000_000;
const FRAMES: usize = 1000;

struct Numbers(Arc<Vec<u32>>);

impl TreeModel for Numbers {
    type List = u32;

    fn rows(&mut self, _: &u32) -> Rows {
        Rows::Ready(Arc::clone(&self.0))
    }

    fn children(&self, _: &u32, _: &[u32]) -> Option<u32> {
        Some(1)
    }

    fn cell(&self, _: &u32, path: &[u32], column: usize) -> Cell {
        let row = path[path.len() - 1];
        let text = if column == 0 {
            format!("SomeClassOfTheProgram number {row}")
        } else {
            heapglass::test_support::model::human::count(u64::from(row) * (column as u64 + 7))
        };
        Cell::text(text, Color32::GRAY)
    }
}

fn main() {
    let ctx = egui::Context::default();
    let mut model = Numbers(Arc::new((0..ROWS).collect()));
    let mut state = TreeState::default();
    let mut times: Vec<Duration> = Vec::with_capacity(FRAMES);
    for frame in 0..FRAMES + 50 {
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -977.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        };
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 800.0))),
            time: Some(f64::from(u32::try_from(frame).unwrap_or(0)) / 60.0),
            events: vec![Event::PointerMoved(pos2(300.0, 400.0)), wheel],
            ..RawInput::default()
        };
        let began = Instant::now();
        let output = ctx.run_ui(input, |ui| {
            let id = Id::unique("table");
            let table = Table { id, name: "numbers", columns: &COLUMNS, sorted_by: (0, false), empty_text: "nothing" };
            tree_table::show(ui, &table, &0, &mut state, &mut model, |_, _, _| {});
        });
        let meshes = ctx.tessellate(output.shapes, output.pixels_per_point);
        assert!(!meshes.is_empty());
        if frame >= 50 {
            times.push(began.elapsed());
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{ROWS} rows, {} columns, {FRAMES} frames, now at row {}", COLUMNS.len(), state.first_row());
    println!("a frame: median {:.2} ms, 99th percentile {:.2} ms, worst {:.2} ms", at(50), at(99), at(100));
}

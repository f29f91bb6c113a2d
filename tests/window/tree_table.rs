//! The tree table with lists of a size at which `f32` offsets would be wrong by rows.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heapglass::test_support::index::Indexes;
use heapglass::test_support::ui::HeapglassApp;
use heapglass::test_support::ui::tree_table::{self, Cell, Column, Rows, Table, TreeModel, TreeState};

const COLUMNS: [Column; 2] =
    [Column { title: "Name", hint: "", width: 0.0 }, Column { title: "Number", hint: "", width: 120.0 }];

/// A list of numbers, each of which has the list of its digits below it.
struct Numbers {
    rows: Arc<Vec<u32>>,
    cells_asked: std::cell::Cell<usize>,
}

impl TreeModel for Numbers {
    type List = u32;

    fn rows(&mut self, list: &u32) -> Rows {
        Rows::Ready(if *list == 0 { Arc::clone(&self.rows) } else { Arc::new((0..10).collect()) })
    }

    fn children(&self, list: &u32, path: &[u32]) -> Option<u32> {
        (*list == 0).then(|| path[0] + 1)
    }

    fn cell(&self, _: &u32, path: &[u32], column: usize) -> Cell {
        self.cells_asked.set(self.cells_asked.get() + 1);
        let text = if column == 0 { format!("row {path:?}") } else { path[path.len() - 1].to_string() };
        Cell::text(text, egui::Color32::GRAY)
    }
}

struct Window {
    state: TreeState<u32>,
    model: Numbers,
}

fn window(len: u32) -> Harness<'static, Window> {
    let model = Numbers { rows: Arc::new((0..len).collect()), cells_asked: std::cell::Cell::new(0) };
    let mut window = Harness::builder().with_size(egui::vec2(800.0, 600.0)).build_ui_state(
        |ui, window: &mut Window| {
            let id = egui::Id::unique("table");
            let table = Table { id, name: "numbers", columns: &COLUMNS, sorted_by: (0, false), empty_text: "nothing" };
            tree_table::show(ui, &table, &0, &mut window.state, &mut window.model, |_, _, _| {});
        },
        Window { state: TreeState::default(), model },
    );
    window.run();
    window
}

#[test]
fn ten_million_rows_scroll_exactly_by_key_wheel_and_bar() {
    let mut window = window(10_000_000);
    window.get_by_label("row [0], 0").click();
    window.run();
    window.key_press(egui::Key::End);
    window.run();
    assert!(window.query_by_label("row [9999999], 9999999").is_some(), "the last row is listed");
    assert_eq!(window.state().state.selection(), Some(&[9_999_999][..]));
    window.key_press(egui::Key::ArrowUp);
    window.run();
    assert_eq!(window.state().state.selection(), Some(&[9_999_998][..]));

    // Far down, a small turn of the wheel moves by just that much.
    let first = window.state().state.first_row();
    window.hover_at(egui::pos2(200.0, 300.0));
    window.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 60.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    for _ in 0..60 {
        window.step();
    }
    assert_eq!(first - window.state().state.first_row(), 3, "60 points are three rows of 20");

    // Dragging the bar to its ends shows the first and the last row.
    let bar = |y: f32| egui::pos2(793.0, y);
    window.hover_at(bar(590.0));
    window.drag_at(bar(590.0));
    window.step();
    window.hover_at(bar(-50.0));
    window.step();
    window.step();
    assert_eq!(window.state().state.first_row(), 0);
    window.hover_at(bar(900.0));
    window.step();
    window.step();
    window.drop_at(bar(900.0));
    window.run();
    assert!(window.query_by_label("row [9999999], 9999999").is_some());
}

#[test]
fn a_frame_asks_only_for_the_rows_on_screen() {
    let mut window = window(10_000_000);
    window.state_mut().model.cells_asked.set(0);
    window.step();
    let asked = window.state().model.cells_asked.get();
    assert!((20..=80).contains(&asked), "{asked} cells for 28 rows of 2 columns");
}

#[test]
fn sorting_keeps_selection_and_expanded_rows() {
    let mut window = window(1000);
    window.get_by_label("row [7], 7").click();
    window.run();
    window.key_press(egui::Key::ArrowRight);
    window.run();
    assert!(window.query_by_label("row [7, 3], 3").is_some());
    let turned: Vec<u32> = (0..1000).rev().collect();
    window.state_mut().model.rows = Arc::new(turned);
    window.run();
    assert_eq!(window.state().state.row_count(), 1010);
    assert_eq!(window.state().state.selection(), Some(&[7][..]));
    window.key_press(egui::Key::ArrowDown);
    window.run();
    assert_eq!(
        window.state().state.selection(),
        Some(&[7, 0][..]),
        "the next row is its first child, wherever it is now"
    );
    assert!(window.query_by_label("row [7, 0], 0").is_some(), "and it was scrolled to");
    window.key_press(egui::Key::ArrowLeft);
    window.run();
    window.key_press(egui::Key::ArrowLeft);
    window.run();
    assert_eq!(window.state().state.row_count(), 1000);
}

#[test]
fn a_triangle_opens_a_row_and_the_parents_key_closes_it() {
    let mut window = window(100);
    let row = window.get_by_label("row [5], 5").rect();
    window.hover_at(egui::pos2(row.left() + 10.0, row.center().y));
    window.drag_at(egui::pos2(row.left() + 10.0, row.center().y));
    window.drop_at(egui::pos2(row.left() + 10.0, row.center().y));
    window.run();
    assert!(window.query_by_label("row [5, 0], 0").is_some());
    assert_eq!(window.state().state.selection(), None, "opening is not selecting");
}

/// A snapshot of a root, a class with a million objects and one object that is not of it.
fn million_points() -> Vec<u8> {
    const COUNT: usize = 1_000_000;
    let mut text = String::from(
        r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"]}},"nodes":[9,0,1,0,1"#,
    );
    let _ = write!(text, ",3,1,3,16,{COUNT}");
    for at in 0..COUNT {
        let _ = write!(text, ",3,2,{},{},0", 5 + 2 * at, 24);
    }
    text.push_str("],\"edges\":[1,0,5");
    for at in 0..COUNT {
        let _ = write!(text, ",1,{at},{}", 5 * (at + 2));
    }
    text.push_str("],\"strings\":[\"\",\"Holder\",\"Point\"]}");
    text.into_bytes()
}

#[test]
fn a_class_with_a_million_members_scrolls_to_its_last_and_reveals_any() {
    let mut window: Harness<'static, HeapglassApp> = Harness::builder()
        .with_size(egui::vec2(1280.0, 800.0))
        .build_eframe(|cc| HeapglassApp::new(cc, Vec::new(), Indexes::off(), None).unwrap());
    let source = heapglass::test_support::format::Source::Bytes {
        name: "points.heapsnapshot".to_owned(),
        bytes: Arc::from(million_points()),
    };
    window.state_mut().state.session.load(source);
    crate::window::wait_for_load(&mut window);
    let wait = |window: &mut Harness<'static, HeapglassApp>, label: &str| {
        let started = Instant::now();
        while window.query_all_by_label_contains(label).next().is_none() {
            assert!(started.elapsed() < Duration::from_mins(2), "no {label}");
            std::thread::sleep(Duration::from_millis(3));
            window.step();
        }
    };
    wait(&mut window, "Point  ×1,000,000");
    window.get_by_label_contains("Point  ×1,000,000").click();
    window.step();
    window.key_press(egui::Key::ArrowRight);
    wait(&mut window, "Point @");
    window.key_press(egui::Key::End);
    window.step();
    window.step();
    // Equal sizes are ordered by id, so the last one has the largest.
    wait(&mut window, "Point @2000003");
    let id = window.state().state.shown().unwrap();
    let snapshot = window.state().state.session.snapshot(id).unwrap();
    let middle = snapshot.graph().find_id(heapglass::test_support::model::ObjectId(1_000_005)).unwrap();
    let target = heapglass::test_support::ui::command::Target { snapshot: id, node: middle };
    let slot = heapglass::test_support::ui::panes::Slot { side: 0, id };
    let reveal = heapglass::test_support::ui::command::Command::Reveal(
        target,
        heapglass::test_support::ui::command::ViewKind::SUMMARY,
    );
    window.state_mut().state.run(slot, reveal);
    wait(&mut window, "Point @1000005");
    let class = snapshot.class_id(middle).0;
    let view = window.state_mut().state.shown_view().unwrap();
    assert_eq!(view.panes.summary.tree.table.selection(), Some(&[class, middle.0][..]));
}

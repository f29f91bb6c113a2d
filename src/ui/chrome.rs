//! The frame around the panes: bars, the list of snapshots, the start page and the drop target.

use std::fmt::Write as _;
use std::path::PathBuf;

use egui::{
    Align, Align2, Color32, CornerRadius, Frame, Id, Key, Label, LayerId, Layout, Margin, Order, Panel, ProgressBar,
    Rect, RichText, Sense, Stroke, TextEdit, Ui, WidgetInfo, accesskit::Role, vec2,
};

use super::app::{Action, HeapglassApp};
use super::context_menu;
use super::salvage;
use super::text;
use super::theme::{self, GRID, tokens};
use crate::capture::Record;
use crate::model::human::{self, Units};
use crate::model::{FirstTable, SnapshotId};
use crate::session::{Load, Open};
use crate::snapshot::SourceInfo;

pub(super) fn top_bar(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::symmetric(8, 5));
    Panel::top("top bar").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            // The title has the name of the program too.
            if ui.available_width() > 720.0 {
                ui.strong("Heapglass");
                ui.add_space(GRID);
            }
            if ui.button("Open…").on_hover_text("Open snapshots   (Ctrl+O)").clicked() {
                actions.push(Action::OpenDialog);
            }
            ui.menu_button("Recent", |ui| recent_menu(ui, app, actions));
            let capture = if app.capture.is_running() { "Capturing…" } else { "Capture…" };
            if ui.button(capture).on_hover_text("Take snapshots from a running program").clicked() {
                actions.push(Action::Capture);
            }
            ui.spacing_mut().item_spacing.x = GRID;
            let back = egui::Button::new("⏴");
            if ui.add_enabled(app.history.can_go_back(), back).on_hover_text("Back   (Alt+←)").clicked() {
                actions.push(Action::Back);
            }
            let forward = egui::Button::new("⏵");
            if ui.add_enabled(app.history.can_go_forward(), forward).on_hover_text("Forward   (Alt+→)").clicked() {
                actions.push(Action::Forward);
            }
            ui.add_space(GRID);
            if app.shown().is_some() && ui.button("Find").on_hover_text("Find objects   (Ctrl+F)").clicked() {
                actions.push(Action::FocusSearch);
            }
            if app.can_split() || app.is_split {
                let hint = "Two snapshots next to each other   (Ctrl+\\)";
                if ui.selectable_label(app.is_split, "Side by side").on_hover_text(hint).clicked() {
                    actions.push(Action::ToggleSplit);
                }
                let hint = "Selecting and scrolling in one does the same in the other   (Ctrl+L)";
                if app.is_split && ui.selectable_label(app.link.is_on, "Linked").on_hover_text(hint).clicked() {
                    actions.push(Action::ToggleLink);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.menu_button("Settings", |ui| settings_menu(ui, app, actions));
                // What is left of the row; the palette has everything.
                let has_room = ui.available_width() > 250.0;
                if has_room && ui.button("Glossary").on_hover_text("What the words mean   (Ctrl+G)").clicked() {
                    actions.push(Action::Glossary);
                }
                if has_room && ui.button("Keys").on_hover_text("All keys   (F1)").clicked() {
                    actions.push(Action::Keys);
                }
                let has_room = ui.available_width() > 90.0;
                if has_room && ui.button("Commands").on_hover_text("Everything by name   (Ctrl+P)").clicked() {
                    actions.push(Action::Palette);
                }
            });
        });
    });
}

fn recent_menu(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    if app.settings.recent.is_empty() {
        ui.weak("Nothing yet");
    }
    for path in &app.settings.recent {
        if recent_button(ui, path) {
            actions.push(Action::OpenPath(path.clone()));
            ui.close();
        }
    }
    ui.separator();
    if ui.button("Open the example").clicked() {
        actions.push(Action::OpenExample);
        ui.close();
    }
    if ui.button("Compare the two example snapshots").clicked() {
        actions.push(Action::OpenExamplePair);
        ui.close();
    }
}

fn settings_menu(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    let theme = app.settings.theme.label();
    if ui.button(format!("Theme: {theme}")).on_hover_text("System, light or dark").clicked() {
        actions.push(Action::NextTheme);
    }
    ui.separator();
    ui.weak("Sizes in");
    for units in Units::ALL {
        if ui.radio(app.settings.units == units, units.label()).clicked() {
            actions.push(Action::SetUnits(units));
        }
    }
    ui.separator();
    ui.weak(format!("Text size {:.0} %", app.settings.text_scale * 100.0));
    ui.horizontal(|ui| {
        for (text, action) in [("Smaller", Action::Smaller), ("Normal", Action::NormalSize), ("Larger", Action::Larger)]
        {
            if ui.button(text).clicked() {
                actions.push(action);
            }
        }
    });
    index_menu(ui, app, actions);
}

/// Whether files open at once the next time, at the cost of space on the disk.
fn index_menu(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    ui.separator();
    let mut is_kept = app.settings.keep_index && app.can_keep_index();
    let hint = "Large files that were opened before open at once. The index lies in your cache folder, readable by you \
                alone, and takes up to 8 GB; what was not used for the longest time goes first.";
    let switch = egui::Checkbox::new(&mut is_kept, "Keep an index of opened files");
    let response = ui.add_enabled(app.can_keep_index(), switch).on_hover_text(hint);
    let why_not = "Switched off on the command line or in the environment (HEAPGLASS_INDEX)";
    if response.on_disabled_hover_text(why_not).clicked() {
        actions.push(Action::ToggleIndex);
    }
    if ui.add_enabled(app.can_keep_index(), egui::Button::new("Delete the index")).clicked() {
        actions.push(Action::DeleteIndex);
        ui.close();
    }
}

/// Above a side where there are two: which snapshot it shows.
pub(super) fn side_header(ui: &mut Ui, app: &HeapglassApp, side: usize, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let is_active = app.active == side;
    let frame = Frame::new().fill(tokens.surface).inner_margin(Margin::symmetric(8, 3));
    Panel::top(Id::unique(("side header", side))).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let name_of = |id| text::name_of(&app.session, id);
            let snapshots = app.session.open().iter().map(|open| open.id);
            let files: Vec<SnapshotId> = snapshots.chain(app.session.profiles().iter().map(|open| open.id)).collect();
            let name = app.sides[side].map_or_else(String::new, name_of);
            let color = if is_active { tokens.accent } else { tokens.weak };
            let label = if side == 0 { "Left" } else { "Right" };
            ui.label(RichText::new(label).font(theme::small()).color(color));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("Close the {} side", label.to_lowercase())) {
                    actions.push(Action::CloseSide(side));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let width = (ui.available_width() - GRID).clamp(80.0, 320.0);
                    let response = text::file_choice(ui, ("side", side), &name, width).show_ui(ui, |ui| {
                        for id in files {
                            let name = human::visible(&name_of(id), 80).into_owned();
                            if ui.selectable_label(app.sides[side] == Some(id), name).clicked() {
                                actions.push(Action::ShowIn(side, id));
                            }
                        }
                    });
                    let name = format!("{label} snapshot");
                    ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label(name));
                });
            });
        });
    });
}

fn recent_button(ui: &mut Ui, path: &std::path::Path) -> bool {
    ui.button(text::path_name(path)).on_hover_text(text::path(path)).clicked()
}

pub(super) fn status_bar(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::symmetric(8, 3));
    Panel::bottom("status bar").frame(frame).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0 * GRID;
            ui.style_mut().override_font_id = Some(theme::small());
            let units = theme::look(ui).units;
            ui.weak(format!("memory in use {}", units.bytes(app.session.heap_bytes() as u64)))
                .on_hover_text("Memory that the open snapshots and cached lists take");
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                super::profiles::status(ui, app);
                if let Some(open) = app.session.open().iter().find(|open| Some(open.id) == app.shown()) {
                    let graph = open.snapshot.graph();
                    ui.label(format!("{} in all", units.bytes(open.snapshot.total_size())));
                    ui.weak(human::quantity(graph.node_count() as u64, "object", "objects"));
                    ui.weak(human::quantity(graph.edge_count() as u64, "reference", "references"));
                    load_time(ui, open.snapshot.source());
                }
                if let Some(name) = app.exports.writing() {
                    ui.label(format!("Writing {name}…"));
                    if ui.link("Cancel").on_hover_text("Stop writing; nothing is left of the file").clicked() {
                        actions.push(Action::CancelExport);
                    }
                }
                if let Some(notice) = &app.notice {
                    let text = RichText::new(notice).color(tokens(ui).detached);
                    ui.add(Label::new(text).truncate()).on_hover_text(notice);
                }
            });
        });
    });
}

/// How long it took, and what was read: people should know where numbers come from that are there so soon.
fn load_time(ui: &mut Ui, source: &SourceInfo) {
    let time = human::duration(source.load_time);
    if source.from_index {
        let hint =
            "From the index that Heapglass kept when the file was opened before; the file has not changed since.";
        ui.weak(format!("opened from the index in {time}")).on_hover_text(hint);
    } else {
        ui.weak(format!("loaded in {time}"));
    }
}

pub(super) fn side_list(ui: &mut Ui, app: &HeapglassApp, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).surface).inner_margin(Margin::same(6));
    let panel = Panel::left("snapshots").resizable(true).default_size(220.0).size_range(150.0..=420.0);
    panel.frame(frame).show(ui, |ui| {
        if !app.session.open().is_empty() || app.session.profiles().is_empty() {
            ui.label(RichText::new("Snapshots").font(theme::small()).color(tokens(ui).weak));
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for open in app.session.open() {
                snapshot_entry(ui, app, open, actions);
            }
            super::profiles::entries(ui, app, actions);
            if app.session.open().len() > 1 {
                ui.weak("Drag one onto another to compare them");
            }
            for load in app.session.loads() {
                load_entry(ui, load, actions);
            }
        });
    });
}

/// A cross that closes an entry.
pub(super) fn close_button(ui: &mut Ui, label: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::click());
    let tokens = tokens(ui);
    let color = if response.hovered() { tokens.text } else { tokens.weak };
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, tokens.border);
    }
    let cross = rect.shrink(5.0);
    let stroke = Stroke::new(1.4, color);
    ui.painter().line_segment([cross.left_top(), cross.right_bottom()], stroke);
    ui.painter().line_segment([cross.right_top(), cross.left_bottom()], stroke);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response.on_hover_text(label).clicked()
}

fn snapshot_entry(ui: &mut Ui, app: &HeapglassApp, open: &Open, actions: &mut Vec<Action>) {
    let is_shown = app.slots().iter().any(|slot| slot.id == open.id);
    let source = open.snapshot.source();
    let tokens = tokens(ui);
    let fill = if is_shown { tokens.selection } else { Color32::TRANSPARENT };
    let id = Id::unique(("entry", open.id));
    let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(6, 4));
    let entry = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("Close {}", text::source_name(source))) {
                    actions.push(Action::Close(open.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    text::file_label(ui, &text::name_of(&app.session, open.id));
                });
            });
        });
        let objects = human::quantity(open.snapshot.graph().node_count() as u64, "object", "objects");
        let facts = format!("{} file, {objects}", human::bytes(source.size_bytes));
        let small = |text: String, color| Label::new(RichText::new(text).font(theme::small()).color(color));
        let producer = human::visible(&open.snapshot.producer().label(), 80).into_owned();
        for line in [facts, producer] {
            ui.add(small(line, tokens.weak).truncate().selectable(false));
        }
        if let Some(note) = &source.note {
            ui.add(small(human::visible(note, 200).into_owned(), tokens.weak).wrap().selectable(false));
        }
        let mark = salvage::mark(open.snapshot.salvage());
        if !mark.is_empty() {
            ui.add(small(mark.to_owned(), tokens.detached).truncate().selectable(false));
        }
        if let Some(usage) = open.record.as_ref().and_then(|record| record.memory_usage) {
            let bytes = |size| theme::look(ui).units.bytes(size);
            let (rss, external) = (bytes(usage.rss), bytes(usage.external));
            ui.add(small(format!("{rss} rss, {external} external"), tokens.weak).truncate().selectable(false));
        }
    });
    // Behind the entry's own button, which keeps its clicks.
    let rect = Rect::from_min_max(entry.response.rect.min, entry.response.rect.max - vec2(26.0, 0.0));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, is_shown, format!("Snapshot {}", text::source_name(source)))
    });
    response.dnd_set_drag_payload(open.id);
    if let Some(dragged) = response.dnd_hover_payload::<SnapshotId>()
        && *dragged != open.id
    {
        let stroke = Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(entry.response.rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(dragged) = response.dnd_release_payload::<SnapshotId>()
        && *dragged != open.id
    {
        actions.push(Action::CompareTwo(*dragged, open.id));
    }
    context_menu::show(&response, rect.left_bottom(), |ui| entry_menu(ui, app, open, actions));
    let hover = text::place_of(source);
    let mut hover =
        format!("{hover}\nWritten by {}. {}", open.snapshot.producer().label(), open.snapshot.producer().evidence);
    if let Some(record) = &open.record {
        hover.push_str(&record_text(record, theme::look(ui).units));
    }
    if response.on_hover_text(hover).clicked() {
        actions.push(Action::Show(open.id));
    }
    ui.add_space(2.0);
}

/// What was written down when a snapshot was taken.
fn record_text(record: &Record, units: Units) -> String {
    let mut text = format!("\ntaken {} from {}", record.began, human::visible(&record.target, 80));
    if let Some(usage) = record.memory_usage {
        for (what, size) in [
            ("process (rss)", usage.rss),
            ("heap in use", usage.heap_used),
            ("heap reserved", usage.heap_total),
            ("outside the heap", usage.external),
            ("of it array buffers", usage.array_buffers),
        ] {
            let _ = write!(text, "\n{what} {}", units.bytes(size));
        }
    }
    text
}

fn entry_menu(ui: &mut Ui, app: &HeapglassApp, open: &Open, actions: &mut Vec<Action>) {
    let others: Vec<&Open> = app.session.open().iter().filter(|other| other.id != open.id).collect();
    for other in &others {
        let name = text::name_of(&app.session, other.id);
        let name = human::visible(&name, 60);
        if ui.button(format!("Compare with {name}")).clicked() {
            actions.push(Action::CompareTwo(other.id, open.id));
            ui.close();
        }
    }
    if app.is_split {
        for (side, text) in ["Show on the left side", "Show on the right side"].into_iter().enumerate() {
            if ui.button(text).clicked() {
                actions.push(Action::ShowIn(side, open.id));
                ui.close();
            }
        }
    } else if app.shown().is_some_and(|shown| shown != open.id) && ui.button("Show side by side").clicked() {
        actions.push(Action::ShowBeside(open.id));
        ui.close();
    }
    if ui.button("Close").clicked() {
        actions.push(Action::Close(open.id));
        ui.close();
    }
}

fn load_entry(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let fill = if load.error.is_some() { tokens.error_surface } else { tokens.background };
    let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(4)).inner_margin(Margin::symmetric(6, 5));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let button = if load.error.is_some() { "Dismiss" } else { "Cancel" };
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if close_button(ui, &format!("{button} {}", load.name)) {
                    actions.push(Action::DismissLoad(load.id));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    text::file_label(ui, &load.name);
                });
            });
        });
        match &load.error {
            Some(error) => {
                let text = human::visible(error, 600).into_owned();
                ui.add(Label::new(RichText::new(text).color(tokens.error)).wrap());
                salvage::offer(ui, load, false, actions);
            }
            None => loading(ui, load),
        }
    });
    ui.add_space(GRID);
}

/// Phase, fraction and time of a load.
fn loading(ui: &mut Ui, load: &Load) {
    let weak = |text: String| RichText::new(text).font(theme::small()).color(tokens(ui).weak);
    let Some(elapsed) = load.elapsed() else {
        ui.label(weak("waits for the file before it".to_owned()));
        return;
    };
    let reading = load.progress.read();
    let fraction = reading.fraction();
    let label = weak(reading.phase.label().to_owned());
    let facts = weak(format!("{:.0} %, {}", fraction * 100.0, human::duration(elapsed)));
    let bar = ProgressBar::new(fraction).desired_height(6.0).fill(tokens(ui).accent);
    ui.scope(|ui| {
        // The track of the bar.
        ui.visuals_mut().extreme_bg_color = tokens(ui).border;
        ui.add(bar);
    });
    ui.horizontal_wrapped(|ui| {
        ui.label(label);
        ui.label(facts);
    });
}

/// What stands where nothing is open.
pub(super) fn start_page(ui: &mut Ui, app: &mut HeapglassApp, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(tokens(ui).background).inner_margin(Margin::same(24));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let above = (ui.available_height() * 0.14).min(110.0);
        if let Some(load) = app.session.loads().iter().find(|load| load.error.is_none()) {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(520.0);
                loading_card(ui, load, actions);
            });
            return;
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.add_space(above);
            ui.vertical_centered(|ui| {
                ui.set_max_width(520.0);
                for load in app.session.loads() {
                    error_card(ui, load, actions);
                }
                welcome(ui, app, actions);
            });
        });
    });
}

fn loading_card(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    ui.heading(human::visible(&load.name, 60).into_owned());
    ui.add_space(3.0 * GRID);
    loading(ui, load);
    ui.add_space(3.0 * GRID);
    if ui.button("Cancel").clicked() {
        actions.push(Action::DismissLoad(load.id));
    }
    if let Some(table) = load.progress.first_table() {
        ui.add_space(3.0 * GRID);
        first_table(ui, &table);
    }
}

/// What is known before the references are understood: the largest classes by the file's own sizes.
fn first_table(ui: &mut Ui, table: &FirstTable) {
    let units = theme::look(ui).units;
    let weak = tokens(ui).weak;
    let about = format!(
        "{} nodes, {}. First figures, by the file's own names and sizes; what holds them follows.",
        human::count(table.node_count),
        units.bytes(table.self_size)
    );
    ui.add(Label::new(RichText::new(about).font(theme::small()).color(weak)).wrap());
    ui.add_space(GRID);
    let height = 5.0 * GRID;
    let row = |ui: &mut Ui, cells: [RichText; 3]| {
        let width = ui.available_width();
        let [name, count, size] = cells;
        ui.horizontal(|ui| {
            for (at, (cell, width)) in [(name, width - 200.0), (count, 90.0), (size, 90.0)].into_iter().enumerate() {
                let align = if at == 0 { Align::Min } else { Align::Max };
                ui.allocate_ui_with_layout(vec2(width, height), Layout::top_down(align), |ui| {
                    ui.set_width(width);
                    ui.add(Label::new(cell).truncate().selectable(false));
                });
            }
        });
    };
    let head = |text: &str| RichText::new(text).font(theme::small()).color(weak);
    row(ui, [head("Class"), head("Objects"), head("Self size")]);
    ui.separator();
    egui::ScrollArea::vertical().auto_shrink([false, true]).show_rows(ui, height, table.rows.len(), |ui, range| {
        for class in &table.rows[range] {
            let name = RichText::new(human::visible(&class.name, 120).into_owned()).font(theme::mono());
            row(ui, [name, RichText::new(human::count(class.count)), RichText::new(units.bytes(class.self_size))]);
        }
    });
}

fn error_card(ui: &mut Ui, load: &Load, actions: &mut Vec<Action>) {
    let Some(error) = &load.error else { return };
    let tokens = tokens(ui);
    Frame::new()
        .fill(tokens.error_surface)
        .stroke(Stroke::new(1.0, tokens.error))
        .corner_radius(6.0)
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                let title = format!("{} could not be opened", human::visible(&load.name, 60));
                ui.add(Label::new(RichText::new(title).strong()).wrap());
                ui.add_space(GRID);
                ui.add(Label::new(RichText::new(human::visible(error, 900).into_owned()).color(tokens.error)).wrap());
                salvage::offer(ui, load, true, actions);
            });
        });
    ui.add_space(5.0 * GRID);
}

fn welcome(ui: &mut Ui, app: &mut HeapglassApp, actions: &mut Vec<Action>) {
    ui.heading("What is in memory, and what keeps it there?");
    ui.add_space(GRID);
    let about = "Heapglass opens heap snapshots of Node.js, Chrome, Electron, Deno and Bun and shows what fills the memory \
                 and the references that keep it alive.";
    ui.add(Label::new(RichText::new(about).color(tokens(ui).weak)).wrap());
    ui.add_space(5.0 * GRID);
    let accent = tokens(ui).accent;
    let text = RichText::new("Open a snapshot…").color(tokens(ui).on_accent);
    if ui.add(egui::Button::new(text).fill(accent).min_size(vec2(180.0, 32.0))).clicked() {
        actions.push(Action::OpenDialog);
    }
    ui.add_space(GRID);
    ui.label(RichText::new("or drop files anywhere on this window").font(theme::small()).color(tokens(ui).weak));
    ui.add_space(5.0 * GRID);
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut app.path_field)
            .hint_text("or type a path")
            .desired_width(ui.available_width() - 72.0);
        let response = ui.add(field);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Path of a snapshot"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        // Whoever has only a keyboard can type at once.
        if !app.capture.is_open && ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        let path = app.path_field.trim();
        if (ui.button("Open").clicked() || entered) && !path.is_empty() {
            actions.push(Action::OpenPath(PathBuf::from(path)));
        }
    });
    ui.add_space(5.0 * GRID);
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        if !app.settings.recent.is_empty() {
            ui.label(RichText::new("Recent").font(theme::small()).color(tokens(ui).weak));
            for path in app.settings.recent.clone() {
                if ui.link(text::path_name(&path)).on_hover_text(text::path(&path)).clicked() {
                    actions.push(Action::OpenPath(path));
                }
            }
            ui.add_space(3.0 * GRID);
        }
        ui.label(RichText::new("No snapshot at hand?").font(theme::small()).color(tokens(ui).weak));
        if ui.link("Capture from a running program…").on_hover_text("Node.js, Deno, Electron, Chrome").clicked() {
            actions.push(Action::Capture);
        }
        if ui.link("Open the example").on_hover_text("A small Node.js service that leaks").clicked() {
            actions.push(Action::OpenExample);
        }
        let hint = "The same service before and after 2,000 requests";
        if ui.link("Compare the two example snapshots").on_hover_text(hint).clicked() {
            actions.push(Action::OpenExamplePair);
        }
    });
}

/// Says, while files hover over the window, that they can be dropped.
pub(super) fn drop_target(ui: &Ui) {
    let hovered = ui.ctx().input(|input| input.raw.hovered_files.len());
    if hovered == 0 {
        return;
    }
    let tokens = tokens(ui);
    let screen = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop target")));
    painter.rect_filled(screen, 0.0, tokens.background.gamma_multiply(0.88));
    let inner = screen.shrink(16.0);
    painter.rect_stroke(inner, 10.0, Stroke::new(3.0, tokens.accent), egui::StrokeKind::Inside);
    let text =
        if hovered == 1 { "Drop to open the snapshot".to_owned() } else { format!("Drop to open {hovered} files") };
    let place =
        painter.text(inner.center(), Align2::CENTER_CENTER, &text, egui::FontId::proportional(22.0), tokens.accent);
    let response = ui.interact(place, Id::unique("drop label"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

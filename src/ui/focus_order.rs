//! The tables and charts on screen that can take the keyboard focus. F6 moves from one to the next.
//!
//! Each registers itself when it is drawn. A list maintained by hand would name tables that are not on screen.

use egui::{Context, Id, Rect, Ui};

/// A widget on screen that can take the keyboard focus.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Stop {
    pub(super) id: Id,
    pub(super) rect: Rect,
}

/// The stops of one pass.
#[derive(Clone, Default)]
struct Pass {
    number: u64,
    stops: Vec<Stop>,
}

fn key() -> Id {
    Id::unique("focus order")
}

/// Starts a pass, so that a pane that is still waiting for its content has no stops of the pane that was drawn before.
pub(super) fn begin(ui: &Ui) {
    let number = ui.ctx().cumulative_pass_nr();
    ui.data_mut(|data| {
        let pass = data.get_temp_mut_or_default::<Pass>(key());
        if pass.number != number {
            *pass = Pass { number, stops: Vec::new() };
        }
    });
}

/// Registers a widget that is drawn in this pass and can take the keyboard focus.
pub(super) fn offer(ui: &Ui, id: Id, rect: Rect) {
    begin(ui);
    ui.data_mut(|data| data.get_temp_mut_or_default::<Pass>(key()).stops.push(Stop { id, rect }));
}

/// Returns the widgets of this pass or, before any of it is drawn, of the last one.
pub(super) fn stops(ctx: &Context) -> Vec<Stop> {
    let number = ctx.cumulative_pass_nr();
    let pass = ctx.data_mut(|data| data.get_temp::<Pass>(key())).unwrap_or_default();
    if pass.number + 1 >= number { pass.stops } else { Vec::new() }
}

//! The tables and charts on screen that take the keyboard, for the key that goes from one to the next.
//!
//! Each offers itself when it is drawn. A list kept by hand of what a view shows would name tables that are not there.

use egui::{Context, Id, Rect, Ui};

/// A widget on screen that takes the keyboard.
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

/// Notes that a widget with this id is drawn in this pass and takes the keyboard.
pub(super) fn offer(ui: &Ui, id: Id, rect: Rect) {
    let number = ui.ctx().cumulative_pass_nr();
    ui.data_mut(|data| {
        let pass = data.get_temp_mut_or_default::<Pass>(key());
        if pass.number != number {
            *pass = Pass { number, stops: Vec::new() };
        }
        pass.stops.push(Stop { id, rect });
    });
}

/// The widgets of this pass or, before anything of it is drawn, of the last one.
pub(super) fn stops(ctx: &Context) -> Vec<Stop> {
    let number = ctx.cumulative_pass_nr();
    let pass = ctx.data_mut(|data| data.get_temp::<Pass>(key())).unwrap_or_default();
    if pass.number + 1 >= number { pass.stops } else { Vec::new() }
}

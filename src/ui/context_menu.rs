//! Context menus: at the pointer after a right click, beside the widget after Menu or Shift+F10. A menu opened by a key
//! takes the keyboard focus and returns it to the widget when it closes.

use egui::{Context, FocusDirection, Id, Key, Modifiers, Popup, Pos2, Response, SetOpenCommand, Ui};

/// The progress of a menu opened by a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    /// Its entries are being placed.
    #[default]
    Opened,
    /// Its first entry has the keyboard focus.
    Entered,
}

/// Returns whether the key for a context menu was pressed, and consumes it.
pub(super) fn is_asked_for(ctx: &Context) -> bool {
    ctx.input_mut(|input| {
        input.consume_key(Modifiers::SHIFT, Key::F10) || input.consume_key(Modifiers::NONE, Key::Menu)
    })
}

/// Shows the context menu of a widget that takes the keyboard focus itself; a key opens it at `at`.
pub(super) fn show(response: &Response, at: Pos2, content: impl FnOnce(&mut Ui)) {
    let is_wanted = response.has_focus() && !Popup::is_any_open(&response.ctx) && is_asked_for(&response.ctx);
    show_for(response, response.id, is_wanted.then_some(at), content);
}

/// Shows the context menu of a part of a widget, such as a row of a table that has the keyboard focus; returns whether it
/// is open. `wanted_at` is the position to open it at if a key asked for it in this frame.
pub(super) fn show_for(
    response: &Response,
    keyboard: Id,
    wanted_at: Option<Pos2>,
    content: impl FnOnce(&mut Ui),
) -> bool {
    let ctx = &response.ctx;
    let id = Popup::default_response_id(response);
    let key = id.with("opened by key");
    let mut by_key: Option<(Stage, Pos2)> = ctx.data(|data| data.get_temp(key));
    // Arrow keys lead from the focused widget into the menu.
    let mut popup = Popup::context_menu(response).anchor_widget(keyboard);
    if let Some(at) = wanted_at {
        popup = popup.open_memory(Some(SetOpenCommand::Bool(true)));
        by_key = Some((Stage::Opened, at));
    } else if response.secondary_clicked() {
        by_key = None;
    }
    if let Some((_, at)) = by_key {
        popup = popup.at_position(at);
    }
    let shown = popup.show(|ui| {
        content(ui);
        if let Some((stage @ Stage::Opened, _)) = &mut by_key
            && !ui.is_sizing_pass()
        {
            *stage = Stage::Entered;
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::Down));
        }
    });
    let is_open = shown.is_some() && Popup::is_id_open(ctx, id);
    match by_key {
        Some(by_key) if is_open => {
            ctx.data_mut(|data| data.insert_temp(key, by_key));
        }
        Some(_) => {
            ctx.data_mut(|data| data.remove_temp::<(Stage, Pos2)>(key));
            // The focused entry is gone.
            ctx.memory_mut(|memory| memory.request_focus(keyboard));
        }
        None => {}
    }
    is_open
}

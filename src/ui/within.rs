//! Content of resizable panels.

use egui::Ui;

/// Draws content in exactly the available room. A resizable panel takes the size of its content: if that were a little
/// larger than the panel, the panel would grow with every frame.
pub(super) fn within(ui: &mut Ui, show: impl FnOnce(&mut Ui)) {
    let room = ui.available_rect_before_wrap();
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(room));
    inner.shrink_clip_rect(room);
    show(&mut inner);
    ui.advance_cursor_after_rect(room);
}

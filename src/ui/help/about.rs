//! Facts about the program: version, license, and the fonts and icons that come with it.

use egui::{RichText, Ui};

use crate::ui::theme::{self, GRID, tokens};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENSE: &str = env!("CARGO_PKG_LICENSE");
const DESCRIPTION: &str = env!("CARGO_PKG_DESCRIPTION");
/// Empty if the package names no repository.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The fonts of the window, what they show, and their licenses.
const FONTS: [(&str, &str, &str); 3] = [
    ("Inter", "texts", "SIL Open Font License 1.1"),
    ("JetBrains Mono", "names and numbers", "SIL Open Font License 1.1"),
    ("Lucide", "icons", "ISC License"),
];

/// Draws the facts.
pub(super) fn show(ui: &mut Ui) {
    ui.label(RichText::new("Heapglass").font(theme::heading()));
    ui.label(RichText::new(format!("Version {VERSION}")).color(tokens(ui).weak));
    ui.add_space(2.0 * GRID);
    ui.label(format!("{DESCRIPTION}."));
    ui.add_space(2.0 * GRID);
    ui.label(format!("License: {}", LICENSE.replace(" OR ", " or ")));
    if !REPOSITORY.is_empty() {
        ui.hyperlink(REPOSITORY);
    }
    ui.add_space(2.0 * GRID);
    super::group(ui, "Fonts and icons");
    for (name, use_, license) in FONTS {
        ui.label(format!("{name} ({use_}): {license}"));
    }
    ui.add_space(2.0 * GRID);
    let privacy = "Heapglass makes no network requests, except to the inspector that a capture connects to.";
    ui.label(RichText::new(privacy).color(tokens(ui).weak));
}

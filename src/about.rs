//! Facts about the program for reports of problems: how it was built, and with which parts.

use std::env::consts::{ARCH, OS};

/// Returns the version, the build, the features and the renderer, one per line.
#[must_use]
pub(crate) fn about() -> String {
    let build = if cfg!(debug_assertions) { "with debug assertions" } else { "optimized" };
    let features: Vec<&str> = [("gui", cfg!(feature = "gui")), ("frame-times", cfg!(feature = "frame-times"))]
        .into_iter()
        .filter_map(|(name, is_on)| is_on.then_some(name))
        .collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    let renderer = if cfg!(feature = "gui") { "OpenGL (glow)" } else { "none" };
    format!(
        "heapglass {}\nbuild: {build}, {ARCH} {OS}\nfeatures: {features}\nrenderer: {renderer}",
        env!("CARGO_PKG_VERSION")
    )
}

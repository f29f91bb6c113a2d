//! From a script to its text.

mod recorded;

pub use recorded::{RecordedError, RecordedSources};

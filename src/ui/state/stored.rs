//! Filters and lower panes of views, to and from their form in session files.

use crate::query::NodeFilter;
use crate::ui::command::Lower;
use crate::ui::saved::{SavedFilter, SavedLower};

/// Returns the stored form of a lower pane.
pub(super) fn saved_lower(lower: Lower) -> SavedLower {
    match lower {
        Lower::Retainers => SavedLower::Retainers,
        Lower::Paths => SavedLower::Paths,
        Lower::Object => SavedLower::Object,
        Lower::Source => SavedLower::Source,
    }
}

/// Returns the lower pane of a stored form.
pub(super) fn shown_lower(lower: SavedLower) -> Lower {
    match lower {
        SavedLower::Retainers => Lower::Retainers,
        SavedLower::Paths => Lower::Paths,
        SavedLower::Object => Lower::Object,
        SavedLower::Source => Lower::Source,
    }
}

/// Returns the stored form of a filter, if it has one.
pub(super) fn saved_filter(filter: &NodeFilter) -> Option<SavedFilter> {
    Some(match filter {
        NodeFilter::Ids { after, up_to } => SavedFilter::Ids { after: *after, up_to: *up_to },
        NodeFilter::HeldByDetachedDom => SavedFilter::HeldByDetachedDom,
        NodeFilter::HeldByContexts => SavedFilter::HeldByContexts,
        NodeFilter::HeldByEventHandlers => SavedFilter::HeldByEventHandlers,
        NodeFilter::HeldByConsole => SavedFilter::HeldByConsole,
        NodeFilter::DuplicatedStrings => SavedFilter::DuplicatedStrings,
        NodeFilter::SharedByContexts => SavedFilter::SharedByContexts,
        NodeFilter::WithoutContext => SavedFilter::WithoutContext,
        NodeFilter::Unreachable => SavedFilter::Unreachable,
        NodeFilter::Matching(query) => SavedFilter::Matching(query.clone()),
        _ => return None,
    })
}

/// Returns the filter of a stored form.
pub(super) fn shown_filter(filter: SavedFilter) -> NodeFilter {
    match filter {
        SavedFilter::Ids { after, up_to } => NodeFilter::Ids { after, up_to },
        SavedFilter::HeldByDetachedDom => NodeFilter::HeldByDetachedDom,
        SavedFilter::HeldByContexts => NodeFilter::HeldByContexts,
        SavedFilter::HeldByEventHandlers => NodeFilter::HeldByEventHandlers,
        SavedFilter::HeldByConsole => NodeFilter::HeldByConsole,
        SavedFilter::DuplicatedStrings => NodeFilter::DuplicatedStrings,
        SavedFilter::SharedByContexts => NodeFilter::SharedByContexts,
        SavedFilter::WithoutContext => NodeFilter::WithoutContext,
        SavedFilter::Unreachable => NodeFilter::Unreachable,
        SavedFilter::Matching(query) => NodeFilter::Matching(query),
    }
}

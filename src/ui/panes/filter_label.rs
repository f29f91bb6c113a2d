//! The names of filters.

use super::Place;
use crate::model::human;
use crate::query::{NodeFilter, allocating_function, node_label};
use crate::session::Session;
use crate::ui::text;

/// Returns the label of a filter.
#[must_use]
pub(crate) fn filter_label(session: &Session, place: &Place, filter: &NodeFilter) -> String {
    match filter {
        NodeFilter::All => "All objects".to_owned(),
        NodeFilter::Ids { after, up_to } => {
            // An id bound is always the largest id of one of the open snapshots.
            let name_of = |bound: u64| {
                let open = session.open().iter().find(|open| open.snapshot.max_object_id() == bound);
                open.map_or_else(|| format!("@{bound}"), |open| text::name_of(session, open.id))
            };
            if let Some(times) = super::timeline::times(place, *after, *up_to) {
                return format!("Allocated {times}");
            }
            match (*after, *up_to) {
                (0, up_to) => format!("Allocated before {}", name_of(up_to)),
                (after, u64::MAX) => format!("Allocated after {}", name_of(after)),
                (after, up_to) => format!("Allocated between {} and {}", name_of(after), name_of(up_to)),
            }
        }
        NodeFilter::HeldByDetachedDom => "Held only by detached DOM nodes".to_owned(),
        NodeFilter::HeldByContexts => "Held only by closures' contexts".to_owned(),
        NodeFilter::HeldByEventHandlers => "Held only by event handlers".to_owned(),
        NodeFilter::HeldByConsole => "Held only by the DevTools console".to_owned(),
        NodeFilter::DuplicatedStrings => "Duplicate strings".to_owned(),
        NodeFilter::CopiesOf(first) => {
            format!("Copies of {}", human::visible(&node_label(&place.snapshot, *first), 60))
        }
        NodeFilter::Category(category) => category.label().to_owned(),
        NodeFilter::Kind(kind) => format!("Kind: {}", human::visible(place.snapshot.graph().name_of_kind(*kind), 60)),
        NodeFilter::NativeContext(node) => {
            format!("In realm {}", place.snapshot.id(*node))
        }
        NodeFilter::SharedByContexts => "Shared by realms".to_owned(),
        NodeFilter::WithoutContext => "In no realm".to_owned(),
        NodeFilter::Unreachable => "Unreachable".to_owned(),
        NodeFilter::Matching(query) => format!("Matching “{}”", human::visible(query, 60)),
        NodeFilter::Allocated(by) => {
            let function = allocating_function(&place.snapshot, by);
            let name = function.map_or_else(
                || "?".to_owned(),
                |function| match function.short_place() {
                    place if place.is_empty() => function.label().to_owned(),
                    place => format!("{} ({place})", function.label()),
                },
            );
            format!("Allocated by {}", human::visible(&name, 80))
        }
        NodeFilter::DefinedIn(_, name) => format!("Defined in {}", human::visible(name, 80)),
        NodeFilter::Listed(listed) => human::visible(listed.title(), 80).into_owned(),
        NodeFilter::AllOf(filters) => {
            filters.iter().map(|filter| filter_label(session, place, filter)).collect::<Vec<_>>().join(", ")
        }
    }
}

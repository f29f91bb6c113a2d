//! The panes of the upper half, one line each with the group and icon of its tab: tabs, keys, palette, history and focus order are derived from this list.

use super::allocations::AllocationsPane;
use super::collections::CollectionsPane;
use super::comparison::ComparisonPane;
use super::containment::ContainmentPane;
use super::dead_variables::DeadVariablesPane;
use super::dominators::DominatorsPane;
use super::findings::FindingsPane;
use super::growth::GrowthPane;
use super::pane::{About, Group, Pane};
use super::query::QueryPane;
use super::scripts::ScriptsPane;
use super::search::SearchPane;
use super::statistics::StatisticsPane;
use super::strings::StringsPane;
use super::summary::SummaryPane;
use super::timeline::TimelinePane;
use crate::ui::command::ViewKind;
use crate::ui::icons::Icon;

macro_rules! panes {
    ($($group:ident, $icon:ident, $field:ident: $pane:ty;)*) => {
        /// The number of panes.
        const COUNT: usize = [$(stringify!($field)),*].len();

        /// The panes of one view, each with its own state.
        #[derive(Debug, Default)]
        pub struct Panes {
            $(pub $field: $pane,)*
        }

        impl Panes {
            /// Returns all panes in the order of their tabs.
            pub fn each_mut(&mut self) -> [(ViewKind, &mut dyn Pane); COUNT] {
                [$((<$pane>::about().kind, &mut self.$field),)*]
            }

            /// Returns the pane of a kind; the first one for a kind that no registered pane has.
            pub fn get_mut(&mut self, kind: ViewKind) -> &mut dyn Pane {
                $(if kind == <$pane>::about().kind {
                    return &mut self.$field;
                })*
                &mut self.summary
            }

            /// Returns all panes in the order of their tabs.
            #[must_use]
            pub fn each(&self) -> [(ViewKind, &dyn Pane); COUNT] {
                [$((<$pane>::about().kind, &self.$field),)*]
            }
        }

        /// Returns the descriptions of the panes, in the order of their tabs.
        #[must_use]
        pub(crate) fn all() -> [About; COUNT] {
            [$(About { group: Group::$group, icon: Icon::$icon, ..<$pane>::about() },)*]
        }
    };
}

panes! {
    FindLeaks, Stethoscope, findings: FindingsPane;
    FindLeaks, TrendingUp, growth: GrowthPane;
    FindLeaks, GitCompareArrows, comparison: ComparisonPane;
    FindLeaks, Boxes, collections: CollectionsPane;
    Explore, TableProperties, summary: SummaryPane;
    Explore, ListTree, containment: ContainmentPane;
    Explore, Network, dominators: DominatorsPane;
    Explore, ChartPie, statistics: StatisticsPane;
    Explore, Quote, strings: StringsPane;
    Explore, FileCode, scripts: ScriptsPane;
    Explore, Globe, dead_variables: DeadVariablesPane;
    Explore, ChartSpline, timeline: TimelinePane;
    Explore, Flame, allocations: AllocationsPane;
    Ask, Search, search: SearchPane;
    Ask, Database, query: QueryPane;
}

impl Panes {
    /// Returns the pane of a kind, as [`Self::get_mut`] does.
    #[must_use]
    pub fn get(&self, kind: ViewKind) -> &dyn Pane {
        let panes = self.each();
        panes.iter().find(|(of, _)| *of == kind).unwrap_or(&panes[0]).1
    }
}

/// Returns the description of the pane of a kind.
#[must_use]
pub(crate) fn about(kind: ViewKind) -> About {
    let all = all();
    *all.iter().find(|about| about.kind == kind).unwrap_or(&all[0])
}

impl ViewKind {
    /// Returns all kinds in the order of their tabs.
    #[must_use]
    pub fn all() -> [Self; COUNT] {
        all().map(|about| about.kind)
    }
}

//! The frame around the panes: bars, the list of files, the start page and the drop target. It reads the state and requests
//! changes by actions.

mod drop_target;
mod entry;
mod loads;
mod notes;
mod profiles;
mod recent;
mod side_header;
mod side_list;
mod start_page;
mod status_bar;
mod toolbar;

pub(super) use drop_target::drop_target;
pub(super) use side_header::side_header;
pub(super) use side_list::side_list;
pub(super) use start_page::start_page;
pub(super) use status_bar::status_bar;
pub(super) use toolbar::toolbar;

//! stub
use crate::model::EdgeKind;
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    Column,
    Group,
    NodeKind,
    EdgeKind,
    Root,
    Idea,
}
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub term: &'static str,
    pub category: Category,
    pub short: &'static str,
    pub long: &'static str,
}
pub fn entries() -> &'static [Entry] {
    &[]
}
pub fn for_class(_name: &str) -> Option<&'static Entry> {
    None
}
pub fn for_edge_kind(_kind: EdgeKind) -> Option<&'static Entry> {
    None
}
pub fn for_root(_name: &str) -> Option<&'static Entry> {
    None
}

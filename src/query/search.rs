//! stub
use crate::model::BitSet;
use crate::model::{CancelToken, Cancelled};
use crate::snapshot::Snapshot;
#[derive(Clone, Debug)]
pub struct Query;
#[derive(Clone, Debug)]
pub struct QueryError {
    pub at: std::ops::Range<usize>,
    pub message: String,
}
impl Query {
    pub fn parse(_t: &str) -> Result<Self, QueryError> {
        Ok(Self)
    }
    pub fn help() -> &'static [(&'static str, &'static str)] {
        &[]
    }
}
pub fn search(s: &Snapshot, _q: &Query, _c: &CancelToken) -> Result<BitSet, Cancelled> {
    Ok(BitSet::new(s.graph().node_count()))
}
impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

//! Errors of SQL queries.

use std::time::Duration;

use crate::model::human;

/// A query that has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SqlError {
    /// The query is wrong or refused. `offset` is the position of the cause in bytes, if it is known.
    #[error("{message}")]
    Query { message: String, offset: Option<usize> },
    #[error("the query was stopped")]
    Cancelled,
    #[error("the query took longer than {}", human::duration(*.0))]
    TooLong(Duration),
    #[error("the query needs more than {} of memory; sort or group fewer rows", human::bytes(*.0))]
    Memory(u64),
    #[error("internal error in a query (please report it): {0}")]
    Internal(String),
}

impl SqlError {
    pub(super) fn query(message: impl Into<String>) -> Self {
        Self::Query { message: message.into(), offset: None }
    }
}

//! Queries as questions of the window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::data::SqlData;
use super::engine::{Answer, Limits, Ran, Sql, Value};
use super::error::SqlError;
use super::nodes::number_of;
use super::schema::is_id;
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId, convert};
use crate::query::{ListedNodes, Need, Needs, Question, Series};
use crate::sources::SourcePaths;

/// The maximum number of rows and of bytes of an answer.
const ROWS: u64 = 100_000;
const BYTES: usize = 256 << 20;
/// The time after which a query is stopped.
const TIME: Duration = Duration::from_mins(5);

/// Asks for the data that all queries of some snapshots share.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SqlDataOf {
    series: Series,
    paths: SourcePaths,
}

impl Question for SqlDataOf {
    type Answer = SqlData;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.series.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<SqlData, Cancelled> {
        let named = |&id: &SnapshotId| {
            let snapshot = needs.shared(id);
            (snapshot.source().name.clone(), snapshot)
        };
        let data = SqlData::new(self.series.iter().map(named).collect(), self.paths.clone());
        data.index_ids(cancel)?;
        Ok(data)
    }
}

/// Asks a query of snapshots.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QueryOf {
    /// The snapshots in the order of their numbers.
    pub(crate) series: Series,
    pub(crate) query: Arc<str>,
    /// The folders and maps in which the text of scripts may be.
    pub(crate) paths: SourcePaths,
}

/// The answer to a query, or its error.
#[derive(Clone, Debug)]
pub struct Answered(pub(crate) Result<AnswerRows, SqlError>);

/// The rows of an answer, with the objects that they name.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnswerRows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// The numbers of the rows, in order.
    pub(crate) order: Arc<Vec<u32>>,
    pub(crate) ran: Ran,
    pub(crate) time: Duration,
    /// By row: the snapshot and the object of its first id.
    pub(crate) objects: Vec<Option<(SnapshotId, NodeOrdinal)>>,
    /// By snapshot: these objects, as a filter.
    pub(crate) listed: Vec<(SnapshotId, ListedNodes)>,
    bytes: usize,
}

impl AnswerRows {
    /// Returns true if a column has ids of objects.
    #[must_use]
    pub(crate) fn is_id(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|name| is_id(name))
    }
}

impl Answer for AnswerRows {
    fn columns(&mut self, names: &[String]) {
        self.columns = names.to_vec();
    }

    fn row(&mut self, row: Vec<Value>) -> bool {
        self.bytes += row.iter().map(Value::heap_bytes).sum::<usize>();
        self.rows.push(row);
        self.bytes < BYTES
    }
}

impl HeapBytes for Answered {
    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |answer| answer.bytes + 32 * answer.rows.len())
    }
}

impl Question for QueryOf {
    type Answer = Answered;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.series.to_vec()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.data())]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Answered, Cancelled> {
        let data = needs.answer(&self.data());
        let began = Instant::now();
        let mut answer = AnswerRows::default();
        let limits = Limits { time: Some(TIME), rows: Some(ROWS) };
        let ran = Sql::new(Arc::clone(&data), limits).run(&self.query, cancel, &mut answer);
        match ran {
            Err(SqlError::Cancelled) => Err(Cancelled),
            Err(error) => Ok(Answered(Err(error))),
            Ok(ran) => {
                answer.time = began.elapsed();
                answer.ran = Ran { is_cut: ran.is_cut || answer.bytes >= BYTES, ..ran };
                answer.order = Arc::new((0..convert::ordinal(answer.rows.len())).collect());
                self.find_objects(&mut answer, &data, cancel)?;
                Ok(Answered(Ok(answer)))
            }
        }
    }
}

impl QueryOf {
    fn data(&self) -> SqlDataOf {
        SqlDataOf { series: Arc::clone(&self.series), paths: self.paths.clone() }
    }

    /// Finds the objects that rows name by their first id.
    fn find_objects(&self, answer: &mut AnswerRows, data: &SqlData, cancel: &CancelToken) -> Result<(), Cancelled> {
        let id_column = answer.columns.iter().position(|name| is_id(name));
        let snapshot_column = answer.columns.iter().position(|name| name == "snapshot");
        let mut nodes: Vec<Vec<NodeOrdinal>> = vec![Vec::new(); self.series.len()];
        for (at, row) in answer.rows.iter().enumerate() {
            cancel.check_every(at)?;
            let number = |column: Option<usize>| match column.map(|column| &row[column]) {
                Some(&Value::Integer(number)) => Some(number),
                _ => None,
            };
            let mut found = None;
            if let Some(id) = number(id_column) {
                let snapshot = number(snapshot_column);
                for (file, of) in data.files.iter().enumerate() {
                    let is_wanted = snapshot.is_none_or(|number| number == number_of(file));
                    if is_wanted && found.is_none() {
                        let first = of.find(id.cast_unsigned(), cancel)?.first().copied();
                        found = first.map(|node| (file, NodeOrdinal(node)));
                    }
                }
            }
            answer.objects.push(found.map(|(file, node)| (self.series[file], node)));
            if let Some((file, node)) = found {
                nodes[file].push(node);
            }
        }
        for (&id, mut nodes) in self.series.iter().zip(nodes) {
            nodes.sort_unstable();
            nodes.dedup();
            if !nodes.is_empty() {
                answer.listed.push((id, ListedNodes::new("In the answer of the query", &nodes)));
            }
        }
        Ok(())
    }
}

//! The answer to a call: lines and a page of rows that fit into a budget of tokens, then the next calls.
//!
//! Invariant: the text never has more estimated tokens than the budget.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::failure::Failure;
use super::text::{cut_to, tokens};
use crate::model::human;

/// The maximum number of useful next calls.
const MOST_NEXT: usize = 4;
/// The tokens of the line with the cursor.
const MORE: usize = 40;
/// The tokens that are kept for rows, whatever the lines above them need.
const FOR_ROWS: usize = 60;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    arguments: Arguments,
    budget: usize,
    start: usize,
    lines: Vec<String>,
    used: usize,
    /// The rows that are not shown, and the first of them.
    more: Option<(usize, usize)>,
    next: Vec<String>,
    limits: String,
}

impl Answer {
    pub(super) fn new(limits: &str, arguments: &Arguments) -> Result<Self, Failure> {
        let limits = format!("cannot show: {limits}");
        Ok(Self {
            budget: arguments.budget(),
            start: arguments.start()?,
            arguments: arguments.clone(),
            lines: Vec::new(),
            used: tokens(&limits),
            more: None,
            next: Vec::new(),
            limits,
        })
    }

    /// Returns the maximum number of tokens.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// Returns true on the first page, which has what later ones need not repeat.
    pub(super) fn is_first_page(&self) -> bool {
        self.start == 0
    }

    /// Names a useful next call. Call this before [`Self::rows`], so that its line has room.
    #[expect(clippy::needless_pass_by_value, reason = "callers create the arguments in place")]
    pub(super) fn next(&mut self, tool: &str, arguments: Value, why: &str) {
        if self.next.len() >= MOST_NEXT {
            return;
        }
        let line = format!("next: {tool} {arguments} - {why}");
        let cost = tokens(&line) + 1;
        // The rows are the answer, so calls get a third of the budget at most.
        if self.next.iter().map(|line| tokens(line) + 1).sum::<usize>() + cost <= self.budget / 3 {
            self.used += cost;
            self.next.push(line);
        }
    }

    /// Adds a line; it is cut or left out if there is no room.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        let line = line.into();
        let free = self.budget.saturating_sub(self.used + MORE + FOR_ROWS);
        let line = if tokens(&line) < free { line } else { cut_to(&line, free.saturating_sub(1)) };
        if !line.is_empty() {
            self.used += tokens(&line) + 1;
            self.lines.push(line);
        }
    }

    /// Adds a line to the first page only.
    pub(super) fn heading(&mut self, line: impl Into<String>) {
        if self.is_first_page() {
            self.line(line);
        }
    }

    /// Adds as many rows as there is room for, from the cursor on.
    pub(super) fn rows<E>(
        &mut self,
        count: usize,
        mut row: impl FnMut(usize) -> Result<String, E>,
    ) -> Result<(), Failure>
    where
        Failure: From<E>,
    {
        if self.start > 0 && self.start >= count {
            return Err(Failure::expected(format!(
                "cursor: there are only {}",
                human::quantity(count as u64, "row", "rows")
            )));
        }
        for at in self.start..count {
            let text = row(at)?;
            let free = self.budget.saturating_sub(self.used + if at + 1 < count { MORE } else { 0 });
            let cost = tokens(&text) + 1;
            if cost > free && at > self.start {
                self.more = Some((count - at, at));
                return Ok(());
            }
            // A page has at least one row, so that every cursor leads on.
            let text = if cost > free { cut_to(&text, free.saturating_sub(1)) } else { text };
            self.used += tokens(&text) + 1;
            self.lines.push(text);
        }
        Ok(())
    }

    /// Returns the text.
    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        if let Some((count, at)) = self.more {
            let more = human::quantity(count as u64, "row", "rows");
            let _ =
                writeln!(text, "more: {more}; repeat the call with {{\"cursor\":\"{}\"}}", self.arguments.cursor(at));
        }
        for line in &self.next {
            let _ = writeln!(text, "{line}");
        }
        text.push_str(&self.limits);
        // The parts above leave room; this holds whatever they did.
        cut_to(&text, self.budget)
    }
}

/// Returns JSON arguments for a next call.
pub(super) fn arguments<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

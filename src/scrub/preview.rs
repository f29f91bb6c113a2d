//! The kept texts of a file, the ones that look most like data first, to look at before a copy is handed on.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::names::{cleaned, suspicion};
use super::survey::{LONG, each_section, survey};
use super::uses::Uses;
use super::uses::flags::CODE;
use super::{Options, Role, ScrubError, counts};
use crate::format::{Source, text_of};
use crate::model::{CancelToken, Phase, Progress};

/// A text that stays in the copy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct KeptName {
    /// The most specific of its uses.
    pub(crate) role: Role,
    /// The text in the copy.
    pub(crate) text: String,
}

/// The names that a copy would keep, and the numbers of texts that it would replace.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    pub(crate) strings: u64,
    pub(crate) replaced: Vec<(Role, u64)>,
    pub(crate) kept: Vec<(Role, u64)>,
    /// The kept texts that look most like data, most of all first.
    pub(crate) names: Vec<KeptName>,
}

/// The uses that are listed, the most telling first. Internal names are V8's own.
const LISTED: [Role; 5] = [Role::Property, Role::Class, Role::Code, Role::Function, Role::Variable];

/// Returns what a copy would keep, without writing it; at most `limit` names.
///
/// # Errors
/// Returns an error if the file is not a valid snapshot or cannot be read several times.
pub(crate) fn preview(
    source: &Source,
    options: &Options,
    limit: usize,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Preview, ScrubError> {
    progress.start(Phase::Reading, 0);
    let survey = survey(source, options, progress, cancel)?;
    let uses = &survey.uses;
    let mut best: BTreeSet<(Reverse<usize>, KeptName)> = BTreeSet::new();
    let (mut at, mut text) = (0, Vec::new());
    each_section(source, &["strings"], progress, cancel, |_, sections| {
        sections.strings(|piece, is_end| {
            let room = (LONG + 1).saturating_sub(text.len());
            text.extend_from_slice(&piece[..piece.len().min(room)]);
            if !is_end {
                return Ok(());
            }
            cancel.check_every(at)?;
            if let Some(role) = role_of(uses, at).filter(|_| text.len() <= LONG) {
                let is_script = uses.bits[at] & CODE != 0 && options.script_names;
                let kept = text_of(&cleaned(&options.key, &text, is_script)).into_owned();
                best.insert((Reverse(suspicion(&kept)), KeptName { role, text: kept }));
                if best.len() > limit {
                    best.pop_last();
                }
            }
            at += 1;
            text.clear();
            Ok::<(), ScrubError>(())
        })
    })?;
    Ok(Preview {
        strings: uses.len() as u64,
        replaced: counts(uses, &Role::REPLACED),
        kept: counts(uses, &Role::KEPT),
        names: best.into_iter().map(|(_, name)| name).collect(),
    })
}

fn role_of(uses: &Uses, string: usize) -> Option<Role> {
    (string < uses.len()).then(|| LISTED.into_iter().find(|&role| uses.has_role(string, role))).flatten()
}

//! Timers that are never cleared.

use super::{Recognized, Subject};
use crate::model::human;

pub(super) fn timer(subject: &Subject<'_>) -> Option<Recognized> {
    let is_timer = matches!(subject.member_class, "Timeout" | "Immediate" | "Timer");
    if !is_timer && !subject.has_class("TimersList") {
        return None;
    }
    let snapshot = subject.names.side.snapshot;
    let list = subject.path.iter().find(|step| step.class == "TimersList");
    let delay = list.and_then(|step| step.edge).map(|edge| snapshot.edge_name(edge).into_owned());
    let delay = delay.and_then(|delay| delay.parse::<u64>().ok());
    let delay = delay.map_or(String::new(), |delay| format!(" with a delay of {} ms", human::count(delay)));
    Some(subject.recognized(
        "timer",
        format!("Timers{delay}{}", subject.claim(" are not cleared")),
        format!(
            "setTimeout or setInterval{delay} was called, and the timers are still active{}.{}",
            subject.holding(),
            subject.callback_text()
        ),
        "Keep the value that setTimeout or setInterval returns and pass it to clearTimeout or clearInterval when the work ends.",
    ))
}

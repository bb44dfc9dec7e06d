//! What a controller sees of a key and would do now, without doing it.

use std::time::Duration;

use meta::time::Time;

use crate::{Action, Answers, Controller, Observation, Read, engine::summary};

/// What one controller sees, would do, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Its name.
    pub controller: &'static str,
    /// All that its decision depends on, one fact a line.
    pub observed: Vec<String>,
    /// What it would do, in order, each with its reason. Empty at rest.
    pub steps: Vec<(String, String)>,
    /// When it would look again if nothing changes.
    pub wake_after: Option<Duration>,
}

/// Looks at a key as the engine does, with no memory of earlier looks, and shows the plan.
///
/// # Errors
/// What must be read live first.
pub fn explain<C: Controller>(
    view: &C::View,
    key: &C::Key,
    answers: &Answers,
    now: Time,
) -> Result<Explanation, Vec<Read>> {
    let observed = match C::observe(view, key, answers) {
        Observation::Ready(observed) => observed,
        Observation::Ask(reads) => return Err(reads),
        Observation::Gone => {
            return Ok(Explanation {
                controller: C::NAME,
                observed: vec!["nothing to look after".to_owned()],
                steps: Vec::new(),
                wake_after: None,
            });
        }
    };
    let plan = C::plan(&mut C::Memory::default(), &observed, now);
    if !plan.asks.is_empty() {
        return Err(plan.asks);
    }
    // What is only told depends on what was told before, which is not known here.
    let writes = plan.steps().filter(|step| step.action != Action::Announce);
    let steps = writes.map(|step| (summary(&step.action), step.why.to_string()));
    Ok(Explanation {
        controller: C::NAME,
        observed: C::describe(&observed, now),
        steps: steps.collect(),
        wake_after: plan.wake_after,
    })
}

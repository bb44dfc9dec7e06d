//! How fast simulated time passes, and who takes the real time.

use std::{collections::BTreeMap, fs, time::Duration};

use sim::{
    Tally,
    world::{Cost, Costs},
};

/// What this thread has run so far, first of the numbers in there, in nanoseconds.
const SCHEDULED: &str = "/proc/thread-self/schedstat";
/// Tasks that take less than one in so many parts are told of as one.
const SHARE_MIN: u32 = 100;

/// What the processors have given to this thread so far. `None` where the system does not say.
pub(crate) fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string(SCHEDULED).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// A line on the speed, and one for each kind of task that takes much.
pub(crate) fn report(tally: &Tally, spent: Duration) -> String {
    let (hours, seconds) = (tally.time.as_secs_f64() / 3600.0, spent.as_secs_f64());
    let each = |count: u64| spent / u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let (step, write) = (each(tally.steps), each(tally.revisions));
    let speed = format!(
        "{:.3} simulated hours in each second of a core: {seconds:.2} s, {step:?} a step, {write:?} a write\n",
        hours / seconds,
    );
    speed + &table(&tally.costs)
}

/// The most costly first.
fn table(costs: &Costs) -> String {
    let whole: Duration = costs.values().map(|cost| cost.time).sum();
    let mut lines: BTreeMap<String, Cost> = BTreeMap::new();
    for ((component, task), cost) in costs {
        let line = if cost.time * SHARE_MIN < whole {
            "others".to_owned()
        } else {
            format!("{component}: {task}")
        };
        *lines.entry(line).or_default() += *cost;
    }
    let mut lines: Vec<(String, Cost)> = lines.into_iter().collect();
    lines.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.time));
    let line = |(task, cost): &(String, Cost)| {
        let share = 100.0 * cost.time.as_secs_f64() / whole.as_secs_f64();
        format!("  {share:>5.1} %  {:>9} steps  {task}\n", cost.steps)
    };
    lines.iter().map(line).collect()
}

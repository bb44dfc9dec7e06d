//! Which events are shown: `-v` for all, `--vmodule` for single files.

use std::path::Path;

use tracing::{Level, Metadata};

/// `-v` and `--vmodule`.
#[derive(Debug, Clone, Default)]
pub struct Verbosity {
    everywhere: i64,
    /// File names without `.rs`, perhaps with `*`, and what counts there.
    files: Vec<(String, i64)>,
}

/// Of libraries only what an operator must know is shown below this.
const LIBRARIES_FROM: i64 = 8;
const LIBRARIES: [&str; 4] = ["h2", "hyper", "hyper_util", "rustls"];
/// What a component says about itself is shown always; its decisions are not.
const ALWAYS_SHOWN: [&str; 3] = ["pilothouse", "app", "runtime::lease"];

impl Verbosity {
    /// `everywhere` is `-v`; each pair is a pattern of `--vmodule` and its level.
    pub fn new<'a>(everywhere: i64, files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let level = |text: &str| text.parse().unwrap_or(everywhere);
        let files = files.map(|(pattern, text)| (pattern.to_owned(), level(text)));
        Self { everywhere, files: files.collect() }
    }

    /// Whether an event is shown.
    pub fn shows(&self, metadata: &Metadata<'_>) -> bool {
        let verbosity = self.of_file(metadata.file().unwrap_or_default());
        is_shown(*metadata.level(), metadata.target(), verbosity)
    }

    fn of_file(&self, file: &str) -> i64 {
        let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let found = self.files.iter().find(|(pattern, _)| matches(pattern, stem));
        found.map_or(self.everywhere, |(_, verbosity)| *verbosity)
    }
}

/// Whether an event is shown at this verbosity.
fn is_shown(level: Level, target: &str, verbosity: i64) -> bool {
    let belongs = |crates: &[&str]| {
        let crates = crates.iter();
        crates
            .map(|name| target.strip_prefix(name))
            .any(|rest| rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::")))
    };
    if belongs(&LIBRARIES) && verbosity < LIBRARIES_FROM {
        return level <= Level::WARN;
    }
    let needed = if level <= Level::WARN {
        0
    } else if level == Level::INFO {
        if belongs(&ALWAYS_SHOWN) { 0 } else { 2 }
    } else if level == Level::DEBUG {
        4
    } else {
        6
    };
    verbosity >= needed
}

/// Whether a file's name fits a pattern in which `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).any(|skipped| name.get(skipped..).is_some_and(|name| matches(rest, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verbosity: i64, wanted: [bool; 5]) {
        let events = [
            (Level::WARN, "h2::codec"),
            (Level::INFO, "pilothouse::controller_manager"),
            (Level::INFO, "runtime::engine::act"),
            (Level::DEBUG, "runtime::reflector"),
            (Level::TRACE, "runtime::queue"),
        ];
        assert_eq!(events.map(|(level, target)| is_shown(level, target, verbosity)), wanted);
    }

    #[test]
    fn decisions_are_shown_from_two_on_and_details_from_four() {
        check(0, [true, true, false, false, false]);
        check(2, [true, true, true, false, false]);
        check(4, [true, true, true, true, false]);
        check(6, [true; 5]);
    }

    #[test]
    fn a_file_may_have_its_own_level() {
        let some = Verbosity::new(1, [("roll*", "5"), ("queue", "3")].into_iter());
        assert_eq!(some.of_file("crates/controllers/src/deployment/rolling.rs"), 5);
        assert_eq!(some.of_file("crates/runtime/src/queue.rs"), 3);
        assert_eq!(some.of_file("crates/runtime/src/queues.rs"), 1);
    }
}

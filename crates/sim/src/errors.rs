//! Listens to the log: a line of level error fails a run; a run that is told in full shows the others.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use parking_lot::Mutex;
use tracing::{
    Event, Id, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Record},
    subscriber,
};

use crate::trace::{self, Detail};

/// Clones share what was heard.
#[derive(Clone, Default)]
pub(crate) struct Errors(Arc<Mutex<Option<String>>>);

impl Errors {
    /// Runs `work` and listens meanwhile.
    pub(crate) fn during<T>(&self, detail: Detail, work: impl FnOnce() -> T) -> T {
        subscriber::with_default(Listener { errors: self.clone(), detail }, work)
    }

    /// The first error that was logged.
    pub(crate) fn first(&self) -> Option<String> {
        self.0.lock().clone()
    }
}

struct Listener {
    errors: Errors,
    detail: Detail,
}

impl Listener {
    const fn level(&self) -> Level {
        match self.detail {
            Detail::Silent | Detail::Changes => Level::ERROR,
            Detail::Everything => Level::INFO,
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level() && metadata.is_event()
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level()))
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        if self.detail == Detail::Everything {
            trace::say(&format!("{:>10}  {}", event.metadata().level().as_str(), line.0));
        }
        if *event.metadata().level() == Level::ERROR {
            self.errors.0.lock().get_or_insert(line.0);
        }
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

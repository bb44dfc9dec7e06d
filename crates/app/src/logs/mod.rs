//! Logs: one line per event on stderr, a constant sentence and its fields. As the commands for people
//! write them, or in the forms of the reference's components: klog's text and JSON.

mod klog;
mod level;

use std::sync::Arc;

use tracing_subscriber::{EnvFilter, Layer as _, fmt, layer::SubscriberExt as _};
use world::Clock;

pub use level::Verbosity;

/// How a component's lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `I1124 09:40:00.000000    4711 engine.rs:12] "scaled up" key="value"`
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged, as `-v`: 0 warnings, 2 decisions, 4 everything.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => "warn",
        1 | 2 => "info",
        3 => "debug",
        _ => "trace",
    };
    // Libraries tell of their own business only when asked for everything.
    let filter = EnvFilter::new(format!("{level},h2=warn,hyper=warn,rustls=warn"));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // A second start in one process keeps the first one's subscriber.
    let _ = lines.try_init();
}

/// Logs as the reference's components do; times are the clock's.
pub fn start_component(format: Format, verbosity: Verbosity, clock: Arc<dyn Clock>) {
    let filter = tracing_subscriber::filter::filter_fn(move |metadata| verbosity.shows(metadata));
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .fmt_fields(klog::Fields(format))
        .event_format(klog::Lines { format, clock, process: std::process::id() });
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    // A second start in one process keeps the first one's subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

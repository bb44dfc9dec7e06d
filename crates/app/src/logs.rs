//! Logs: one line per event on stderr, a constant sentence and its fields.

use tracing_subscriber::{EnvFilter, fmt};

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

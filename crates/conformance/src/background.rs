//! A command that runs beside the test and writes to a file.

use std::process::{Child, Command};

/// Ended at the latest when it is dropped.
#[derive(Debug)]
pub struct Background(Child);

impl Background {
    pub(crate) fn new(child: Child) -> Self {
        Self(child)
    }

    /// Waits for its own end; the exit code.
    pub fn wait(mut self) -> i32 {
        let status = self.0.wait().expect("a started command can be waited for");
        status.code().unwrap_or(-1)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended by itself. `timeout` passes the signal on to all that it started.
        send_terminate(&self.0);
        let _ = self.0.wait();
    }
}

/// SIGTERM.
pub(crate) fn send_terminate(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.is_ok(), "cannot send SIGTERM");
}

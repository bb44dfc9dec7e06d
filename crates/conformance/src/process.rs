//! A process of the control plane that a test ends, stops and starts again.

use std::{
    fmt::Write as _,
    fs::File,
    process::{Child, Command},
    time::Duration,
};

use crate::{lab::Lab, patience::eventually};

const START_TIME_MAX: Duration = Duration::from_secs(30);

/// Ended at the latest when it is dropped.
#[derive(Debug)]
pub struct Process {
    /// Also of its log, `NAME.log`, and its output, `NAME.out`.
    pub name: &'static str,
    arguments: String,
    variables: Vec<(&'static str, String)>,
    child: Child,
}

impl Process {
    /// `pilothouse ARGUMENTS` in a laboratory's folder.
    pub fn start(lab: &Lab, name: &'static str, arguments: &str) -> Self {
        Self::start_with(lab, name, arguments, &[])
    }

    /// The same with more environment variables.
    pub fn start_with(
        lab: &Lab,
        name: &'static str,
        arguments: &str,
        variables: &[(&'static str, String)],
    ) -> Self {
        let child = spawn(lab, name, arguments, variables);
        Self { name, arguments: arguments.to_owned(), variables: variables.to_vec(), child }
    }

    /// Waits until its output or log has a text.
    pub fn expect(&self, lab: &Lab, text: &str) {
        eventually(&format!("{} says {text:?}", self.name), START_TIME_MAX, || {
            let said = lab.folder().read(&format!("{}.out", self.name)) + &self.log(lab);
            said.contains(text).then_some(())
        });
    }

    /// What it logged since the first start.
    pub fn log(&self, lab: &Lab) -> String {
        lab.folder().read(&format!("{}.log", self.name))
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        // It may have ended by itself, which its log tells.
        let _ = self.child.kill();
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it again after [`Process::kill`].
    pub fn restart(&mut self, lab: &Lab) {
        self.child = spawn(lab, self.name, &self.arguments, &self.variables);
    }

    /// SIGSTOP: it stands still, and its connections stay open.
    pub fn stop(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT: it goes on with what it knew.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send {signal}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of logs that tell of errors: in the form of the components, and in the reference's.
pub fn errors(processes: &[&Process], lab: &Lab) -> String {
    let mut errors = String::new();
    for process in processes {
        let log = process.log(lab);
        let is_klog = |line: &str| {
            line.starts_with('E') && line[1..].starts_with(|digit: char| digit.is_ascii_digit())
        };
        for line in log.lines().filter(|line| line.contains(" ERROR ") || is_klog(line)) {
            let _ = writeln!(errors, "{}: {line}", process.name);
        }
    }
    errors
}

fn spawn(lab: &Lab, name: &str, arguments: &str, variables: &[(&str, String)]) -> Child {
    let file = |suffix: &str| {
        let path = lab.folder().path().join(format!("{name}.{suffix}"));
        File::options().create(true).append(true).open(path).expect("a file can be made")
    };
    let mut command = lab.pilothouse();
    command.args(arguments.split_whitespace()).envs(variables.iter().cloned());
    command.stdout(file("out")).stderr(file("log"));
    command.spawn().expect("pilothouse starts")
}

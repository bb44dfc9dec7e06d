//! Programs of etcd, started so that what they tell of errors goes where somebody looks for it.

use std::path::Path;

use world::{Input, Program};

/// Runs a program in place of the shell, which only sends its errors elsewhere.
fn program(command: &Path, arguments: &[String], script: &str, more: &[String]) -> Program {
    let shell = ["-c".to_owned(), script.to_owned(), command.display().to_string()];
    Program {
        command: "sh".into(),
        arguments: shell.into_iter().chain(more.iter().chain(arguments).cloned()).collect(),
        environment: vec![("ETCDCTL_API".to_owned(), "3".to_owned())],
        input: Input::Nothing,
    }
}

/// With errors among its output.
pub(crate) fn telling_all(command: &Path, arguments: &[String]) -> Program {
    program(command, arguments, r#"exec "$0" "$@" 2>&1"#, &[])
}

/// With errors at the end of a file.
pub(crate) fn logging_to(log: &Path, command: &Path, arguments: &[String]) -> Program {
    let script = r#"log=$1; shift; exec "$0" "$@" 2>>"$log""#;
    program(command, arguments, script, &[log.display().to_string()])
}

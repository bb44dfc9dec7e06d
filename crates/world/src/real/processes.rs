//! Programs of the system.

use std::{
    io::{ErrorKind, IsTerminal as _, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{BoxFuture, Finished, Input, ProcessError, Processes, Program, Tasks};

/// Nobody waits for longer answers.
const OUTPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Programs of the system; threads of `tasks` wait for them.
pub(super) struct SystemProcesses {
    pub(super) tasks: Arc<dyn Tasks>,
}

/// Kills its program when it is dropped, unless that has ended.
struct Leash(Arc<Mutex<Child>>);

impl Drop for Leash {
    fn drop(&mut self) {
        // Whoever has ended cannot be killed.
        let _ = self.0.lock().kill();
    }
}

impl Processes for SystemProcesses {
    fn has_terminal(&self) -> bool {
        std::io::stdin().is_terminal()
    }

    fn run(&self, program: Program) -> BoxFuture<Result<Finished, ProcessError>> {
        Box::pin(run(program, Arc::clone(&self.tasks)))
    }
}

async fn run(program: Program, tasks: Arc<dyn Tasks>) -> Result<Finished, ProcessError> {
    let command = program.command.display().to_string();
    let failed = |reason: &dyn std::fmt::Display| ProcessError::Failed {
        command: command.clone(),
        reason: reason.to_string(),
    };
    let mut child = start(&program).map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            return ProcessError::Missing { command: command.clone() };
        }
        failed(&error)
    })?;
    let output = child.stdout.take();
    let leash = Leash(Arc::new(Mutex::new(child)));
    let (child, (sender, receiver)) = (Arc::clone(&leash.0), oneshot::channel());
    // A receiver that is gone does not want to know.
    tasks.block("program", Box::new(move || drop(sender.send(finish(output, &child)))));
    let finished = receiver.await.map_err(|_| failed(&"this process stops"))?;
    drop(leash);
    finished.map_err(|error| failed(&error))
}

fn start(program: &Program) -> std::io::Result<Child> {
    let environment = program.environment.iter().map(|(name, value)| (name, value));
    Command::new(&program.command)
        .args(&program.arguments)
        .envs(environment)
        .stdin(match program.input {
            Input::Nothing => Stdio::null(),
            Input::Terminal => Stdio::inherit(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
}

/// Reads first, and takes the lock only when the program has nothing more to say.
fn finish(output: Option<ChildStdout>, child: &Mutex<Child>) -> std::io::Result<Finished> {
    let mut bytes = Vec::new();
    if let Some(output) = output {
        output.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > OUTPUT_BYTES_MAX) {
        return Err(std::io::Error::other("it writes more than 16 MiB"));
    }
    let status = child.lock().wait()?;
    Ok(Finished { code: status.code(), output: bytes })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shell(script: &str) -> Program {
        Program {
            command: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: vec![("GREETING".to_owned(), "hello".to_owned())],
            input: Input::Nothing,
        }
    }

    fn run(program: Program) -> Result<Finished, ProcessError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let world = crate::real::world(runtime.handle());
        runtime.block_on(world.processes.run(program))
    }

    #[test]
    fn a_program_gets_arguments_and_environment_and_gives_output_and_code() {
        let finished = run(shell("echo $GREETING; cat; exit 3")).unwrap();
        assert_eq!(finished, Finished { code: Some(3), output: b"hello\n".to_vec() });
        assert_eq!(run(shell("kill -9 $$")).unwrap().code, None);
    }

    #[test]
    fn one_that_is_not_there_is_told_apart() {
        let error = run(Program { command: "/nowhere/at-all".into(), ..shell("") }).unwrap_err();
        assert_eq!(error.to_string(), "/nowhere/at-all: no such program");
    }

    #[test]
    fn it_dies_when_nobody_waits_any_more() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let world = crate::real::world(runtime.handle());
        let endless = world.processes.run(shell("exec sleep 1000"));
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = endless => panic!("it ended"),
                () = world.clock.sleep(Duration::from_millis(100)) => {}
            }
        });
        // Waits for the thread that waits for the program.
        drop(runtime);
    }
}

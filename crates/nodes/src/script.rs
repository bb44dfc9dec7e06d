//! What a container's command will do: `exit 3`, `sleep 5`, or run until it is stopped.

use std::time::Duration;

/// A container that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) after: Duration,
    pub(crate) code: i32,
}

const SHELLS: [&str; 6] = ["sh", "/bin/sh", "bash", "/bin/bash", "ash", "/bin/ash"];

/// How a container with this command and these arguments ends; `None` if it runs on.
pub(crate) fn exit(command: &[String], arguments: &[String]) -> Option<Exit> {
    let words: Vec<&str> = command.iter().chain(arguments).map(String::as_str).collect();
    match words.as_slice() {
        [shell, "-c", script, ..] if SHELLS.contains(shell) => run(script),
        [program, rest @ ..] if *program == "sleep" || *program == "/bin/sleep" => {
            Some(Exit { after: sleep(rest.first()?)?, code: 0 })
        }
        _ => None,
    }
}

/// Follows `sleep` and `exit` through a script; every other command takes no time and succeeds, and
/// a script without either is taken for a program that runs on.
fn run(script: &str) -> Option<Exit> {
    let mut ended = Exit { after: Duration::ZERO, code: 0 };
    let mut timed = false;
    for statement in script.split([';', '\n']).flat_map(|part| part.split("&&")) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["exit"] => return Some(ended),
            ["exit", code, ..] => return Some(Exit { code: code.parse().ok()?, ..ended }),
            ["sleep", seconds, ..] => {
                ended.after += sleep(seconds)?;
                timed = true;
            }
            ["true"] => timed = true,
            ["false"] => return Some(Exit { code: 1, ..ended }),
            _ => {}
        }
    }
    timed.then_some(ended)
}

/// `sleep`'s argument; `infinity` is no end.
fn sleep(text: &str) -> Option<Duration> {
    crate::duration::parse(text).or_else(|| {
        let seconds: f64 = text.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expected: Option<(u64, i32)>) {
        let command: Vec<String> = words.iter().map(ToString::to_string).collect();
        let got = exit(&command, &[]).map(|exit| (exit.after.as_secs(), exit.code));
        assert_eq!(got, expected, "{words:?}");
    }

    #[test]
    fn a_shell_ends_as_its_script_says() {
        check(&["/bin/sh", "-c", "exit 3"], Some((0, 3)));
        check(&["sh", "-c", "sleep 5"], Some((5, 0)));
        check(&["sh", "-c", "echo hello; sleep 2 && exit 1"], Some((2, 1)));
        check(&["sleep", "7"], Some((7, 0)));
    }

    #[test]
    fn everything_else_runs_on() {
        check(&["nginx", "-g", "daemon off;"], None);
        check(&["sh", "-c", "exec serve"], None);
        check(&["sleep", "infinity"], None);
        check(&[], None);
    }
}

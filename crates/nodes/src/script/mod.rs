//! What a container's command will do: `exit 3`, `sleep 5`, or run until it is stopped.

mod lex;
mod run;
mod tree;

use std::time::Duration;

/// A container that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) after: Duration,
    pub(crate) code: i32,
}

const SHELLS: [&str; 6] = ["sh", "/bin/sh", "bash", "/bin/bash", "ash", "/bin/ash"];

/// Values of variables by name.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a container with this command and these arguments ends; `None` if it runs on.
pub(crate) fn exit(
    command: &[String],
    arguments: &[String],
    variables: Variables<'_>,
) -> Option<Exit> {
    let words: Vec<&str> = command.iter().chain(arguments).map(String::as_str).collect();
    match words.as_slice() {
        [shell, "-c", script, ..] if SHELLS.contains(shell) => {
            run::run(&tree::parse(lex::tokens(script)?)?, variables)
        }
        [program, rest @ ..] if *program == "sleep" || *program == "/bin/sleep" => {
            Some(Exit { after: sleep(rest.first()?)?, code: 0 })
        }
        ["true" | "/bin/true", ..] => Some(Exit { after: Duration::ZERO, code: 0 }),
        ["false" | "/bin/false", ..] => Some(Exit { after: Duration::ZERO, code: 1 }),
        _ => None,
    }
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
        let index = |name: &str| (name == "JOB_COMPLETION_INDEX").then(|| "3".to_owned());
        let got = exit(&command, &[], &index).map(|exit| (exit.after.as_secs(), exit.code));
        assert_eq!(got, expected, "{words:?}");
    }
    fn script(text: &str, expected: Option<(u64, i32)>) {
        check(&["/bin/sh", "-c", text], expected);
    }

    #[test]
    fn a_shell_ends_as_its_script_says() {
        script("exit 3", Some((0, 3)));
        check(&["sh", "-c", "sleep 5"], Some((5, 0)));
        check(&["sh", "-c", "echo hello; sleep 2 && exit 1"], Some((2, 1)));
        script("echo 'not; exit 9'\nsleep 1m # and no more\n", Some((60, 0)));
        script("false || exit 4; exit 5", Some((0, 4)));
        script("true && exit 6", Some((0, 6)));
        script("false; exit", Some((0, 1)));
        check(&["sleep", "7"], Some((7, 0)));
        check(&["true"], Some((0, 0)));
        check(&["/bin/false", "x"], Some((0, 1)));
    }

    #[test]
    fn a_script_may_ask_which_of_several_it_is() {
        let odd = "if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then exit 1; else exit 0; fi";
        script(odd, Some((0, 1)));
        script("exit $((JOB_COMPLETION_INDEX % 2))", Some((0, 1)));
        script("[ \"$JOB_COMPLETION_INDEX\" = \"3\" ] && sleep 4", Some((4, 0)));
        script(
            "if [ $JOB_COMPLETION_INDEX -lt 2 ]; then exit 1; elif true; then sleep 2; fi",
            Some((2, 0)),
        );
        script("if test -z \"$UNSET\"; then exit 8; fi", Some((0, 8)));
        script("if ! [ $JOB_COMPLETION_INDEX -gt 2 ]; then exit 1; fi; exit 2", Some((0, 2)));
    }

    #[test]
    fn everything_else_runs_on() {
        check(&["nginx", "-g", "daemon off;"], None);
        script("exec serve", None);
        script("sleep 1; exec serve", None);
        script("while true; do sleep 1; done", None);
        script("for i in 1 2; do exit 1; done", None);
        script("sleep 3 &", None);
        script("echo 'unfinished", None);
        script("if true; then exit 1", None);
        check(&["sleep", "infinity"], None);
        check(&[], None);
    }
}

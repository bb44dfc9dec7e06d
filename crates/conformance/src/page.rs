//! Pages with commands: what stands in their blocks is run, and must come out as it is written.

use crate::{
    answer::Answer,
    background::Background,
    lab::Lab,
    mask::masked,
    tools,
    transcript::{Step, steps},
};

/// How the README starts the binary from a clean checkout.
const FROM_SOURCE: &str = "cargo run --release --bin pilothouse -- ";
/// A line that stands for any number of lines.
const ANYTHING: &str = "...";

/// A fenced block and its language.
#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    language: &'a str,
    text: &'a str,
}

/// A command that ends so runs beside the others, until [`ENDS`] or the end of the page.
const BESIDE: &str = " &";
const ENDS: &str = "kill %1";

/// Runs all blocks of a page in order: `console` blocks are transcripts, `console go` those that need Go,
/// and a `yaml` block that begins with `# NAME.yaml` is a file of that name. The folder is the project's as
/// far as `examples` goes. Answers how many commands there are.
pub fn run(page: &str) -> usize {
    run_in(page, "", &["examples"])
}

/// The same for a page that lies in a folder of the project, and these folders beside it.
pub fn run_in(page: &str, folder: &str, beside_it: &[&str]) -> usize {
    let mut lab = Lab::unstarted(tools::Kubectl::Current);
    for name in beside_it {
        lab.show_folder(&format!("{folder}/{name}"));
    }
    if page.contains("pilothouse etcd") {
        lab.show_etcd();
    }
    let mut beside = Vec::new();
    let mut commands = 0;
    for block in blocks(page) {
        match (block.language, block.text.lines().next().and_then(|line| line.strip_prefix("# "))) {
            ("yaml", Some(name)) => lab.folder().write(name, block.text),
            ("console", _) => commands += transcript(&mut lab, &mut beside, &block),
            ("console go", _) if tools::has_go() => {
                commands += transcript(&mut lab, &mut beside, &block);
            }
            ("console go", _) => commands += steps(block.text).len(),
            _ => {}
        }
    }
    commands
}

fn transcript(lab: &mut Lab, beside: &mut Vec<Background>, block: &Block<'_>) -> usize {
    let steps = steps(block.text);
    for step in &steps {
        match step.command.strip_suffix(BESIDE) {
            Some(command) => beside.push(lab.background(&format!("env {command}"), "beside.out")),
            None if step.command == ENDS => drop(beside.pop()),
            None => perform(lab, step),
        }
    }
    steps.len()
}

fn perform(lab: &mut Lab, step: &Step<'_>) {
    let command = step.command.strip_prefix(FROM_SOURCE).map(|rest| format!("pilothouse {rest}"));
    let command = command.unwrap_or_else(|| step.command.to_owned());
    if let Some(flags) = command.strip_prefix("pilothouse up") {
        lab.up_with(&flags.split_whitespace().collect::<Vec<_>>());
        compare(step, &masked(&lab.output()));
        return;
    }
    let answer = lab.run(&command);
    let Answer { code, stdout, stderr, .. } = &answer;
    let fails = step.output.iter().any(|line| line.starts_with("error:"));
    assert_eq!(*code != 0, fails, "$ {}\n{}", step.command, answer.text());
    compare(step, &(masked(stdout) + &masked(stderr)));
}

/// What is written must come out line by line; `...` skips what is not written. Empty lines do not count.
fn compare(step: &Step<'_>, seen: &str) {
    let mut lines = seen.lines().filter(|line| !line.is_empty());
    let mut skipping = false;
    for line in step.output.iter().map(|line| masked(line).trim_end().to_owned()) {
        match line.as_str() {
            "" => {}
            ANYTHING => skipping = true,
            wanted => {
                let found =
                    if skipping { lines.find(|seen| *seen == wanted) } else { lines.next() };
                assert_eq!(found, Some(wanted), "$ {}\n{seen}", step.command);
                skipping = false;
            }
        }
    }
    assert!(skipping || lines.next().is_none(), "$ {}\n{seen}", step.command);
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts = page.split("```").skip(1).step_by(2);
    parts
        .filter_map(|part| part.split_once('\n'))
        .map(|(language, text)| Block { language, text })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_blocks_with_a_language() {
        let page = "Words.\n```console\n$ true\n```\nMore `words`.\n```yaml\n# a.yaml\n```\n";
        let console = Block { language: "console", text: "$ true\n" };
        let yaml = Block { language: "yaml", text: "# a.yaml\n" };
        assert_eq!(blocks(page), [console, yaml]);
    }

    #[test]
    fn dots_stand_for_any_lines() {
        let step = Step { command: "list", output: vec!["one", "...", "four"] };
        compare(&step, "one\ntwo\nthree\nfour\n");
    }

    #[test]
    #[should_panic(expected = "$ list")]
    fn a_line_that_is_not_written_does_not_pass() {
        compare(&Step { command: "list", output: vec!["one"] }, "one\ntwo\n");
    }
}

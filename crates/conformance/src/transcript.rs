//! Commands with their output, as they stand in tests and pages: `$ command`, then what it printed.

/// A command and the lines after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    pub command: &'a str,
    pub output: Vec<&'a str>,
}

/// The steps of a transcript. Lines before the first command are not looked at.
pub fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command, output: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            step.output.push(line);
        }
    }
    steps
}

/// A text without the indentation that all its lines share.
pub fn dedented(text: &str) -> String {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let indent = filled.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    text.lines().fold(String::new(), |lines, line| lines + line.get(indent..).unwrap_or("") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_belongs_to_the_command_before_it() {
        let text = dedented("\n    $ one\n    1\n      2\n\n    $ two\n    ");
        let one = Step { command: "one", output: vec!["1", "  2", ""] };
        let two = Step { command: "two", output: vec![""] };
        assert_eq!(steps(&text), [one, two]);
    }
}

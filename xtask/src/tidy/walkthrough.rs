//! Code that a page shows is code that there is: a `rust` block that begins with `// PATH` stands in that
//! file, line by line; `// …` stands for lines that are left out.

use std::{fs, path::Path};

use anyhow::Result;

use super::{files, read, shown};
use crate::process::root;

const LEFT_OUT: &str = "// …";

pub(super) fn complaints() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for page in files("md")? {
        let text = read(&page)?;
        for block in blocks(&text) {
            let source = fs::read_to_string(root().join(block.path)).unwrap_or_default();
            if let Some(line) = missing(&source, block.code) {
                let page = shown(Path::new(&page));
                complaints.push(format!("{page} shows a line that {} lacks: {line}", block.path));
            }
        }
    }
    Ok(complaints)
}

/// Code that is shown, and the file that has it.
struct Block<'a> {
    path: &'a str,
    code: &'a str,
}

fn blocks(page: &str) -> impl Iterator<Item = Block<'_>> {
    page.split("```").skip(1).step_by(2).filter_map(|block| {
        let code = block.strip_prefix("rust\n// ")?;
        let (path, code) = code.split_once('\n')?;
        let is_source = Path::new(path).extension().is_some_and(|ending| ending == "rs");
        is_source.then_some(Block { path, code })
    })
}

/// The first line that the source does not have where it should be: right after the one before, or
/// anywhere after it where lines are left out. Indentation does not count.
fn missing<'a>(source: &str, code: &'a str) -> Option<&'a str> {
    let source: Vec<&str> = source.lines().map(str::trim).collect();
    let wanted: Vec<&str> = code.lines().map(str::trim).collect();
    let parts: Vec<&[&str]> = wanted.split(|line| *line == LEFT_OUT).collect();
    let mut from = 0;
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let rest = source.get(from..).unwrap_or_default();
        let Some(at) = rest.windows(part.len()).position(|window| window == part) else {
            return culprit(rest, part).and_then(|line| code.lines().find(|l| l.trim() == line));
        };
        from += at + part.len();
    }
    None
}

/// The line that is nowhere, or the first where they only stand otherwise.
fn culprit<'a>(source: &[&str], part: &[&'a str]) -> Option<&'a str> {
    let absent = part.iter().find(|line| !source.contains(line));
    absent.or(part.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn a() {\n    one();\n    two();\n    three();\n}\n";

    #[test]
    fn code_that_is_there_is_not_complained_about() {
        for code in
            ["fn a() {\n    one();\n", "one();\ntwo();\n", "fn a() {\n    // …\n    three();\n}\n"]
        {
            assert_eq!(missing(SOURCE, code), None, "{code}");
        }
    }

    #[test]
    fn a_planted_change_is_found() {
        for (code, line) in [
            ("fn a() {\n    uno();\n", "    uno();"),
            ("one();\nthree();\n", "one();"),
            ("three();\n// …\none();\n", "one();"),
        ] {
            assert_eq!(missing(SOURCE, code), Some(line), "{code}");
        }
    }

    #[test]
    fn only_blocks_that_name_a_file_are_looked_at() {
        let page = "```rust\n// a/b.rs\nfn a() {}\n```\n```rust\nfn b() {}\n```\n```console\n$ true\n```\n";
        let found: Vec<&str> = blocks(page).map(|block| block.path).collect();
        assert_eq!(found, ["a/b.rs"]);
    }
}

//! `--help`: every flag under its heading.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Flag, Table};

/// The flags that are not hidden, under their headings, each with its type and default.
pub fn help(table: &Table) -> String {
    let mut sections: BTreeMap<&str, Vec<&Flag>> = BTreeMap::new();
    for flag in table.iter().filter(|flag| !flag.hidden) {
        sections.entry(flag.section).or_default().push(flag);
    }
    let mut text = String::new();
    for (section, flags) in sections {
        let _ = writeln!(text, "\n{} flags:\n", capitalized(section));
        for flag in flags {
            line(&mut text, flag);
        }
    }
    text
}

fn line(text: &mut String, flag: &Flag) {
    let short = flag.short.map_or("    ".to_owned(), |letter| format!("-{letter}, "));
    let _ = write!(text, "  {short}--{}", flag.name);
    if !flag.kind.name().is_empty() {
        let _ = write!(text, " {}", flag.kind.name());
    }
    if !flag.default.is_empty() && flag.default != "[]" {
        let _ = write!(text, " (default {})", flag.default);
    }
    text.push('\n');
}

fn capitalized(section: &str) -> String {
    let mut letters = section.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

//! The flags of one program, from its data file: name, type, default, section and marks.

use std::collections::BTreeMap;

use super::Kind;

/// One flag as the reference has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    pub name: &'static str,
    /// The letter that stands for it; only two flags have one.
    pub short: Option<char>,
    pub kind: Kind,
    /// As `--help` of the reference shows it.
    pub default: &'static str,
    /// Under which heading it is listed.
    pub section: &'static str,
    pub deprecated: bool,
    /// Accepted and not listed.
    pub hidden: bool,
}

/// All flags of one program, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    flags: BTreeMap<&'static str, Flag>,
}

impl Table {
    /// Reads a data file of this crate. Columns: name, type, default, section, marks.
    pub(super) fn parse(text: &'static str) -> Self {
        let flags = text.lines().map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            let (name, kind, default, section) = (next(), next(), next(), next());
            let marks: Vec<&str> = next().split(',').collect();
            let short = marks.iter().find_map(|mark| mark.strip_prefix("short="));
            let flag = Flag {
                name,
                short: short.and_then(|short| short.chars().next()),
                kind: Kind::parse(kind),
                default,
                section,
                deprecated: marks.contains(&"deprecated"),
                hidden: marks.contains(&"hidden"),
            };
            (name, flag)
        });
        Self { flags: flags.collect() }
    }

    pub fn get(&self, name: &str) -> Option<&Flag> {
        self.flags.get(name)
    }

    /// The flag that a single letter stands for.
    pub fn by_letter(&self, letter: char) -> Option<&Flag> {
        self.flags.values().find(|flag| flag.short == Some(letter))
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Flag> {
        self.flags.values()
    }
}

//! Sources: a sentence at the top, a size one can read, no siblings, no leftovers.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;

use super::{read, shown};

const LINES_MAX: usize = 400;
/// Parts of these folders may not import one another; what two need moves to `shared`.
const SIBLINGS: [&str; 2] = ["crates/controllers/src/", "crates/scheduler/src/plugins/"];
const SHARED: [&str; 2] = ["shared", "toleration"];

pub(super) fn complaints() -> Result<Vec<String>> {
    let paths = super::files("rs")?;
    let mut complaints = Vec::new();
    let (mut hits, mut checks) = (BTreeSet::new(), BTreeSet::new());
    for path in &paths {
        let source = read(path)?;
        let name = shown(path);
        if name.starts_with("xtask/src/tidy") {
            continue;
        }
        if !source.starts_with("//! ") {
            complaints.push(format!("{name} does not begin with a //! sentence"));
        }
        let lines = source.lines().count();
        if lines > LINES_MAX {
            complaints
                .push(format!("{name} has {lines} lines; a file that wants more is two ideas"));
        }
        complaints.extend(leftovers(&name, &source));
        complaints.extend(siblings(path, &name, &source));
        marks(&source, "hit!(", &mut hits);
        marks(&source, "check!(", &mut checks);
    }
    let untested = hits.difference(&checks);
    complaints.extend(untested.map(|mark| format!("the mark {mark} has no test")));
    Ok(complaints)
}

fn leftovers(name: &str, source: &str) -> Vec<String> {
    let words = ["FIXME", "XXX:", "todo!(", "unimplemented!(", "#[ignore"];
    let found = words.into_iter().filter(|word| source.contains(word));
    found.map(|word| format!("{name} still has a {word}")).collect()
}

fn siblings(path: &Path, name: &str, source: &str) -> Vec<String> {
    let Some(folder) = SIBLINGS.iter().find(|folder| name.starts_with(**folder)) else {
        return Vec::new();
    };
    let own = name[folder.len()..].split('/').next().unwrap_or_default();
    if own == "lib.rs" || own == "mod.rs" {
        return Vec::new();
    }
    let parent = path.ancestors().find(|ancestor| shown(ancestor) == folder.trim_end_matches('/'));
    let Some(parent) = parent else {
        return Vec::new();
    };
    let names = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let others = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let others = others.filter(|other| other != own && !SHARED.contains(&other.as_str()));
    let imported = others.filter(|other| {
        let stem = other.trim_end_matches(".rs");
        stem != "mod" && stem != "lib" && source.contains(&format!("crate::{stem}::"))
    });
    imported.map(|other| format!("{name} imports its sibling {other}")).collect()
}

fn marks(source: &str, before: &str, into: &mut BTreeSet<String>) {
    for at in
        source.match_indices(&format!("cov_mark::{before}")).map(|(at, found)| at + found.len())
    {
        let mark: String =
            source[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        into.insert(mark);
    }
}

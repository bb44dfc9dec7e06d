//! Pages: every relative link leads somewhere.

use anyhow::Result;

use super::{read, shown};

pub(super) fn complaints() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in super::files("md")? {
        let page = read(&path)?;
        let folder = path.parent().unwrap_or(&path);
        for target in targets(&page) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !folder.join(file).exists() {
                complaints.push(format!("{} links to {target}, which is not there", shown(&path)));
            }
        }
    }
    Ok(complaints)
}

/// Targets of `[text](target)` that are paths.
fn targets(page: &str) -> Vec<&str> {
    let found = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    found.filter(|target| !target.contains("://") && !target.contains(' ')).collect()
}

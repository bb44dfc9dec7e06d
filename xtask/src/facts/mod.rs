//! Turns the tables of API facts into the compact text that the `api` crate parses at start.

mod resources;
mod roles;
mod table;
mod types;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// One generated file: its name under `crates/api/data`, and its text.
struct Output {
    name: &'static str,
    text: String,
}

/// `facts [--from DIR]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let source = match arguments {
        [] => default_source(),
        [flag, folder] if flag == "--from" => PathBuf::from(folder),
        _ => bail!("usage: cargo xtask facts [--from DIR]"),
    };
    for output in generate(&source)? {
        let path = data_folder().join(output.name);
        fs::write(&path, output.text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn generate(source: &Path) -> Result<[Output; 3]> {
    let served = resources::read(source)?;
    let types = types::render(source, &served)?;
    Ok([
        Output { name: "resources.txt", text: resources::render(&served) },
        Output { name: "roles.txt", text: roles::render(source)? },
        Output { name: "types.txt", text: types },
    ])
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn data_folder() -> PathBuf {
    workspace().join("crates/api/data")
}

/// The tables lie next to a checkout, unless the environment names another place.
#[expect(clippy::disallowed_methods, reason = "scripts may read the environment")]
fn default_source() -> PathBuf {
    std::env::var("PILOTHOUSE_API_FACTS")
        .map_or_else(|_| workspace().join("../shared/reference/api-facts"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_facts_are_those_of_the_tables() {
        let source = default_source();
        if !source.is_dir() {
            return;
        }
        for output in generate(&source).expect("the tables are well-formed") {
            let path = data_folder().join(output.name);
            let committed = fs::read_to_string(&path).expect("committed");
            assert!(committed == output.text, "{} is stale: run cargo xtask facts", output.name);
        }
    }
}

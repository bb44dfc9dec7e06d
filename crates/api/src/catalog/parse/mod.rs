//! Reads the catalog from its text form: a head line per resource or type, then indented lines.

mod resources;
mod types;

use super::Catalog;

/// The text of a table does not follow its form.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the {table} table: {problem}")]
pub(super) struct ParseError {
    table: &'static str,
    line: usize,
    problem: String,
}

/// A line without its indentation.
struct Line<'a> {
    table: &'static str,
    number: usize,
    indented: bool,
    text: &'a str,
}

pub(super) fn parse(resources: &'static str, types: &'static str) -> Result<Catalog, ParseError> {
    let types = Catalog::of_types(types::parse(types)?);
    let resources = resources::parse(resources, &types)?;
    Ok(types.serving(resources))
}

/// The lines that are no comments.
fn lines<'a>(table: &'static str, text: &'a str) -> impl Iterator<Item = Line<'a>> + use<'a> {
    text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).map(
        move |(position, line)| Line {
            table,
            number: position + 1,
            indented: line.starts_with('\t'),
            text: line.trim_start_matches('\t'),
        },
    )
}

impl Line<'_> {
    fn error(&self, problem: impl Into<String>) -> ParseError {
        ParseError { table: self.table, line: self.number, problem: problem.into() }
    }
}

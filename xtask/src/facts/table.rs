//! Reading a table: one header line, cells separated by tabs.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// A table with named columns.
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    columns: &'a [String],
    cells: &'a [String],
}

impl Table {
    pub(super) fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("reading the table {}", path.display()))?;
        let mut lines =
            text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().with_context(|| format!("{} is empty", path.display()))?;
        Ok(Self { columns, rows: lines.collect() })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

impl<'a> Row<'a> {
    /// The cell under a column; empty if the row is short.
    pub(super) fn get(self, column: &str) -> &'a str {
        let position = self.columns.iter().position(|name| name == column);
        position.and_then(|position| self.cells.get(position)).map_or("", String::as_str)
    }

    /// The cell, or nothing where it is empty or a dash.
    pub(super) fn filled(self, column: &str) -> Option<&'a str> {
        Some(self.get(column)).filter(|cell| !cell.is_empty() && *cell != "-")
    }

    /// Group, version and resource name: what joins the tables.
    pub(super) fn key(self) -> (&'a str, &'a str, &'a str) {
        (self.get("group"), self.get("version"), self.get("resource"))
    }
}

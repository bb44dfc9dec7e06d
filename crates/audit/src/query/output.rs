//! Answers as text: a table for people, JSON and CSV for programs.

use serde_json::{Map, Value};

use super::{Answer, Cell};

/// What an answer is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    /// A list of objects.
    Json,
    /// RFC 4180, with a header.
    Csv,
}

/// No format is called so.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no format {0:?}; there are table, json and csv")]
pub struct UnknownFormat(String);

impl std::str::FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => Err(UnknownFormat(other.to_owned())),
        }
    }
}

/// A cell of a table is cut there: bodies are read as JSON.
const WIDTH_MAX: usize = 80;

impl Answer {
    /// The answer as text, without an end of the last line.
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Table => self.table(),
            Format::Json => self.json(),
            Format::Csv => self.csv(),
        }
    }

    fn table(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|name| name.to_uppercase()).collect();
        let shown = |row: &Vec<Cell>| row.iter().map(|cell| cut(&cell.text())).collect();
        let lines: Vec<Vec<String>> =
            std::iter::once(header).chain(self.rows.iter().map(shown)).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default())
            .collect();
        let line = |line: &Vec<String>| {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            padded.collect::<Vec<_>>().join("   ").trim_end().to_owned()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn json(&self) -> String {
        let object = |row: &Vec<Cell>| -> Value {
            let fields = self.columns.iter().cloned().zip(row.iter().map(Cell::value));
            fields.collect::<Map<_, _>>().into()
        };
        let rows: Vec<String> = self.rows.iter().map(|row| object(row).to_string()).collect();
        if rows.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", rows.join(",\n")) }
    }

    fn csv(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|name| field(name)).collect();
        let row = |row: &Vec<Cell>| {
            row.iter().map(|cell| field(&cell.text())).collect::<Vec<_>>().join(",")
        };
        let lines = std::iter::once(header.join(",")).chain(self.rows.iter().map(row));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Integer(number) => (*number).into(),
            Self::Real(number) => (*number).into(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// One line, not too long. What events hold may be chosen by those who are told of: it may not steer a
/// terminal.
fn cut(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let mut cut: String = plain.clone().take(WIDTH_MAX).collect();
    if plain.count() > WIDTH_MAX {
        cut.push('…');
    }
    cut
}

fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(format: Format, wanted: Expect) {
        let text = |text: &str| Cell::Text(text.to_owned());
        let answer = Answer {
            columns: vec!["user".to_owned(), "count".to_owned()],
            rows: vec![
                vec![text("a \"b\", c"), Cell::Integer(12)],
                vec![text("\u{1b}[31m"), Cell::Nothing],
            ],
        };
        wanted.assert_eq(&answer.print(format));
    }

    #[test]
    fn a_table_has_columns_and_no_signs_that_steer() {
        check(
            Format::Table,
            expect![[r#"
            USER       COUNT
            a "b", c   12
            �[31m"#]],
        );
    }

    #[test]
    fn json_is_a_list_of_objects() {
        check(
            Format::Json,
            expect![[r#"
            [
            {"count":12,"user":"a \"b\", c"},
            {"count":null,"user":"\u001b[31m"}
            ]"#]],
        );
    }

    #[test]
    fn csv_quotes_what_would_end_a_field() {
        check(
            Format::Csv,
            expect![[r#"
            user,count
            "a ""b"", c",12
            [31m,"#]],
        );
    }
}

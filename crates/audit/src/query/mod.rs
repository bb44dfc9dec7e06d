//! SQL over the archive. A database a day lies beside it, `index/2026-11-24.db`, filled from the parts that
//! it does not know yet; it may be removed at any time. `SQLite` reads and writes these files by itself.

mod event;
mod index;
mod output;
mod parameters;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, limits::Limit, types::ValueRef};
use world::{Disk, DiskError};

pub use output::{Format, UnknownFormat};

/// What is asked of which days.
#[derive(Debug, Clone)]
pub struct Question {
    pub archive: PathBuf,
    /// The first day, `2026-11-24`; `None` takes the oldest there is.
    pub since: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// One statement that reads the view `events`.
    pub sql: String,
    /// Values of its parameters, `:name`.
    pub parameters: Vec<(String, String)>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Nothing,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// A question that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{archive} holds no events of these days")]
    Empty { archive: String },
    #[error(
        "{days} days are more than can be asked at once ({most}); narrow them by --since and --until"
    )]
    TooManyDays { days: usize, most: usize },
    #[error("{part} cannot be unpacked: {reason}")]
    Part { part: String, reason: String },
    #[error("the index {index} cannot be used; remove it and it is made anew")]
    Index { index: String, source: rusqlite::Error },
    #[error("the question cannot be answered")]
    Sql(#[source] rusqlite::Error),
    #[error("the question needs --set {name}=VALUE")]
    Unset { name: String },
    #[error("the question has no parameter :{name}")]
    NoParameter { name: String },
    #[error("the answer has more than {ROWS_MAX} rows; add a LIMIT")]
    TooLong,
}

/// More rows are no answer for a person, and would fill the memory.
const ROWS_MAX: usize = 1_000_000;

/// Answers a question, after the events that are new in the archive are indexed.
///
/// # Errors
/// The archive cannot be read, its index not be written, or the question is wrong.
pub fn ask(disk: &dyn Disk, question: &Question) -> Result<Answer, QueryError> {
    let days = days(question)?;
    let connection = Connection::open_in_memory().map_err(QueryError::Sql)?;
    let most = connection.limit(Limit::SQLITE_LIMIT_ATTACHED).map_err(QueryError::Sql)?;
    let most = usize::try_from(most).unwrap_or_default();
    if days.len() > most {
        return Err(QueryError::TooManyDays { days: days.len(), most });
    }
    let mut indices = Vec::new();
    for day in &days {
        indices.push(index::bring_up_to_date(disk, &question.archive, day)?);
    }
    attach(&connection, &indices).map_err(QueryError::Sql)?;
    answer(&connection, question)
}

/// The days of the archive that are asked of, in order.
fn days(question: &Question) -> Result<Vec<String>, QueryError> {
    let mut days = world::real::folders(&question.archive)?;
    let is_asked = |day: &str| {
        question.since.as_deref().is_none_or(|since| since <= day)
            && question.until.as_deref().is_none_or(|until| day <= until)
    };
    days.retain(|folder| folder.strip_prefix("day=").is_some_and(is_asked));
    if days.is_empty() {
        return Err(QueryError::Empty { archive: question.archive.display().to_string() });
    }
    Ok(days.into_iter().map(|folder| folder.trim_start_matches("day=").to_owned()).collect())
}

/// Shows the events of all days as one view. Nothing can be written any more then.
fn attach(connection: &Connection, indices: &[PathBuf]) -> rusqlite::Result<()> {
    let mut parts = Vec::new();
    for (number, index) in indices.iter().enumerate() {
        let name = format!("day{number}");
        let path = index.display().to_string();
        connection.execute(&format!("ATTACH DATABASE ?1 AS {name}"), [path])?;
        parts.push(index::selection(&name));
    }
    let union = parts.join(" UNION ALL ");
    connection
        .execute_batch(&format!("CREATE TEMP VIEW events AS {union}; PRAGMA query_only = ON;"))
}

fn answer(connection: &Connection, question: &Question) -> Result<Answer, QueryError> {
    let mut statement = connection.prepare(&question.sql).map_err(QueryError::Sql)?;
    parameters::bind(&mut statement, question)?;
    let columns: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
    let mut found = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(QueryError::Sql)? {
        if rows.len() == ROWS_MAX {
            return Err(QueryError::TooLong);
        }
        rows.push(cells(row, columns.len()).map_err(QueryError::Sql)?);
    }
    Ok(Answer { columns, rows })
}

fn cells(row: &Row<'_>, count: usize) -> rusqlite::Result<Vec<Cell>> {
    (0..count).map(|at| row.get_ref(at).map(cell)).collect()
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Nothing,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Cell::Text(String::from_utf8_lossy(text).into_owned())
        }
    }
}

/// The path of a day's index.
fn index_path(archive: &Path, day: &str) -> PathBuf {
    archive.join("index").join(format!("{day}.db"))
}

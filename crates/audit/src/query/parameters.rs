//! The parameters of a question, `:name`: given by who asks, or said in a comment of the question itself,
//! `-- :name = value`.

use rusqlite::Statement;

use super::{QueryError, Question};

/// Gives every parameter its value. One that looks like a number is one.
pub(super) fn bind(statement: &mut Statement<'_>, question: &Question) -> Result<(), QueryError> {
    let defaults = defaults(&question.sql);
    let names: Vec<String> = (1..=statement.parameter_count())
        .map(|at| {
            statement.parameter_name(at).unwrap_or_default().trim_start_matches(':').to_owned()
        })
        .collect();
    if let Some((name, _)) = question.parameters.iter().find(|(name, _)| !names.contains(name)) {
        return Err(QueryError::NoParameter { name: name.clone() });
    }
    for (position, name) in names.iter().enumerate() {
        let is_it = |(known, _): &&(String, String)| known == name;
        let given = question.parameters.iter().rfind(is_it);
        let value = given.or_else(|| defaults.iter().find(is_it));
        let Some((_, value)) = value else {
            return Err(QueryError::Unset { name: name.clone() });
        };
        let bound = match value.parse::<i64>() {
            Ok(number) => statement.raw_bind_parameter(position + 1, number),
            Err(_) => statement.raw_bind_parameter(position + 1, value.as_str()),
        };
        bound.map_err(QueryError::Sql)?;
    }
    Ok(())
}

fn defaults(sql: &str) -> Vec<(String, String)> {
    let comments = sql.lines().filter_map(|line| line.strip_prefix("-- :"));
    let pairs = comments.filter_map(|comment| comment.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_say_what_parameters_are_by_default() {
        let found = defaults("-- What it is for.\n-- :name = %\n--:no = 1\n-- :limit=20\nSELECT 1");
        let wanted = [("name", "%"), ("limit", "20")];
        assert_eq!(found, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

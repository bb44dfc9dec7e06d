//! Tokens that never change while the process lives: those of a file, and of the control plane's own
//! components.

use std::collections::BTreeMap;

use crate::User;

/// Users by the digests of their tokens: how long a look-up takes says nothing about a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaticTokens {
    users: BTreeMap<Vec<u8>, User>,
}

/// A line of a token file says too little.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFileError {
    #[error(
        "line {line} of the token file has {columns} columns; it must have at least 3: token, user name, user uid"
    )]
    Columns { line: usize, columns: usize },
    #[error("line {line} of the token file has an unclosed quote")]
    Quote { line: usize },
}

const COLUMNS_MIN: usize = 3;

impl StaticTokens {
    /// Lets the bearer of `token` act as `user`.
    #[must_use]
    pub fn with(mut self, token: &str, user: User) -> Self {
        self.users.insert(digest(token), user);
        self
    }

    /// Reads lines of `token,user,uid,"group1,group2"`; the groups may be missing, empty tokens and
    /// comments are passed over, and the last of two lines with the same token counts.
    ///
    /// # Errors
    /// A line has too few columns.
    pub fn parse(text: &str) -> Result<Self, TokenFileError> {
        let mut tokens = Self::default();
        for (line, row) in text.lines().enumerate().map(|(index, row)| (index + 1, row)) {
            if row.trim().is_empty() || row.starts_with('#') {
                continue;
            }
            let columns = columns(row).ok_or(TokenFileError::Quote { line })?;
            let [token, name, uid, rest @ ..] = columns.as_slice() else {
                return Err(TokenFileError::Columns { line, columns: columns.len() });
            };
            let groups = rest.first().map_or("", String::as_str).split(',').map(str::trim);
            let groups = groups.filter(|group| !group.is_empty()).map(str::to_owned).collect();
            let (name, uid) = (name.clone(), uid.clone());
            if !token.is_empty() {
                tokens = tokens.with(token, User { name, uid, groups, ..User::default() });
            }
        }
        Ok(tokens)
    }

    pub(crate) fn user(&self, token: &str) -> Option<&User> {
        if self.users.is_empty() { None } else { self.users.get(&digest(token)) }
    }
}

/// The columns of a line, in quotes or without; `None` if a quote does not end.
fn columns(row: &str) -> Option<Vec<String>> {
    let mut columns = Vec::with_capacity(COLUMNS_MIN + 1);
    let (mut column, mut is_quoted) = (String::new(), false);
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                column.push('"');
            }
            '"' if is_quoted || column.trim().is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => columns.push(std::mem::take(&mut column).trim().to_owned()),
            _ => column.push(character),
        }
    }
    columns.push(column.trim().to_owned());
    (!is_quoted).then_some(columns)
}

fn digest(token: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, token: &str, wanted: &str) {
        let said = match StaticTokens::parse(text) {
            Err(error) => error.to_string(),
            Ok(tokens) => tokens.user(token).map_or("nobody".to_owned(), |user| {
                format!("{} {} {}", user.name, user.uid, user.groups.join(" "))
            }),
        };
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_line_names_user_uid_and_groups() {
        let text = "# comment\n\nt1,ann,u1,\"dev, ops\"\n\"t\"\"2\",bob,u2\n,nobody,u3\n";
        check(text, "t1", "ann u1 dev ops");
        check(text, "t\"2", "bob u2 ");
        check(text, "", "nobody");
        check(text, "t3", "nobody");
    }

    #[test]
    fn the_last_line_of_a_token_counts() {
        check("t,ann,1\nt,bob,2\n", "t", "bob 2 ");
    }

    #[test]
    fn a_line_that_says_too_little_is_named() {
        let wanted = "line 2 of the token file has 2 columns; it must have at least 3: token, user name, user uid";
        check("t,ann,1\nt,bob\n", "t", wanted);
        check("t,ann,\"1", "t", "line 1 of the token file has an unclosed quote");
    }
}

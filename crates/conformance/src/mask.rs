//! Replaces what differs from run to run: ages, times, UIDs, versions, addresses, hashes and random suffixes.

use std::{iter, net::Ipv4Addr};

/// Digits of a template's hash, and letters of random suffixes.
const HASH: &str = "456789bcdf";
const RANDOM: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The text with names for what differs, and single blanks between columns.
pub fn masked(text: &str) -> String {
    text.lines().map(line).fold(String::new(), |lines, line| lines + &line + "\n")
}

fn line(text: &str) -> String {
    let indent: String = text.chars().take_while(|letter| *letter == ' ').collect();
    if text.trim_start().starts_with("resourceVersion: ") {
        return indent + "resourceVersion: VERSION";
    }
    let words: Vec<String> =
        text.split([' ', '\t']).filter(|word| !word.is_empty()).map(word).collect();
    (indent + &words.join(" ")).trim_end().to_owned()
}

/// Masks the parts of a word between signs such as `=`, `"` and `/`.
fn word(text: &str) -> String {
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || "-.:+".contains(letter);
    let mut rest = text;
    let parts = iter::from_fn(|| {
        let first = rest.chars().next()?;
        let end = rest.find(|letter| belongs(letter) != belongs(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(if belongs(first) { token(part) } else { part.to_owned() })
    });
    parts.collect()
}

fn token(text: &str) -> String {
    let ended = text.trim_end_matches([':', '.']);
    let end = &text[ended.len()..];
    let mask = if is_time(ended) {
        "TIME".to_owned()
    } else if is_uid(ended) {
        "UID".to_owned()
    } else if is_age(ended) {
        "AGE".to_owned()
    } else if ended.parse::<Ipv4Addr>().is_ok() {
        "IP".to_owned()
    } else {
        name(ended)
    };
    mask + end
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':'
}

fn is_uid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

/// `12s`, `3m10s`, `2d`.
fn is_age(text: &str) -> bool {
    let numbers: Vec<&str> = text.split_inclusive(['s', 'm', 'h', 'd']).collect();
    let is_number = |part: &&str| {
        let digits = part.trim_end_matches(['s', 'm', 'h', 'd']);
        !digits.is_empty() && digits != *part && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    !text.is_empty() && numbers.iter().all(is_number)
}

/// `web-5d8c7b9f6c-x2x9k` → `web-HASH-RAND`.
fn name(text: &str) -> String {
    let mut after_hash = false;
    let parts = text.split('-').map(|part| {
        let consists_of = |letters: &str| part.chars().all(|letter| letters.contains(letter));
        if after_hash && part.len() == 5 && consists_of(RANDOM) {
            return "RAND";
        }
        after_hash = (6..=10).contains(&part.len()) && consists_of(HASH);
        if after_hash { "HASH" } else { part }
    });
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_gets_a_name() {
        let table = "NAME                   READY   AGE\nweb-5d8c7b9f6c-x2x9k   1/1     3m10s\n";
        assert_eq!(masked(table), "NAME READY AGE\nweb-HASH-RAND 1/1 AGE\n");
        let yaml = "  uid: 0b5e2f4a-0000-4000-8000-0123456789ab\n  at: \"2026-11-24T09:32:00Z\"\n";
        assert_eq!(masked(yaml), "  uid: UID\n  at: \"TIME\"\n");
        assert_eq!(masked("hash=5d8c7b9f6c, IP 10.0.0.7."), "hash=HASH, IP IP.\n");
    }

    #[test]
    fn what_is_the_same_in_each_run_stays() {
        let text = "deployment.apps/web image updated, 3 of 10\n";
        assert_eq!(masked(text), text);
    }
}

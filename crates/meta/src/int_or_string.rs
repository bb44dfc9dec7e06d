//! A number, or a percentage of something.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `maxSurge: 1` or `maxSurge: 25%`; also a port's number or name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A plain number.
    Int(i32),
    /// A percentage such as `25%`, or a name.
    String(String),
}

/// Which way a share that is not whole goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the next larger whole number.
    Up,
    /// To the next smaller whole number.
    Down,
}

impl IntOrString {
    /// The number meant, where percentages are of `total`. `None` if the text is no percentage.
    pub fn scaled(&self, total: i32, rounding: Rounding) -> Option<i32> {
        match self {
            Self::Int(number) => Some(*number),
            Self::String(text) => {
                let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
                let hundredfold = percent * i64::from(total);
                let share = match rounding {
                    Rounding::Up => hundredfold.div_euclid(100) + i64::from(hundredfold % 100 != 0),
                    Rounding::Down => hundredfold.div_euclid(100),
                };
                i32::try_from(share).ok()
            }
        }
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::String(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surge_rounds_up_and_unavailable_down() {
        let quarter = IntOrString::String("25%".into());
        assert_eq!(quarter.scaled(10, Rounding::Up), Some(3));
        assert_eq!(quarter.scaled(10, Rounding::Down), Some(2));
        assert_eq!(IntOrString::String("http".into()).scaled(10, Rounding::Up), None);
    }
}

//! The name somebody may have meant.

/// Names further away than this are no slip of the finger.
const DISTANCE_MAX: usize = 5;

/// The candidate that differs least from `name`, if one is near enough.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let measured = candidates.map(|candidate| (distance(name, candidate), candidate));
    let closest = measured.min_by_key(|(distance, _)| *distance)?;
    let limit = DISTANCE_MAX.min(name.chars().count() / 2);
    (closest.0 <= limit).then_some(closest.1)
}

/// How many letters must be added, removed or replaced.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let names = ["kubeconfig", "leader-elect", "controllers"];
        assert_eq!(nearest("kubeconfg", names.into_iter()), Some("kubeconfig"));
        assert_eq!(nearest("leader-election", names.into_iter()), Some("leader-elect"));
        assert_eq!(nearest("x", names.into_iter()), None);
        assert_eq!(nearest("pod-eviction-timeout", names.into_iter()), None);
    }
}

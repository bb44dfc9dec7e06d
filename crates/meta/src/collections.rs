//! Hash maps whose layout does not depend on the process: for O(1) look-ups, never for iteration. And
//! lists without spare room, for what is kept by the ten thousand.

use serde::{Deserialize, Deserializer};

/// A hash map with a fixed hasher. Do not let a decision depend on its order; iterate a `BTreeMap`.
#[expect(clippy::disallowed_types, reason = "this is the one place that fixes the hasher")]
pub type HashMap<K, V> = std::collections::HashMap<K, V, rustc_hash::FxBuildHasher>;

/// A hash set with a fixed hasher, with the same rule.
#[expect(clippy::disallowed_types, reason = "this is the one place that fixes the hasher")]
pub type HashSet<K> = std::collections::HashSet<K, rustc_hash::FxBuildHasher>;

/// Decodes a list as [`Vec`] does, and gives back the room for more: most lists of an object have one
/// element, and a list that grows begins with room for four.
///
/// # Errors
/// As for a plain list.
pub fn tight<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let mut list = Vec::deserialize(deserializer)?;
    list.shrink_to_fit();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_list_has_room_for_what_it_holds() {
        let mut decoder = serde_json::Deserializer::from_str("[1]");
        let list: Vec<u64> = tight(&mut decoder).expect("a list");
        assert_eq!((list.len(), list.capacity()), (1, 1));
    }
}

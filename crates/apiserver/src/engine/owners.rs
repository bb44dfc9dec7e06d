//! Owner references that are there twice are kept once, with a word to the client.

use api::json;
use serde_json::Value;

use super::body;

/// Drops repeated references; the warning names their UIDs.
pub(super) fn deduplicate(value: &mut Value) -> Vec<String> {
    let references = json::list(&value["metadata"], "ownerReferences");
    if references.len() < 2 {
        return Vec::new();
    }
    let (mut kept, mut repeated) = (Vec::new(), Vec::new());
    for reference in references {
        if kept.contains(reference) {
            repeated.push(json::text(reference, "uid").to_owned());
        } else {
            kept.push(reference.clone());
        }
    }
    if repeated.is_empty() {
        return Vec::new();
    }
    body::metadata(value).insert("ownerReferences".to_owned(), kept.into());
    vec![format!(
        ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
        repeated.join(", ")
    )]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn check_102_an_owner_that_is_there_twice_is_kept_once() {
        let owner = |uid: &str| json!({"kind": "ConfigMap", "name": "o", "uid": uid});
        let mut value = json!({"metadata": {
            "ownerReferences": [owner("u1"), owner("u2"), owner("u1")]}});
        let warnings = deduplicate(&mut value);
        assert!(warnings[0].ends_with("duplicate UID(s) observed: u1"), "{warnings:?}");
        assert_eq!(value["metadata"]["ownerReferences"], json!([owner("u1"), owner("u2")]));
        assert!(deduplicate(&mut value).is_empty());
    }
}

//! The hash that names what is made of a pod template.

use api::views::Template;
use meta::hash::{fnv32a, safe_encode};

/// A stable name for a template; a count of collisions makes it another one where it was taken.
pub(crate) fn template_hash(template: &Template, collisions: Option<i32>) -> String {
    let mut bytes = template.without_hash().to_string().into_bytes();
    if let Some(count) = collisions {
        bytes.extend(i64::from(count).to_le_bytes());
    }
    safe_encode(fnv32a(&bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_collision_makes_another_name() {
        let template = Template::from(json!({"spec": {}}));
        assert_ne!(template_hash(&template, None), template_hash(&template, Some(0)));
        assert_ne!(template_hash(&template, Some(0)), template_hash(&template, Some(1)));
    }
    #[test]
    fn the_hash_label_makes_none() {
        let template = |labels| Template::from(json!({"metadata": {"labels": labels}}));
        assert_eq!(
            template_hash(&template(json!({"pod-template-hash": "x"})), None),
            template_hash(&template(json!({})), None)
        );
    }
}

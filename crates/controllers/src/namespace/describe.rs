//! What is seen of a namespace that goes, for a person who asks.

use super::observe::Content;

/// One fact a line.
pub(super) fn lines(content: &Content) -> Vec<String> {
    let mut lines = Vec::new();
    if content.left.is_empty() {
        lines.push("nothing is left in it".to_owned());
    }
    lines.extend(content.left.iter().map(|left| {
        let held = left.objects.iter().filter(|object| !object.metadata.finalizers.is_empty());
        let (plural, count) = (&left.resource.plural, left.objects.len());
        format!("left: {count} {plural}, {} of them held by finalizers", held.count())
    }));
    if content.pods_grace_seconds > 0 {
        lines.push(format!("pods may still take {}s", content.pods_grace_seconds));
    }
    let errors = content.discovery_errors.iter().chain(&content.read_errors);
    lines.extend(errors.map(|error| format!("not known: {error}")));
    lines
}

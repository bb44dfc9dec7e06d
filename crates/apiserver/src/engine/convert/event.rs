//! Events of the core group and of events.k8s.io: the same objects under other field names.

use serde_json::{Map, Value};

/// Names in core, names in events.k8s.io.
const RENAMED: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

pub(super) fn to_events_group(value: &mut Value) {
    rename(value, RENAMED.map(|(core, group)| (core, group)));
}

pub(super) fn to_core(value: &mut Value) {
    rename(value, RENAMED.map(|(core, group)| (group, core)));
}

fn rename(value: &mut Value, names: [(&str, &str); 7]) {
    let Some(fields) = value.as_object_mut() else { return };
    let moved: Map<String, Value> = names
        .iter()
        .filter_map(|(from, to)| Some(((*to).to_owned(), fields.remove(*from)?)))
        .collect();
    fields.extend(moved);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_change_their_names_and_back() {
        let core = json!({"involvedObject": {"kind": "Pod"}, "message": "m", "count": 2,
            "reason": "Started", "reportingComponent": "kubelet"});
        let mut value = core.clone();
        to_events_group(&mut value);
        let wanted = json!({"regarding": {"kind": "Pod"}, "note": "m", "deprecatedCount": 2,
            "reason": "Started", "reportingController": "kubelet"});
        assert_eq!(value, wanted);
        to_core(&mut value);
        assert_eq!(value, core);
    }
}

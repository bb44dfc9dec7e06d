//! Entries of a workload as its scale shows them: who owns the replicas, and nothing else.

use serde_json::{Value, json};

use super::{
    element,
    entries::{self, Entry},
    set::{self, Node},
};

/// `group/version` of the kind `Scale`.
pub const SCALE_VERSION: &str = "autoscaling/v1";

/// Where the replicas are, in the workload as in its scale.
fn replicas() -> [String; 2] {
    [element::field("spec"), element::field("replicas")]
}

fn replicas_alone() -> Node {
    let [spec, replicas] = replicas();
    Node::from_iter([(spec, json!({ replicas: {} }))])
}

fn owns_replicas(entry: &Entry) -> bool {
    set::contains(entry.fields(), &replicas())
}

/// The entries of a workload that own its replicas, as entries of its scale.
pub fn scale_entries(workload: &Value) -> Value {
    let owners = entries::of(workload).into_iter().filter(owns_replicas);
    owners.map(|owner| owner.with(SCALE_VERSION, replicas_alone()).into_value()).collect()
}

/// Writes the owners of the scale's fields back: who lost the replicas there loses them here, and
/// who is new there is new here, without a time.
pub fn put_scale_entries(workload: &mut Value, api_version: &str, of_scale: &Value) {
    let mut owners = entries::read(of_scale);
    let mut kept = Vec::new();
    for mut entry in entries::of(workload) {
        if owns_replicas(&entry) {
            match owners.iter().position(|owner| owner.is_same_manager(&entry)) {
                Some(position) => drop(owners.remove(position)),
                None => set::subtract(entry.fields_mut(), &replicas_alone()),
            }
        }
        kept.push(entry);
    }
    kept.extend(owners.into_iter().map(|owner| {
        let mut owner = owner.with(api_version, replicas_alone());
        owner.clear_time();
        owner
    }));
    kept.retain(|entry| !entry.owns_nothing());
    entries::take(workload);
    entries::sort(&mut kept);
    entries::put(workload, kept);
}

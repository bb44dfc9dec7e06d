//! `LimitRanger`: containers get the resources that their namespace gives by default, and nothing
//! outside its limits is let in.

mod defaults;
mod limits;

use api::{
    resources::{LIMIT_RANGES, PERSISTENT_VOLUME_CLAIMS, PODS},
    views::{Amounts, PersistentVolumeClaim, Pod},
};
use meta::text::Text;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Attributes, Link, Seen};
use crate::{Status, engine::failure};

pub(super) const LINK: Link = Link {
    name: "LimitRanger",
    reads: &[LIMIT_RANGES],
    concerns: |attributes| {
        let operation = attributes.operation;
        let resizes = operation.subresource == "resize" && operation.resource.resource == PODS;
        let creates = attributes.is_create() && attributes.is_about(&PODS);
        creates || resizes || attributes.is_about(&PERSISTENT_VOLUME_CLAIMS)
    },
    mutate,
    validate: |attributes, seen, value, _| validate(attributes, seen, value),
    ..Link::IDLE
};

/// What is read of a `LimitRange`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LimitRange {
    spec: Spec,
}
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    limits: Vec<Limits>,
}
/// The limits of one type of thing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Limits {
    #[serde(rename = "type")]
    kind: Text,
    min: Amounts,
    max: Amounts,
    default: Amounts,
    default_request: Amounts,
    max_limit_request_ratio: Amounts,
}

fn mutate(attributes: &Attributes<'_>, seen: &Seen, value: &mut Value) -> Result<(), Status> {
    if attributes.is_create() && attributes.is_about(&PODS) {
        for range in ranges(attributes, seen)? {
            defaults::fill_in(&range.spec.limits, value);
        }
    }
    Ok(())
}

fn validate(attributes: &Attributes<'_>, seen: &Seen, value: &Value) -> Result<(), Status> {
    let is_pod = attributes.operation.resource.resource == PODS;
    for range in ranges(attributes, seen)? {
        let limits = &range.spec.limits;
        let problems = if is_pod {
            limits::of_pod(limits, &read::<Pod>(value.clone())?)
        } else {
            limits::of_claim(limits, &read::<PersistentVolumeClaim>(value.clone())?)
        };
        let reason = match problems.as_slice() {
            [] => continue,
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        return Err(failure::forbidden(&attributes.operation.resource, name, &reason));
    }
    Ok(())
}

fn ranges(attributes: &Attributes<'_>, seen: &Seen) -> Result<Vec<LimitRange>, Status> {
    let objects = seen.in_namespace(&LIMIT_RANGES, &attributes.operation.namespace);
    objects.iter().map(|object| read(object.value())).collect()
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Status> {
    serde_json::from_value(value).map_err(|error| failure::internal(&error))
}

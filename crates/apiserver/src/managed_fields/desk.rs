//! A desk at which managers write one object, one after the other.

use std::sync::Arc;

use api::{catalog::builtin, defaults, schema};
use expect_test::Expect;
use serde_json::{Value, json};

use super::*;

/// One stored object, and a clock that moves a second per write.
pub(super) struct Desk {
    pub(super) resource: &'static Arc<ResourceFacts>,
    pub(super) live: Option<Value>,
    second: i64,
}

impl Desk {
    pub(super) fn config_map() -> Self {
        Self::of("", "configmaps")
    }
    pub(super) fn of(group: &str, plural: &str) -> Self {
        let resource = builtin().resource(group, "v1", plural);
        Self { resource: resource.expect("served"), live: None, second: 0 }
    }

    pub(super) fn write(
        &mut self,
        manager: &str,
        act: impl FnOnce(&Ownership<'_>, Option<&Value>) -> Result<Value, ApplyError>,
    ) -> Result<(), ApplyError> {
        self.second += 1;
        let request = Ownership {
            resource: self.resource,
            catalog: builtin(),
            type_id: self.resource.type_id,
            subresource: "",
            manager,
            api_version: &self.resource.resource.api_version(),
            now: Time::from_seconds(self.second),
            reset_fields: &self.resource.update.reset_fields,
        };
        let written = act(&request, self.live.as_ref())?;
        let mut new =
            schema::decode(builtin(), self.resource.type_id, written).expect("decodes").value;
        defaults::apply(self.resource, &mut new);
        if let Some(live) = &self.live {
            keep_times(live, &mut new);
        }
        new["metadata"]["uid"] = "u".into();
        self.live = Some(new);
        Ok(())
    }
    pub(super) fn apply_with(
        &mut self,
        manager: &str,
        parts: Value,
        on_conflict: OnConflict,
    ) -> Result<(), ApplyError> {
        let applied = object(self.resource, parts);
        self.write(manager, |request, live| apply(request, live, &applied, on_conflict))
    }
    pub(super) fn apply(&mut self, manager: &str, parts: Value) {
        self.apply_with(manager, parts, OnConflict::Refuse).expect("no conflict");
    }
    pub(super) fn force(&mut self, manager: &str, parts: Value) {
        self.apply_with(manager, parts, OnConflict::TakeOver).expect("forced");
    }
    pub(super) fn refusal(&mut self, manager: &str, parts: Value) -> String {
        self.apply_with(manager, parts, OnConflict::Refuse).expect_err("refused").to_string()
    }
    pub(super) fn put(&mut self, manager: &str, parts: Value) {
        let mut new = object(self.resource, parts);
        if let Some(entries) =
            self.live.as_ref().and_then(|live| live.pointer("/metadata/managedFields"))
        {
            new["metadata"]["managedFields"] = entries.clone();
        }
        self.write(manager, |request, live| {
            update(request, live, &mut new);
            Ok(new)
        })
        .expect("updates do not conflict");
    }
    pub(super) fn part(&self, path: &str) -> &Value {
        let live = self.live.as_ref().expect("written");
        live.pointer(path).unwrap_or(&Value::Null)
    }
    pub(super) fn data(&self) -> &Value {
        self.part("/data")
    }
    /// `A:1 {…}` an entry of an apply, `u:2 {…}` one of an update, with their second.
    pub(super) fn entries(&self) -> String {
        let list = self.part("/metadata/managedFields").as_array();
        let lines = list.into_iter().flatten().map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default();
            let second = text("time").get(17..19).unwrap_or("--");
            format!("{} {} {second} {}", text("operation"), text("manager"), entry["fieldsV1"])
        });
        lines.collect::<Vec<_>>().join("\n")
    }
    pub(super) fn check(&self, expected: Expect) {
        expected.assert_eq(&self.entries());
    }
}

pub(super) fn object(resource: &ResourceFacts, parts: Value) -> Value {
    let mut object = json!({"metadata": {"name": "o"}});
    object["apiVersion"] = resource.resource.api_version().into();
    object["kind"] = (*resource.resource.kind).into();
    for (name, part) in parts.as_object().into_iter().flatten() {
        object[name] = part.clone();
    }
    object
}

pub(super) fn data(data: Value) -> Value {
    json!({ "data": data })
}

//! How tables of rows ask a kind: objects in, texts out.

use meta::time::Time;
use serde_json::{Value, json};

use super::{Context, prepare_create, prepare_update, validate_create, validate_update, warnings};
use crate::{catalog, defaults, validation::FieldError};

/// Group, version and plural name.
pub(super) struct Kind(pub(super) &'static str, pub(super) &'static str, pub(super) &'static str);

impl Kind {
    fn context(&self, subresource: &'static str) -> Context<'static> {
        let resource = catalog::builtin().resource(self.0, self.1, self.2).expect("served");
        Context { resource, subresource, now: Time::default(), dry_run: false }
    }

    fn defaulted(&self, mut object: Value) -> Value {
        defaults::apply(self.context("").resource, &mut object);
        object
    }

    /// What a create stores.
    pub(super) fn prepared(&self, object: Value) -> Value {
        let mut object = self.defaulted(object);
        prepare_create(&self.context(""), &mut object);
        object
    }

    /// What an update stores.
    pub(super) fn changed(&self, subresource: &'static str, new: Value, old: &Value) -> Value {
        let mut new = self.defaulted(new);
        prepare_update(&self.context(subresource), &mut new, old);
        new
    }

    /// Asserts what is wrong with a new object.
    #[track_caller]
    pub(super) fn create(&self, object: Value, expected: &[&str]) {
        let object = self.prepared(object);
        assert_eq!(texts(&validate_create(&self.context(""), &object)), expected);
    }

    /// Asserts what is wrong with a change of a stored object.
    #[track_caller]
    pub(super) fn update(
        &self,
        subresource: &'static str,
        new: Value,
        old: &Value,
        expected: &[&str],
    ) {
        let mut stored = self.prepared(old.clone());
        if let Some(status) = old.get("status") {
            stored["status"] = status.clone();
        }
        let new = self.changed(subresource, new, &stored);
        let errors = validate_update(&self.context(subresource), &new, &stored);
        assert_eq!(texts(&errors), expected);
    }

    /// Asserts what a client is told about a new object.
    #[track_caller]
    pub(super) fn warn(&self, object: Value, expected: &[&str]) {
        let object = self.prepared(object);
        assert_eq!(warnings(&self.context(""), &object, None), expected);
    }
}

fn texts(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// A sound deployment, whose spec also serves other workloads.
pub(super) fn deployment() -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]},
            },
        },
    })
}

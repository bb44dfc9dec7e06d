//! A change by those who may update an object and not patch it, as is so for most of the reference's
//! controllers: it is changed and written as a whole, over the version that was last told of; what is not
//! known whole, or has changed since, is read first. Fields that nobody here knows survive, as the whole
//! JSON goes back.

use std::sync::Arc;

use api::rbac::{Asked, PolicyRule, bootstrap_rules};
use client::{
    ApiError, ClientError, ListOptions, PatchKind, Request, Response, Transport, WriteOptions,
};
use meta::{object::ObjectKey, resource::Resource};
use serde_json::Value;

use super::act::Acting;
use crate::{Action, Guard, Read, Target};

/// Others may write between the read and the write this often.
const REWRITES_MAX: usize = 8;

/// What an account may do, by the role that every cluster has for it.
#[derive(Clone, Default)]
pub(crate) struct Rights {
    /// `None` for those who need not ask.
    rules: Option<Arc<[PolicyRule]>>,
}

impl Rights {
    /// Those of a controller's service account.
    pub(crate) fn of(account: &str) -> Self {
        Self::of_role(&format!("system:controller:{account}"))
    }
    /// Those of the manager's own user.
    pub(crate) fn of_manager() -> Self {
        Self::of_role("system:kube-controller-manager")
    }

    fn of_role(name: &str) -> Self {
        let rules = bootstrap_rules(name);
        Self { rules: (!rules.is_empty()).then(|| rules.into()) }
    }

    /// Whether objects of a resource can be changed by writing them as a whole alone.
    pub(crate) fn rewrite(&self, resource: &Resource) -> bool {
        let may = |verb: &str, subresource: &str| self.allow(verb, resource, subresource);
        ["", "status"].into_iter().any(|part| may("update", part) && !may("patch", part))
    }

    fn allow(&self, verb: &str, resource: &Resource, subresource: &str) -> bool {
        let asked = Asked::Resource {
            group: &resource.group,
            resource: &resource.plural,
            subresource,
            name: "",
        };
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.allows(verb, asked)))
    }
}

/// A patch that is to be an update.
pub(crate) struct Rewrite<'a> {
    target: &'a Target,
    kind: PatchKind,
    patch: &'a Value,
    subresource: &'static str,
    guard: Guard,
}

impl Acting {
    /// The action as a rewrite, if it is a patch that the actor may not send.
    pub(crate) fn rewrite<'a>(&self, action: &'a Action) -> Option<Rewrite<'a>> {
        let Action::Patch { target, kind, patch, subresource, guard } = action else { return None };
        let (kind, subresource, guard) = (*kind, *subresource, *guard);
        let may_patch = self.rights.allow("patch", &target.resource, subresource);
        // What merges by keys is for the server to apply.
        let is_plain = matches!(kind, PatchKind::Merge | PatchKind::Json);
        (!may_patch && is_plain).then_some(Rewrite { target, kind, patch, subresource, guard })
    }

    /// The way to what a decision asked for: the manager's, where the actor may not see it.
    pub(crate) fn way_to(&self, wanted: &Read) -> Arc<dyn Transport> {
        let is_denied = match wanted {
            Read::Objects { resource, .. } => !self.rights.allow("list", resource, ""),
            Read::Object { .. }
            | Read::Metadata { .. }
            | Read::List { .. }
            | Read::Discovery
            | Read::Subresource { .. }
            | Read::Path { .. } => false,
        };
        Arc::clone(if is_denied { &self.reader } else { &self.actor.transport })
    }

    /// An object as it is now; `None` if it is not there.
    pub(crate) async fn live(
        &self,
        resource: &Resource,
        key: &ObjectKey,
    ) -> Result<Option<Value>, ClientError> {
        if self.rights.allow("get", resource, "") {
            let request = Request::get(resource, key);
            return match self.actor.transport.send(request).await {
                Ok(response) => parse(&response).map(Some),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            };
        }
        let field_selector = format!("metadata.name={}", key.name);
        let options = ListOptions { field_selector, ..ListOptions::default() };
        let request = Request::list(resource, &key.namespace, &options);
        let mut list = parse(&self.reader.send(request).await?)?;
        Ok(list["items"].get_mut(0).map(Value::take))
    }
}

impl Rewrite<'_> {
    pub(crate) async fn carry_out(&self, acting: &Acting) -> Result<Response, ClientError> {
        let Target { resource, key, .. } = self.target;
        let options = WriteOptions { field_manager: acting.actor.field_manager.to_owned() };
        let mut known = self.known(acting);
        for _ in 0..REWRITES_MAX {
            let object = match known.take() {
                Some(object) => object,
                None => self
                    .changed(acting.live(resource, key).await?.ok_or_else(|| self.not_found())?)?,
            };
            let request = Request::update(resource, key, &object, &options);
            let request = match self.subresource {
                "" => request,
                subresource => request.subresource(subresource),
            };
            let request = Request { epoch: acting.gate.epoch(), ..request };
            match acting.actor.transport.send(request).await {
                Err(error) if error.is_conflict() && self.guard == Guard::Uid => {}
                answer => return answer,
            }
        }
        Err(self.conflict())
    }

    /// The object as it is to be, made from what was last told of it.
    fn known(&self, acting: &Acting) -> Option<Value> {
        let object = acting.recent.get(&self.target.resource, &self.target.key)?;
        self.changed(serde_json::from_slice(&object).ok()?).ok()
    }

    /// The object as it is to be, if it is still what the change was decided on.
    fn changed(&self, live: Value) -> Result<Value, ClientError> {
        let metadata = &live["metadata"];
        let is_same = metadata["uid"] == *self.target.uid.0.as_str();
        let is_as_seen = metadata["resourceVersion"] == self.target.version.to_string();
        if !is_same || (self.guard == Guard::Version && !is_as_seen) {
            return Err(self.conflict());
        }
        let mut object = live;
        match self.kind {
            PatchKind::Json => operate(&mut object, self.patch),
            PatchKind::Merge | PatchKind::Strategic | PatchKind::Apply(_) => {
                merge(&mut object, self.patch);
            }
        }
        object["apiVersion"] = self.target.resource.api_version().into();
        object["kind"] = (*self.target.resource.kind).into();
        Ok(object)
    }

    fn conflict(&self) -> ClientError {
        let message = format!(
            "Operation cannot be fulfilled on {} {:?}: the object has been modified; please apply your changes to the latest version and try again",
            self.target.resource, self.target.key.name
        );
        refusal(409, "Conflict", message).into()
    }

    fn not_found(&self) -> ClientError {
        let message = format!("{} {:?} not found", self.target.resource, self.target.key.name);
        refusal(404, "NotFound", message).into()
    }
}

fn refusal(code: u16, reason: &str, message: String) -> ApiError {
    let (reason, causes) = (reason.to_owned(), Vec::new());
    ApiError { code, reason, message, causes, retry_after: None }
}

fn parse(response: &Response) -> Result<Value, ClientError> {
    serde_json::from_slice(&response.body)
        .map_err(|error| ClientError::Unreadable { reason: error.to_string() })
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (field, change) in changes {
        if change.is_null() {
            target.as_object_mut().and_then(|target| target.remove(field));
        } else {
            merge(&mut target[field], change);
        }
    }
}

/// The operations of RFC 6902 that controllers use: `add` and `replace` of a field, `remove` of a field or
/// of a place in a list.
fn operate(target: &mut Value, patch: &Value) {
    for operation in patch.as_array().into_iter().flatten() {
        let pointer = operation["path"].as_str().unwrap_or_default();
        if operation["op"] == "remove" {
            remove(target, pointer);
            continue;
        }
        let mut place = &mut *target;
        for step in pointer.split('/').skip(1) {
            place = &mut place[unescaped(step)];
        }
        *place = operation["value"].clone();
    }
}

/// What is not there is gone already.
fn remove(target: &mut Value, pointer: &str) {
    let (above, last) = pointer.rsplit_once('/').unwrap_or_default();
    let Some(above) = target.pointer_mut(above) else { return };
    if let Some(list) = above.as_array_mut() {
        let place = last.parse().ok().filter(|place| *place < list.len());
        place.map(|place| list.remove(place));
    } else if let Some(fields) = above.as_object_mut() {
        fields.remove(&unescaped(last));
    }
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_are_those_of_the_role() {
        let deployments = &api::resources::DEPLOYMENTS;
        let rights = Rights::of("deployment-controller");
        assert!(rights.allow("update", deployments, "status"));
        assert!(!rights.allow("patch", deployments, "status"));
        assert!(rights.allow("patch", &api::resources::REPLICA_SETS, ""));
        assert!(Rights::default().allow("patch", deployments, "status"));
        assert!(Rights::of("unheard-of").allow("patch", deployments, ""));
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let mut object = json!({"a": {"b": 1, "c": [1]}, "d": 1});
        merge(&mut object, &json!({"a": {"b": null, "e": {"f": null, "g": 2}}}));
        assert_eq!(object, json!({"a": {"c": [1], "e": {"g": 2}}, "d": 1}));
        operate(&mut object, &json!([{"op": "replace", "path": "/a/x~1y", "value": 3}]));
        assert_eq!(object["a"]["x/y"], 3);
        let removals = ["/d", "/a/c/0", "/a/c/7", "/a/x~1y", "/no/where"];
        let removals = removals.map(|path| json!({"op": "remove", "path": path}));
        operate(&mut object, &Value::from(removals.to_vec()));
        assert_eq!(object, json!({"a": {"c": [], "e": {"g": 2}}}));
    }

    #[test]
    fn a_rewrite_holds_only_over_what_was_seen() {
        let target = Target {
            resource: api::resources::DEPLOYMENTS,
            key: ObjectKey::new("shop", "web"),
            uid: "1".into(),
            version: meta::object::ResourceVersion(7),
        };
        let patch = json!({"status": {"replicas": 3}});
        let rewrite = |guard| Rewrite {
            target: &target,
            kind: PatchKind::Merge,
            patch: &patch,
            subresource: "status",
            guard,
        };
        let live = |uid: &str, version: &str| json!({"metadata": {"uid": uid, "resourceVersion": version}, "spec": {"x": 1}});
        let changed = rewrite(Guard::Uid).changed(live("1", "8")).expect("the same object");
        assert_eq!(changed["spec"], json!({"x": 1}));
        assert_eq!(changed["status"], json!({"replicas": 3}));
        assert_eq!(
            (&changed["kind"], &changed["apiVersion"]),
            (&json!("Deployment"), &json!("apps/v1"))
        );
        assert!(rewrite(Guard::Version).changed(live("1", "8")).unwrap_err().is_conflict());
        assert!(rewrite(Guard::Version).changed(live("1", "7")).is_ok());
        assert!(rewrite(Guard::Uid).changed(live("2", "7")).unwrap_err().is_conflict());
    }
}

//! Roles and bindings as they are looked up: by name, and by whom a binding is for. Knows no cache.

use std::{collections::BTreeMap, sync::Arc};

use api::rbac::{Binding, PolicyRule, RoleRef, Subject};
use meta::{
    object::{ObjectKey, ResourceVersion},
    text::Text,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::view;
use crate::{Object, User};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) cluster_roles: Table<Role>,
    pub(super) roles: Table<Role>,
    pub(super) cluster_bindings: Table<Binding>,
    pub(super) bindings: Table<Binding>,
    /// By namespace; those of the whole cluster under the empty one.
    by_namespace: BTreeMap<Text, Subjects>,
}

/// The rules of a Role or ClusterRole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Role {
    rules: Option<Vec<PolicyRule>>,
}

/// The objects of one kind, as they were at the last look.
#[derive(Debug)]
pub(super) struct Table<T> {
    /// Revision of the last change that is known.
    pub(super) applied: u64,
    entries: BTreeMap<ObjectKey, (ResourceVersion, Arc<T>)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { applied: 0, entries: BTreeMap::new() }
    }
}

#[derive(Debug, Default)]
struct Subjects {
    /// Service accounts by their user name.
    users: BTreeMap<Text, Bindings>,
    groups: BTreeMap<Text, Bindings>,
}

/// By name.
type Bindings = BTreeMap<Text, Arc<Binding>>;

impl<T: DeserializeOwned + Default> Table<T> {
    /// Takes the objects there are over; answers with those that went or were replaced, and those that
    /// came.
    pub(super) fn take(&mut self, applied: u64, objects: &[Arc<Object>]) -> Turnover<T> {
        self.applied = applied;
        let mut turnover = Turnover { gone: Vec::new(), come: Vec::new() };
        let mut left = std::mem::take(&mut self.entries);
        for object in objects {
            let before = left.remove(&object.key);
            let (version, now) = match before {
                Some((version, known)) if version == object.version => (version, known),
                before => {
                    turnover.gone.extend(before.map(|(_, known)| known));
                    let now = Arc::new(view::<T>(object));
                    turnover.come.push(Arc::clone(&now));
                    (object.version, now)
                }
            };
            self.entries.insert(object.key.clone(), (version, now));
        }
        turnover.gone.extend(left.into_values().map(|(_, known)| known));
        turnover
    }

    fn get(&self, key: &ObjectKey) -> Option<&Arc<T>> {
        self.entries.get(key).map(|(_, object)| object)
    }
}

/// What a look at a kind has changed.
pub(super) struct Turnover<T> {
    gone: Vec<Arc<T>>,
    come: Vec<Arc<T>>,
}

impl Index {
    /// Files the bindings that came, and drops those that went.
    pub(super) fn turn_over(&mut self, turnover: &Turnover<Binding>) {
        for binding in &turnover.gone {
            self.file(binding, |bindings, binding| {
                bindings.remove(&binding.metadata.name);
            });
        }
        for binding in &turnover.come {
            self.file(binding, |bindings, binding| {
                bindings.insert(binding.metadata.name.clone(), Arc::clone(binding));
            });
        }
    }

    fn file(&mut self, binding: &Arc<Binding>, change: fn(&mut Bindings, &Arc<Binding>)) {
        let namespace = binding.metadata.namespace.clone();
        let subjects = self.by_namespace.entry(namespace.clone()).or_default();
        for subject in &binding.subjects {
            let (list, name) = match subject.kind.as_str() {
                "Group" => (&mut subjects.groups, subject.name.clone()),
                "ServiceAccount" => (&mut subjects.users, account(subject, &namespace)),
                _ => (&mut subjects.users, subject.name.clone()),
            };
            let bindings = list.entry(name.clone()).or_default();
            change(bindings, binding);
            if bindings.is_empty() {
                list.remove(&name);
            }
        }
        if subjects.users.is_empty() && subjects.groups.is_empty() {
            self.by_namespace.remove(&namespace);
        }
    }

    /// The bindings for a user: those of the whole cluster first, then those of the namespace, each by
    /// name, with the subject that is meant.
    pub(super) fn bindings_of<'a>(
        &'a self,
        user: &User,
        namespace: &str,
    ) -> Vec<(&'a Binding, &'a Subject)> {
        let mut found = self.bindings_in(user, "");
        if !namespace.is_empty() {
            found.extend(self.bindings_in(user, namespace));
        }
        found
    }

    fn bindings_in<'a>(&'a self, user: &User, namespace: &str) -> Vec<(&'a Binding, &'a Subject)> {
        let Some(subjects) = self.by_namespace.get(namespace) else { return Vec::new() };
        let groups = user.groups.iter().filter_map(|group| subjects.groups.get(group.as_str()));
        let lists = subjects.users.get(user.name.as_str()).into_iter().chain(groups);
        let by_name: BTreeMap<&Text, &Arc<Binding>> = lists.flatten().collect();
        let meant = |binding: &'a Binding| {
            let is = |subject: &&Subject| subject.is(&user.name, &user.groups, namespace);
            binding.subjects.iter().find(is).map(|subject| (binding, subject))
        };
        by_name.into_values().filter_map(|binding| meant(binding)).collect()
    }

    /// The rules of the role that a binding of `namespace` gives; `None` if there is no such role.
    pub(super) fn rules_of(&self, role: &RoleRef, namespace: &str) -> Option<&[PolicyRule]> {
        let found = match role.kind.as_str() {
            "ClusterRole" => self.cluster_roles.get(&ObjectKey::new("", role.name.clone())),
            _ => self.roles.get(&ObjectKey::new(namespace, role.name.clone())),
        };
        found.map(|role| role.rules.as_deref().unwrap_or_default())
    }
}

/// The user name of a service account that a binding names.
fn account(subject: &Subject, namespace: &Text) -> Text {
    let place = if subject.namespace.is_empty() { namespace } else { &subject.namespace };
    format!("system:serviceaccount:{place}:{}", subject.name).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use meta::object::{Labels, Uid};
    use serde_json::{Value, json};

    use super::*;

    fn object(version: u64, value: &Value) -> Arc<Object> {
        let text = |field: &str| value["metadata"][field].as_str().unwrap_or_default();
        Arc::new(Object {
            key: ObjectKey::new(text("namespace"), text("name")),
            uid: Uid::default(),
            version: ResourceVersion(version),
            labels: Labels::default(),
            fields: BTreeMap::new(),
            json: value.to_string().into(),
        })
    }

    fn binding(name: &str, subjects: &[(&str, &str)]) -> Value {
        let subjects: Vec<_> =
            subjects.iter().map(|(kind, name)| json!({"kind": kind, "name": name})).collect();
        json!({"metadata": {"name": name, "namespace": "shop"}, "subjects": subjects,
            "roleRef": {"kind": "Role", "name": "reader"}})
    }

    fn names(index: &Index, user: &str, groups: &[&str]) -> String {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let user = User { name: user.to_owned(), groups, ..User::default() };
        let found = index.bindings_of(&user, "shop");
        let names = found.iter().map(|(binding, subject)| {
            format!("{} {}", binding.metadata.name, subject.describe("shop"))
        });
        names.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn bindings_are_found_by_whom_they_are_for_and_gone_when_they_change() {
        let mut index = Index::default();
        let both = object(1, &binding("b", &[("User", "ann"), ("Group", "ops")]));
        let account = object(2, &binding("a", &[("ServiceAccount", "web")]));
        let turnover = index.bindings.take(2, &[Arc::clone(&both), account]);
        index.turn_over(&turnover);
        assert_eq!(names(&index, "ann", &["ops"]), r#"b User "ann""#);
        assert_eq!(names(&index, "bob", &["ops"]), r#"b Group "ops""#);
        assert_eq!(
            names(&index, "system:serviceaccount:shop:web", &[]),
            r#"a ServiceAccount "web/shop""#
        );
        let other = object(3, &binding("a", &[("User", "bob")]));
        let turnover = index.bindings.take(3, &[other]);
        index.turn_over(&turnover);
        assert_eq!(names(&index, "ann", &["ops"]), "");
        assert_eq!(names(&index, "bob", &[]), r#"a User "bob""#);
        assert_eq!(names(&index, "system:serviceaccount:shop:web", &[]), "");
    }

    #[test]
    fn a_role_is_found_where_its_binding_is() {
        let mut index = Index::default();
        let rules = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]);
        let role = json!({"metadata": {"name": "reader", "namespace": "shop"}, "rules": rules});
        index.roles.take(1, &[object(1, &role)]);
        let empty = json!({"metadata": {"name": "none"}, "rules": null});
        index.cluster_roles.take(2, &[object(2, &empty)]);
        let count = |kind: &str, name: &str, namespace: &str| {
            let role = RoleRef { kind: kind.into(), name: name.into(), ..RoleRef::default() };
            index.rules_of(&role, namespace).map(<[_]>::len)
        };
        assert_eq!(count("Role", "reader", "shop"), Some(1));
        assert_eq!(count("Role", "reader", "store"), None);
        assert_eq!(count("ClusterRole", "none", ""), Some(0));
        assert_eq!(count("ClusterRole", "reader", ""), None);
    }
}

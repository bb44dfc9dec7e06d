//! The paths of a group version, made from its resources.

use std::sync::Arc;

use meta::resource::Scope;

use super::operation::{Action, Answer, Body, Kind, Operation, Patches, Route, capitalised};
use crate::catalog::{Catalog, ResourceFacts, SubresourceFacts, TypeId};

const COLLECTION_ACTIONS: [Action; 3] = [Action::List, Action::Post, Action::DeleteCollection];
const OBJECT_ACTIONS: [Action; 4] = [Action::Get, Action::Put, Action::Delete, Action::Patch];
const SUBRESOURCE_ACTIONS: [Action; 4] = [Action::Get, Action::Put, Action::Post, Action::Patch];
const CONNECT_METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// Groups and versions that are served, in discovery order.
pub(super) fn group_versions(catalog: &Catalog) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for facts in catalog.resources() {
        let pair = (facts.resource.group.as_ref(), facts.resource.version.as_ref());
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

/// The paths of a group version, its discovery document first.
pub(super) fn routes(catalog: &Catalog, group: &str, version: &str) -> Vec<Route> {
    let root = root(group, version);
    let mut routes = vec![document(
        &format!("{root}/"),
        format!("get{}{}APIResources", camel(group), capitalised(version)),
        tag(group, version),
        named_answer(catalog, "meta/v1.APIResourceList"),
    )];
    let is_here = |facts: &&Arc<ResourceFacts>| {
        facts.resource.group == group && facts.resource.version == version
    };
    for facts in catalog.resources().iter().filter(is_here) {
        let planner = Planner { catalog, facts, root: &root };
        routes.extend(planner.collections());
        routes.push(planner.object());
        routes.extend(facts.subresources.iter().map(|sub| planner.subresource(sub)));
    }
    routes.retain(|route| !route.operations.is_empty());
    routes
}

/// The documents that only say what there is, such as `/apis/apps/`.
pub(super) fn discovery(catalog: &Catalog, path: &str) -> Option<Route> {
    let answer = |name: &str| named_answer(catalog, name);
    let of = |id: &str, tag: &str, answer| {
        Some(document(&format!("/{path}/"), id.to_owned(), tag.to_owned(), answer))
    };
    match path {
        "api" => of("getCoreAPIVersions", "core", answer("meta/v1.APIVersions")),
        "apis" => of("getAPIVersions", "apis", answer("meta/v1.APIGroupList")),
        "version" => of("getCodeVersion", "version", Answer::VersionInfo),
        ".well-known/openid-configuration" => {
            of("getServiceAccountIssuerOpenIDConfiguration", "WellKnown", Answer::Text)
        }
        "openid/v1/jwks" => of("getServiceAccountIssuerOpenIDKeyset", "openid", Answer::Text),
        _ => {
            let group = path.strip_prefix("apis/")?;
            let served = catalog.resources().iter().any(|facts| facts.resource.group == group);
            let id = format!("get{}APIGroup", camel(group));
            served.then(|| of(&id, &lower(&camel(group)), answer("meta/v1.APIGroup")))?
        }
    }
}

/// `/api/v1` or `/apis/apps/v1`.
pub(super) fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

fn document(path: &str, id: String, tag: String, answer: Answer) -> Route {
    let operation =
        Operation { action: Action::Get, id, tag, kind: None, body: Body::None, answer };
    Route { path: path.to_owned(), operations: vec![operation] }
}

fn named_answer(catalog: &Catalog, name: &str) -> Answer {
    catalog.type_named(name).map_or(Answer::Text, Answer::Object)
}

fn tag(group: &str, version: &str) -> String {
    format!("{}_{version}", lower(&camel(group)))
}

/// `RbacAuthorization` for `rbac.authorization.k8s.io`.
fn camel(group: &str) -> String {
    if group.is_empty() {
        return "Core".to_owned();
    }
    group.trim_end_matches(".k8s.io").split('.').map(capitalised).collect()
}

fn lower(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    format!("{}{}", first.into_iter().collect::<String>(), letters.as_str())
}

/// Makes the routes of one resource.
struct Planner<'a> {
    catalog: &'a Catalog,
    facts: &'a ResourceFacts,
    /// Of the group version.
    root: &'a str,
}

/// What the operations of one path are about.
struct Subject {
    kind: Kind,
    type_id: TypeId,
    /// Its part of operation ids: `NamespacedPod`.
    name: String,
}

impl Planner<'_> {
    fn collections(&self) -> Vec<Route> {
        let resource = &self.facts.resource;
        let served = COLLECTION_ACTIONS.into_iter().filter(|one| self.facts.has_verb(one.verb()));
        let subject = self.subject();
        let operations = served.map(|action| self.operation(action, &subject)).collect();
        let mut routes = vec![Route { path: self.path(), operations }];
        if resource.scope == Scope::Namespaced && self.facts.has_verb(Action::List.verb()) {
            let everywhere =
                Subject { name: format!("{}ForAllNamespaces", resource.kind), ..subject };
            let path = format!("{}/{}", self.root, resource.plural);
            let operations = vec![self.operation(Action::List, &everywhere)];
            routes.push(Route { path, operations });
        }
        routes
    }

    fn object(&self) -> Route {
        let served = OBJECT_ACTIONS.into_iter().filter(|one| self.facts.has_verb(one.verb()));
        let subject = self.subject();
        let operations = served.map(|action| self.operation(action, &subject)).collect();
        Route { path: format!("{}/{{name}}", self.path()), operations }
    }

    fn subresource(&self, sub: &SubresourceFacts) -> Route {
        let resource = &self.facts.resource;
        let api_version = sub.api_version.clone().unwrap_or_else(|| resource.api_version());
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let subject = Subject {
            kind: Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                name: sub.kind.clone(),
            },
            type_id: sub.type_id,
            name: format!("{}{}", self.subject().name, capitalised(&sub.name)),
        };
        let operations = if sub.connect_methods.is_empty() {
            let is_served = |one: &Action| sub.verbs.iter().any(|verb| verb == one.verb());
            let served = SUBRESOURCE_ACTIONS.into_iter().filter(is_served);
            served.map(|action| self.operation(action, &subject)).collect()
        } else {
            let is_served = |method: &&str| {
                sub.connect_methods.iter().any(|known| known.eq_ignore_ascii_case(method))
            };
            let served = CONNECT_METHODS.into_iter().filter(is_served);
            served.map(|method| self.operation(Action::Connect(method), &subject)).collect()
        };
        Route { path: format!("{}/{{name}}/{}", self.path(), sub.name), operations }
    }

    /// Of the collection.
    fn path(&self) -> String {
        let Self { facts, root, .. } = self;
        match facts.resource.scope {
            Scope::Namespaced => {
                format!("{root}/namespaces/{{namespace}}/{}", facts.resource.plural)
            }
            Scope::Cluster => format!("{root}/{}", facts.resource.plural),
        }
    }

    fn subject(&self) -> Subject {
        let resource = &self.facts.resource;
        let owner = match resource.scope {
            Scope::Namespaced => "Namespaced",
            Scope::Cluster => "",
        };
        Subject {
            kind: Kind {
                group: resource.group.to_string(),
                version: resource.version.to_string(),
                name: resource.kind.to_string(),
            },
            type_id: self.facts.type_id,
            name: format!("{owner}{}", resource.kind),
        }
    }

    fn operation(&self, action: Action, subject: &Subject) -> Operation {
        let resource = &self.facts.resource;
        let (word, before) = action.words();
        let (group, version) = (camel(&resource.group), capitalised(&resource.version));
        Operation {
            action,
            id: format!("{word}{group}{version}{before}{}", subject.name),
            tag: tag(&resource.group, &resource.version),
            kind: Some(subject.kind.clone()),
            body: self.body(action, subject),
            answer: self.answer(action, subject),
        }
    }

    fn body(&self, action: Action, subject: &Subject) -> Body {
        match action {
            Action::Post | Action::Put => Body::Object(subject.type_id),
            Action::Patch if self.facts.custom.is_some() => Body::Patch(Patches::WithoutStrategies),
            Action::Patch => Body::Patch(Patches::All),
            Action::Delete | Action::DeleteCollection => {
                let options = self.catalog.type_named("meta/v1.DeleteOptions");
                options.map_or(Body::None, Body::Options)
            }
            Action::Get | Action::List | Action::Connect(_) => Body::None,
        }
    }

    fn answer(&self, action: Action, subject: &Subject) -> Answer {
        let resource = &self.facts.resource;
        match action {
            Action::List => {
                let kind = &self.facts.list_kind;
                let list = self.catalog.type_of_kind(&resource.group, &resource.version, kind);
                list.map_or(Answer::Text, Answer::Object)
            }
            Action::Delete if self.facts.returns_deleted => Answer::Object(subject.type_id),
            Action::Delete | Action::DeleteCollection => {
                named_answer(self.catalog, "meta/v1.Status")
            }
            Action::Get | Action::Post | Action::Put | Action::Patch => {
                Answer::Object(subject.type_id)
            }
            Action::Connect(_) => Answer::Text,
        }
    }
}

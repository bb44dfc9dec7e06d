//! Version 3: one document per group version, and an index of them.

use serde_json::{Map, Value, json};

use super::{
    operation::{Answer, Body, Operation, Route, code_text},
    routes::{discovery, group_versions, root, routes},
    schemas::{Dialect, PATCH, Schemas, VERSION_INFO, patch_schema, version_info},
};
use crate::catalog::Catalog;

const ANSWER_TYPES: [&str; 3] =
    ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const PATCH_TYPES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];
/// Documents that describe no group version.
const GENERAL_PATHS: [&str; 5] =
    [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];

/// The paths under `/openapi/v3/`, ordered: `api/v1`, `apis/apps/v1`, and so on.
pub fn v3_paths(catalog: &Catalog) -> Vec<String> {
    let mut paths: Vec<String> = GENERAL_PATHS.iter().map(|path| (*path).to_owned()).collect();
    for (group, version) in group_versions(catalog) {
        paths.push(root(group, version).trim_start_matches('/').to_owned());
        if !group.is_empty() {
            paths.push(format!("apis/{group}"));
        }
    }
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// The answer of `/openapi/v3`, given the hash of each path's document.
pub fn v3_index(catalog: &Catalog, hash_of: impl Fn(&str) -> String) -> Value {
    let entries: Map<String, Value> = v3_paths(catalog)
        .into_iter()
        .map(|path| {
            let url = format!("/openapi/v3/{path}?hash={}", hash_of(&path));
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": entries})
}

/// The document of one of [`v3_paths`]; `None` for other paths.
pub fn v3(catalog: &Catalog, path: &str) -> Option<Value> {
    let found = group_versions(catalog)
        .into_iter()
        .find(|(group, version)| root(group, version).trim_start_matches('/') == path);
    let routes = match found {
        Some((group, version)) => routes(catalog, group, version),
        None => vec![discovery(catalog, path)?],
    };
    let mut renderer = Renderer { schemas: Schemas::new(catalog, Dialect::V3) };
    let paths: Map<String, Value> =
        routes.iter().map(|route| (route.path.clone(), renderer.path_item(route))).collect();
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.37.2"},
        "paths": paths,
        "components": {
            "schemas": renderer.schemas.finish(),
            "securitySchemes": {"BearerToken": {
                "type": "apiKey", "name": "authorization", "in": "header",
                "description": "Bearer Token authentication"
            }}
        },
        "security": [{"BearerToken": []}]
    }))
}

struct Renderer<'a> {
    schemas: Schemas<'a>,
}

impl Renderer<'_> {
    fn path_item(&mut self, route: &Route) -> Value {
        let mut item = Map::new();
        let parameters: Vec<Value> = ["name", "namespace"]
            .iter()
            .filter(|name| route.path.contains(&format!("{{{name}}}")))
            .map(|name| {
                let schema = json!({"type": "string", "uniqueItems": true});
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect();
        if !parameters.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(parameters));
        }
        for operation in &route.operations {
            let rendered = self.operation(operation);
            item.insert(operation.action.method().to_owned(), rendered);
        }
        Value::Object(item)
    }

    fn operation(&mut self, operation: &Operation) -> Value {
        let mut rendered = json!({
            "operationId": operation.id,
            "tags": [operation.tag],
            "responses": self.responses(operation),
        });
        if let Some(body) = self.body(operation.body) {
            rendered["requestBody"] = body;
        }
        let Some(kind) = &operation.kind else { return rendered };
        rendered["parameters"] = operation
            .action
            .parameters()
            .map(|parameter| {
                let schema = json!({"type": parameter.kind, "uniqueItems": true});
                json!({"name": parameter.name, "in": "query", "schema": schema})
            })
            .collect();
        rendered["x-kubernetes-action"] = json!(operation.action.name());
        rendered["x-kubernetes-group-version-kind"] =
            json!({"group": kind.group, "version": kind.version, "kind": kind.name});
        rendered
    }

    fn body(&mut self, body: Body) -> Option<Value> {
        match body {
            Body::None => None,
            Body::Object(id) => {
                let schema = self.schemas.refer(id);
                Some(json!({"content": {"*/*": {"schema": schema}}, "required": true}))
            }
            Body::Options(id) => {
                Some(json!({"content": {"*/*": {"schema": self.schemas.refer(id)}}}))
            }
            Body::Patch(patches) => {
                let schema = self.schemas.refer_to(PATCH, patch_schema);
                Some(
                    json!({"content": content(&patches.types(&PATCH_TYPES), &schema), "required": true}),
                )
            }
        }
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let content = match operation.answer {
            Answer::Object(id) => content(&ANSWER_TYPES, &self.schemas.refer(id)),
            Answer::VersionInfo => {
                let schema = self.schemas.refer_to(VERSION_INFO, version_info);
                content(&["application/json"], &schema)
            }
            Answer::Text => content(&["*/*"], &json!({"type": "string"})),
        };
        let success = operation.action.codes().iter().map(|code| {
            (code.to_string(), json!({"description": code_text(*code), "content": content}))
        });
        let refused = ("401".to_owned(), json!({"description": "Unauthorized"}));
        Value::Object(success.chain([refused]).collect())
    }
}

fn content(types: &[&str], schema: &Value) -> Value {
    let entries = types.iter().map(|one| ((*one).to_owned(), json!({"schema": schema})));
    Value::Object(entries.collect())
}

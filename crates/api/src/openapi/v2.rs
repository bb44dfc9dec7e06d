//! Version 2: one document of everything, which older clients read.

use serde_json::{Map, Value, json};

use super::{
    operation::{Answer, Body, Operation, Route, code_text},
    routes::{discovery, group_versions, routes},
    schemas::{Dialect, PATCH, Schemas, VERSION_INFO, patch_schema, version_info},
    v3_paths,
};
use crate::catalog::Catalog;

const ANSWER_TYPES: [&str; 3] =
    ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const PATCH_TYPES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

/// The document of `/openapi/v2`.
pub fn v2(catalog: &Catalog) -> Value {
    let mut renderer = Renderer { schemas: Schemas::new(catalog, Dialect::V2) };
    let mut all: Vec<Route> =
        v3_paths(catalog).iter().filter_map(|path| discovery(catalog, path)).collect();
    for (group, version) in group_versions(catalog) {
        all.extend(routes(catalog, group, version));
    }
    let paths: Map<String, Value> =
        all.iter().map(|route| (route.path.clone(), renderer.path_item(route))).collect();
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.37.2"},
        "paths": paths,
        "definitions": renderer.schemas.finish(),
        "securityDefinitions": {"BearerToken": {
            "type": "apiKey", "name": "authorization", "in": "header",
            "description": "Bearer Token authentication"
        }},
        "security": [{"BearerToken": []}]
    })
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
                json!({"name": name, "in": "path", "required": true, "type": "string",
                    "uniqueItems": true})
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
        let consumes = match operation.body {
            Body::Patch(patches) => json!(patches.types(&PATCH_TYPES)),
            Body::None | Body::Object(_) | Body::Options(_) => json!(["*/*"]),
        };
        let mut rendered = json!({
            "operationId": operation.id,
            "tags": [operation.tag],
            "schemes": ["https"],
            "consumes": consumes,
            "produces": ANSWER_TYPES,
            "responses": self.responses(operation),
        });
        let Some(kind) = &operation.kind else { return rendered };
        let query = operation.action.parameters().map(|parameter| {
            json!({"name": parameter.name, "in": "query", "type": parameter.kind,
                "uniqueItems": true})
        });
        let parameters: Vec<Value> = self.body(operation.body).into_iter().chain(query).collect();
        rendered["parameters"] = Value::Array(parameters);
        rendered["x-kubernetes-action"] = json!(operation.action.name());
        rendered["x-kubernetes-group-version-kind"] =
            json!({"group": kind.group, "version": kind.version, "kind": kind.name});
        rendered
    }

    fn body(&mut self, body: Body) -> Option<Value> {
        let schema = match body {
            Body::None => return None,
            Body::Options(id) => {
                return Some(
                    json!({"name": "body", "in": "body", "schema": self.schemas.refer(id)}),
                );
            }
            Body::Object(id) => self.schemas.refer(id),
            Body::Patch(_) => self.schemas.refer_to(PATCH, patch_schema),
        };
        Some(json!({"name": "body", "in": "body", "required": true, "schema": schema}))
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let schema = match operation.answer {
            Answer::Object(id) => self.schemas.refer(id),
            Answer::VersionInfo => self.schemas.refer_to(VERSION_INFO, version_info),
            Answer::Text => json!({"type": "string"}),
        };
        let success = operation.action.codes().iter().map(|code| {
            (code.to_string(), json!({"description": code_text(*code), "schema": schema}))
        });
        let refused = ("401".to_owned(), json!({"description": "Unauthorized"}));
        Value::Object(success.chain([refused]).collect())
    }
}

//! The objects that every cluster has from its first moment.

use std::sync::Arc;

use api::catalog::{self, ResourceFacts};
use serde_json::{Value, json};

use super::{Inner, body, body::Body, collection::all, failure, replace::Tracking};
use crate::{
    Content, FieldValidation, Notes, Operation, Reason, Status, User, Verb, authorization::MASTERS,
};

const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
const SERVER: &str = "system:apiserver";

impl Inner {
    /// Creates what is missing. Namespaces come first, the others need them.
    pub(super) async fn bootstrap(&self) -> Result<(), Status> {
        let namespaces = NAMESPACES.map(|name| {
            json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name}})
        });
        self.ensure(namespaces.to_vec()).await?;
        self.ensure(self.first_objects()?).await?;
        self.ensure(self.token_tracking().into_iter().collect()).await?;
        self.reconcile_policy().await?;
        for object in self.own_endpoints().into_iter().chain(self.authentication_for_others()) {
            self.ensure_current(object).await?;
        }
        Ok(())
    }

    pub(super) async fn ensure(&self, objects: Vec<Value>) -> Result<(), Status> {
        let creates = objects.into_iter().map(|object| self.ensure_one(object));
        for created in all(creates.collect()).await {
            created?;
        }
        Ok(())
    }

    async fn ensure_one(&self, object: Value) -> Result<(), Status> {
        let operation = operation(&object)?;
        let (namespace, name) = (&operation.namespace, body::text(&object, "name"));
        if self.load_raw(&operation.resource, namespace, name).await?.is_some() {
            return Ok(());
        }
        let body = body::object(&operation, Content { value: object, ..Content::default() })?;
        let Body { value, warnings } = body;
        match self.create_object(&operation, Body { value, warnings }, Tracking::Due).await {
            Ok(_) => Ok(()),
            Err(status) if status.reason == Reason::AlreadyExists => Ok(()),
            Err(status) => Err(status),
        }
    }

    /// Creates an object, or makes it what it is to be now.
    pub(super) async fn ensure_current(&self, object: Value) -> Result<(), Status> {
        let name = body::text(&object, "name").to_owned();
        let operation = Operation { name, ..operation(&object)? };
        let content = Content { value: object.clone(), ..Content::default() };
        match self.update(&operation, content).await {
            Ok(_) => Ok(()),
            Err(status) if status.reason == Reason::NotFound => self.ensure_one(object).await,
            Err(status) => Err(status),
        }
    }

    /// Where this API server is, for those who look up the service `kubernetes`.
    fn own_endpoints(&self) -> [Value; 2] {
        let port = self.options.secure_port;
        let address = self.options.advertise_address.to_string();
        [
            json!({"apiVersion": "v1", "kind": "Endpoints",
                "metadata": {"name": "kubernetes", "namespace": "default",
                    "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
                "subsets": [{"addresses": [{"ip": address}],
                    "ports": [{"name": "https", "port": port, "protocol": "TCP"}]}]}),
            json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": "kubernetes", "namespace": "default",
                    "labels": {"kubernetes.io/service-name": "kubernetes"}},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [address], "conditions": {"ready": true}}],
                "ports": [{"name": "https", "port": port, "protocol": "TCP"}]}),
        ]
    }

    /// Since when the use of tokens in secrets is noted.
    fn token_tracking(&self) -> Option<Value> {
        self.options.bearers.accounts.as_ref()?;
        let now = self.world.clock.wall().to_string();
        let today: String = now.chars().take("2006-01-02".len()).collect();
        Some(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"since": today},
            "metadata": {"name": "kube-apiserver-legacy-service-account-token-tracking",
                "namespace": "kube-system"}}))
    }

    fn first_objects(&self) -> Result<Vec<Value>, Status> {
        let port = self.options.secure_port;
        let address = self.range()?.first_usable().to_string();
        Ok(vec![
            json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "kubernetes", "namespace": "default",
                    "labels": {"component": "apiserver", "provider": "kubernetes"}},
                "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                    "sessionAffinity": "None", "ports": [
                        {"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}]}}),
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                "metadata": {"name": "kubernetes"},
                "spec": {"cidrs": [self.options.service_range]}}),
            priority_class(
                "system-cluster-critical",
                2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
            ),
            priority_class(
                "system-node-critical",
                2_000_001_000,
                "Used for system critical pods that must not be moved from their current node.",
            ),
        ])
    }
}

fn priority_class(name: &str, value: i64, description: &str) -> Value {
    json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": {"name": name}, "value": value, "description": description})
}

/// The creation of an object by the server itself.
pub(super) fn operation(object: &Value) -> Result<Operation, Status> {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let kind = object["kind"].as_str().unwrap_or_default();
    let resource = catalog::builtin().resource_of_kind(group, version, kind);
    let resource = resource.map(Arc::clone).ok_or_else(failure::method_not_allowed)?;
    let namespace = body::text(object, "namespace").to_owned();
    Ok(Operation { namespace, ..server_operation(resource) })
}

/// An operation of the server itself, on nothing in particular yet.
pub(crate) fn server_operation(resource: Arc<ResourceFacts>) -> Operation {
    Operation {
        resource,
        subresource: String::new(),
        namespace: String::new(),
        name: String::new(),
        verb: Verb::Create { content: Content::default() },
        user: server(),
        field_manager: "kube-apiserver".to_owned(),
        epoch: None,
        dry_run: false,
        field_validation: FieldValidation::Ignore,
        notes: Notes::default(),
    }
}

/// The server itself, as user.
pub(super) fn server() -> User {
    User { name: SERVER.to_owned(), groups: vec![MASTERS.to_owned()], ..User::default() }
}

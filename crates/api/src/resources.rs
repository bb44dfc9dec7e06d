//! The resources that compiled code names. The full list is data, in the catalog.

use meta::resource::{Resource, Scope};

pub const CONFIG_MAPS: Resource =
    Resource::new("", "v1", "configmaps", "ConfigMap", Scope::Namespaced);
pub const CUSTOM_RESOURCE_DEFINITIONS: Resource = Resource::new(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    Scope::Cluster,
);
pub const ENDPOINTS: Resource =
    Resource::new("", "v1", "endpoints", "Endpoints", Scope::Namespaced);
pub const ENDPOINT_SLICES: Resource =
    Resource::new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", Scope::Namespaced);
pub const EVENTS: Resource = Resource::new("", "v1", "events", "Event", Scope::Namespaced);
pub const NAMESPACES: Resource = Resource::new("", "v1", "namespaces", "Namespace", Scope::Cluster);
pub const NODES: Resource = Resource::new("", "v1", "nodes", "Node", Scope::Cluster);
pub const PODS: Resource = Resource::new("", "v1", "pods", "Pod", Scope::Namespaced);
pub const SECRETS: Resource = Resource::new("", "v1", "secrets", "Secret", Scope::Namespaced);
pub const SERVICES: Resource = Resource::new("", "v1", "services", "Service", Scope::Namespaced);
pub const SERVICE_ACCOUNTS: Resource =
    Resource::new("", "v1", "serviceaccounts", "ServiceAccount", Scope::Namespaced);
pub const DEPLOYMENTS: Resource =
    Resource::new("apps", "v1", "deployments", "Deployment", Scope::Namespaced);
pub const REPLICA_SETS: Resource =
    Resource::new("apps", "v1", "replicasets", "ReplicaSet", Scope::Namespaced);
pub const REPLICATION_CONTROLLERS: Resource =
    Resource::new("", "v1", "replicationcontrollers", "ReplicationController", Scope::Namespaced);
pub const JOBS: Resource = Resource::new("batch", "v1", "jobs", "Job", Scope::Namespaced);
pub const CRON_JOBS: Resource =
    Resource::new("batch", "v1", "cronjobs", "CronJob", Scope::Namespaced);
pub const STATEFUL_SETS: Resource =
    Resource::new("apps", "v1", "statefulsets", "StatefulSet", Scope::Namespaced);
pub const DAEMON_SETS: Resource =
    Resource::new("apps", "v1", "daemonsets", "DaemonSet", Scope::Namespaced);
pub const CONTROLLER_REVISIONS: Resource =
    Resource::new("apps", "v1", "controllerrevisions", "ControllerRevision", Scope::Namespaced);
pub const PERSISTENT_VOLUME_CLAIMS: Resource =
    Resource::new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", Scope::Namespaced);
pub const HORIZONTAL_POD_AUTOSCALERS: Resource = Resource::new(
    "autoscaling",
    "v2",
    "horizontalpodautoscalers",
    "HorizontalPodAutoscaler",
    Scope::Namespaced,
);
pub const POD_DISRUPTION_BUDGETS: Resource =
    Resource::new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", Scope::Namespaced);
pub const LEASES: Resource =
    Resource::new("coordination.k8s.io", "v1", "leases", "Lease", Scope::Namespaced);
pub const RESOURCE_QUOTAS: Resource =
    Resource::new("", "v1", "resourcequotas", "ResourceQuota", Scope::Namespaced);
pub const LIMIT_RANGES: Resource =
    Resource::new("", "v1", "limitranges", "LimitRange", Scope::Namespaced);
pub const CLUSTER_ROLES: Resource =
    Resource::new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", Scope::Cluster);
pub const CLUSTER_ROLE_BINDINGS: Resource = Resource::new(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterrolebindings",
    "ClusterRoleBinding",
    Scope::Cluster,
);
pub const ROLES: Resource =
    Resource::new("rbac.authorization.k8s.io", "v1", "roles", "Role", Scope::Namespaced);
pub const ROLE_BINDINGS: Resource = Resource::new(
    "rbac.authorization.k8s.io",
    "v1",
    "rolebindings",
    "RoleBinding",
    Scope::Namespaced,
);

//! How much of a resource pods ask for: what usage is compared with.

use std::collections::BTreeMap;

use api::views::{Container, Pod, Resources};
use meta::{quantity::Quantity, text::Text};

use super::reading::Measured;

/// Thousandths by the pod's name.
pub(super) type Requests = BTreeMap<Text, i64>;

/// The requests of all pods; one that is missing leaves nothing to compare with.
pub(super) fn requests<'p>(
    pods: impl IntoIterator<Item = &'p Pod>,
    measured: Measured<'_>,
) -> Result<Requests, String> {
    let request = |pod: &Pod| Ok((pod.metadata.name.clone(), request(pod, measured)?));
    pods.into_iter().map(request).collect()
}

fn request(pod: &Pod, measured: Measured<'_>) -> Result<i64, String> {
    let resource = measured.resource;
    if measured.container.is_empty() && !pod.spec.resources.requests.is_empty() {
        let whole = amount(&pod.spec.resources, resource);
        let parts = || containers(pod).filter_map(|one| amount(&one.resources, resource));
        let parts = || parts().reduce(|sum, part| sum + part);
        return whole.or_else(parts).ok_or_else(|| {
            format!("missing pod-level request for {resource} in Pod {}", pod.metadata.name)
        });
    }
    let is_meant =
        |one: &&Container| measured.container.is_empty() || *one.name == *measured.container;
    let mut meant = containers(pod).filter(is_meant).peekable();
    if meant.peek().is_none() {
        let (container, pod) = (measured.container, &pod.metadata.name);
        return Err(format!("container {container} not found in Pod {pod}"));
    }
    let request = |one: &Container| {
        amount(&one.resources, resource).ok_or_else(|| {
            let (container, pod) = (&one.name, &pod.metadata.name);
            format!("missing request for {resource} in container {container} of Pod {pod}")
        })
    };
    meant.map(request).sum()
}

/// The containers that run for as long as the pod does.
fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    let beside = pod.spec.init_containers.iter().filter(|one| one.restart_policy == *"Always");
    pod.spec.containers.iter().chain(beside)
}

fn amount(resources: &Resources, resource: &str) -> Option<i64> {
    Some(resources.requests.get(resource)?.parse::<Quantity>().ok()?.millis())
}

"""The Python client with objects of built-in kinds and of one's own: typed, dynamic, and watches."""

import threading
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import NotFoundError

NAMESPACE = "default"
PATIENCE = 20


def main():
    config.load_kube_config()
    typed()
    custom()


def eventually(what, look):
    """Looks until the answer is true, or the patience ends."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if look():
            return
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}")


def typed():
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    labels = {"app": "drive"}
    container = client.V1Container(name="web", image="nginx", ports=[client.V1ContainerPort(container_port=80)])
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
    deployment = client.V1Deployment(metadata=client.V1ObjectMeta(name="drive"), spec=spec)
    apps.create_namespaced_deployment(NAMESPACE, deployment)
    ready = lambda: apps.read_namespaced_deployment("drive", NAMESPACE).status.ready_replicas
    eventually("two replicas", lambda: ready() == 2)
    apps.patch_namespaced_deployment_scale("drive", NAMESPACE, {"spec": {"replicas": 1}})
    eventually("one replica", lambda: ready() == 1)
    pods = core.list_namespaced_pod(NAMESPACE, label_selector="app=drive").items
    print("deployment:", {pod.status.phase for pod in pods})
    seen = following(core.list_namespaced_config_map, NAMESPACE, field_selector="metadata.name=seen")
    made = core.create_namespaced_config_map(NAMESPACE, {"metadata": {"name": "seen"}})
    core.patch_namespaced_config_map("seen", NAMESPACE, [{"op": "add", "path": "/data", "value": {"a": "b"}}])
    made.data = {"a": "c"}
    try:
        core.replace_namespaced_config_map("seen", NAMESPACE, made)
    except ApiException as error:
        print("stale:", error.status, error.reason)
    core.delete_namespaced_config_map("seen", NAMESPACE)
    eventually("three events", lambda: len(seen) == 3)
    print("watch:", seen)
    apps.delete_namespaced_deployment("drive", NAMESPACE, propagation_policy="Foreground")
    everything()


def everything():
    """What is there of each kind fits the typed models, which are strict."""
    lists = [
        client.CoreV1Api().list_node,
        client.CoreV1Api().list_namespace,
        client.CoreV1Api().list_service_for_all_namespaces,
        client.CoreV1Api().list_event_for_all_namespaces,
        client.CoreV1Api().list_service_account_for_all_namespaces,
        client.CoordinationV1Api().list_lease_for_all_namespaces,
        client.RbacAuthorizationV1Api().list_cluster_role,
        client.RbacAuthorizationV1Api().list_cluster_role_binding,
        client.SchedulingV1Api().list_priority_class,
        client.ApiextensionsV1Api().list_custom_resource_definition,
    ]
    empty = [one.__name__ for one in lists if not one().items and "definition" not in one.__name__]
    print("lists that are empty:", empty)


def custom():
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "kind": "Widget"}
    definition = {
        "metadata": {"name": "widgets.python.example"},
        "spec": {"group": "python.example", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    client.ApiextensionsV1Api().create_custom_resource_definition(definition)
    known = dynamic.DynamicClient(client.ApiClient())
    found = []
    eventually("widgets are found", lambda: found.append(find(known)) or found[-1])
    widgets = found[-1]
    body = {"apiVersion": "python.example/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"color": "red"}}
    widgets.create(body=body, namespace=NAMESPACE)
    patch = {"spec": {"color": "blue"}}
    widgets.patch(name="one", namespace=NAMESPACE, body=patch, content_type="application/merge-patch+json")
    own = {"apiVersion": "python.example/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 3}}
    applied = widgets.server_side_apply(body=own, name="one", namespace=NAMESPACE, field_manager="drive")
    print("widget:", applied.spec.to_dict())
    events = [event["type"] for event in known.watch(widgets, namespace=NAMESPACE, timeout=1)]
    print("widgets' watch:", events)
    objects = client.CustomObjectsApi()
    listed = objects.list_namespaced_custom_object("python.example", "v1", NAMESPACE, "widgets")
    print("listed:", [item["metadata"]["name"] for item in listed["items"]])
    widgets.delete(name="one", namespace=NAMESPACE)
    try:
        widgets.get(name="one", namespace=NAMESPACE)
    except NotFoundError as error:
        print("gone:", error.status)


def find(known):
    try:
        return known.resources.get(api_version="python.example/v1", kind="Widget")
    except Exception:  # Not found, or the group is not served yet: the client has many errors for it.
        return None


def following(function, *arguments, **named):
    """The types of the events of a watch, as they come."""
    version = function(*arguments, **named).metadata.resource_version
    seen = []

    def follow():
        for event in watch.Watch().stream(function, *arguments, resource_version=version, **named):
            seen.append(event["type"])

    threading.Thread(target=follow, daemon=True).start()
    return seen


main()

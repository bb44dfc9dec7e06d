"""A small controller on the Python client: each ConfigMap with the label "fleet" has a pod of its name.

With --bug it does what many first controllers do: it acts on the events of its watch alone. When a
watch can no longer be resumed, it lists anew and creates what is missing, but of a ConfigMap that was
deleted meanwhile it never hears again, and the pod stays. Without --bug it also looks, after each list,
for pods whose ConfigMap is gone.
"""

import argparse

import urllib3
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

LABEL = "fleet"
NAMESPACE = "default"


def main():
    parser = argparse.ArgumentParser(description="One pod for each ConfigMap with the label fleet.")
    parser.add_argument("--bug", action="store_true", help="trust that no delete is ever missed")
    has_bug = parser.parse_args().bug
    config.load_kube_config()
    core = client.CoreV1Api()
    while True:
        try:
            fleets = core.list_namespaced_config_map(NAMESPACE, label_selector=LABEL)
            names = {fleet.metadata.name for fleet in fleets.items}
            for name in names:
                create(core, name)
            if not has_bug:
                for pod in core.list_namespaced_pod(NAMESPACE, label_selector=LABEL).items:
                    if pod.metadata.name not in names:
                        delete(core, pod.metadata.name)
            follow(core, fleets.metadata.resource_version)
        except ApiException as error:
            print(f"listing anew: {error.status} {error.reason}", flush=True)
        except urllib3.exceptions.HTTPError as error:
            print(f"listing anew: {error}", flush=True)


def follow(core, version):
    """Acts on events until the watch can no longer be resumed."""
    events = watch.Watch().stream(
        core.list_namespaced_config_map, NAMESPACE, label_selector=LABEL, resource_version=version
    )
    for event in events:
        name = event["object"].metadata.name
        if event["type"] == "ADDED":
            create(core, name)
        elif event["type"] == "DELETED":
            delete(core, name)


def create(core, name):
    pod = {
        "metadata": {"name": name, "labels": {LABEL: name}},
        "spec": {"containers": [{"name": "main", "image": "nginx"}]},
    }
    try:
        core.create_namespaced_pod(NAMESPACE, pod)
    except ApiException as error:
        if error.status != 409:
            raise


def delete(core, name):
    try:
        core.delete_namespaced_pod(name, NAMESPACE)
    except ApiException as error:
        if error.status != 404:
            raise


if __name__ == "__main__":
    main()

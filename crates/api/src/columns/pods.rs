//! Pods: the story of their containers in one word.

use meta::time::Time;
use serde_json::Value;

use super::{
    column::{Column, age, computed, name, text_or},
    object::{Object, list, span, text},
};

pub(super) const POD: &[Column] = &[
    name(),
    computed("Ready", |pod| Summary::of(pod).ready_text().into()),
    computed("Status", |pod| Summary::of(pod).status.into()),
    computed("Restarts", |pod| Summary::of(pod).restarts_text(pod.now).into()),
    age(),
    computed("IP", |pod| {
        let ip = pod.list("status.podIPs").first().map_or("<none>", |entry| text(entry, "ip"));
        ip.into()
    })
    .wide(),
    text_or("Node", "spec.nodeName", "<none>").wide(),
    text_or("Nominated Node", "status.nominatedNodeName", "<none>").wide(),
    computed("Readiness Gates", |pod| readiness_gates(pod).into()).wide(),
];

fn readiness_gates(pod: Object<'_>) -> String {
    let gates = pod.list("spec.readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates.iter().filter(|gate| pod.has_condition(text(gate, "conditionType")));
    format!("{}/{}", open.count(), gates.len())
}

/// What is gathered from the statuses of the containers, in two passes.
struct Summary {
    status: String,
    ready: usize,
    total: usize,
    restarts: Restarts,
}

/// How often containers started again, and when one last ended.
#[derive(Debug, Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, container: &Value) {
        self.count += container["restartCount"].as_i64().unwrap_or(0);
        let finished = text(container, "lastState.terminated.finishedAt").parse().ok();
        self.last = self.last.max(finished);
    }
}

/// Whether the init containers are through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Initialization {
    Running,
    Done,
}

impl Summary {
    fn of(pod: Object<'_>) -> Self {
        let sidecars = pod.list("spec.initContainers").iter().filter(|init| is_sidecar(init));
        let mut summary = Self {
            status: start(pod).to_owned(),
            ready: 0,
            total: pod.list("spec.containers").len() + sidecars.count(),
            restarts: Restarts::default(),
        };
        let mut of_sidecars = Restarts::default();
        let initialization = summary.initialize(pod, &mut of_sidecars);
        if initialization == Initialization::Done || pod.has_condition("Initialized") {
            // From here on the restarts of plain init containers do not matter.
            summary.restarts = of_sidecars;
            summary.run(pod);
        }
        summary.end(pod);
        summary
    }

    /// Walks the init containers up to the first that is not through.
    fn initialize(&mut self, pod: Object<'_>, of_sidecars: &mut Restarts) -> Initialization {
        let specified = pod.list("spec.initContainers");
        for (index, container) in pod.list("status.initContainerStatuses").iter().enumerate() {
            let name = text(container, "name");
            let is_sidecar =
                specified.iter().any(|init| text(init, "name") == name && is_sidecar(init));
            self.restarts.add(container);
            if is_sidecar {
                of_sidecars.add(container);
            }
            let terminated = &container["state"]["terminated"];
            if terminated.is_object() && exit_code(terminated) == 0 {
                continue;
            }
            if is_sidecar && container["started"] == true {
                self.ready += usize::from(container["ready"] == true);
                continue;
            }
            let waiting = text(container, "state.waiting.reason");
            self.status = if terminated.is_object() {
                format!("Init:{}", end_reason(terminated))
            } else if !waiting.is_empty() && waiting != "PodInitializing" {
                format!("Init:{waiting}")
            } else {
                format!("Init:{index}/{}", specified.len())
            };
            return Initialization::Running;
        }
        Initialization::Done
    }

    /// Walks the containers from last to first, so that the first one has the last word.
    fn run(&mut self, pod: Object<'_>) {
        let mut is_any_running = false;
        let mut failure = None;
        for container in pod.list("status.containerStatuses").iter().rev() {
            self.restarts.add(container);
            let waiting = text(container, "state.waiting.reason");
            let terminated = &container["state"]["terminated"];
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.status);
            } else if terminated.is_object() {
                self.status = end_reason(terminated);
                failure =
                    Some(&self.status).filter(|_| exit_code(terminated) != 0).cloned().or(failure);
            } else if container["ready"] == true && container["state"]["running"].is_object() {
                is_any_running = true;
                self.ready += 1;
            }
        }
        if self.status == "Completed" {
            self.status = match (failure, is_any_running) {
                (_, true) if pod.has_condition("Ready") => "Running".to_owned(),
                (Some(failure), _) => failure,
                (None, true) => "NotReady".to_owned(),
                (None, false) => return,
            };
        }
    }

    /// Deletion has the last word.
    fn end(&mut self, pod: Object<'_>) {
        if !pod.has("metadata.deletionTimestamp") {
            return;
        }
        if pod.text("status.reason") == "NodeLost" {
            "Unknown".clone_into(&mut self.status);
        } else if !matches!(pod.text("status.phase"), "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut self.status);
        }
    }

    fn ready_text(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    fn restarts_text(&self, now: Time) -> String {
        match self.restarts {
            Restarts { count, last: Some(last) } if count != 0 => {
                format!("{count} ({} ago)", span(last, now))
            }
            Restarts { count, .. } => count.to_string(),
        }
    }
}

/// Before any container is looked at.
fn start(pod: Object<'_>) -> &str {
    let is_gated = list(pod.value, "status.conditions").iter().any(|condition| {
        text(condition, "type") == "PodScheduled" && text(condition, "reason") == "SchedulingGated"
    });
    if is_gated {
        return "SchedulingGated";
    }
    match pod.text("status.reason") {
        "" => pod.text("status.phase"),
        reason => reason,
    }
}

fn is_sidecar(init_container: &Value) -> bool {
    init_container["restartPolicy"] == "Always"
}

fn exit_code(terminated: &Value) -> i64 {
    terminated["exitCode"].as_i64().unwrap_or(0)
}

/// Why a container ended: its reason, else signal, else exit code.
fn end_reason(terminated: &Value) -> String {
    let reason = text(terminated, "reason");
    if !reason.is_empty() {
        return reason.to_owned();
    }
    match terminated["signal"].as_i64() {
        None | Some(0) => format!("ExitCode:{}", exit_code(terminated)),
        Some(signal) => format!("Signal:{signal}"),
    }
}

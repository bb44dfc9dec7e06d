//! Autoscalers, and scales.

use serde_json::Value;

use super::{
    column::{Column, ColumnType::String as Text, age, computed, name, number, text, text_or},
    object::{Object, at, join, plain, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "HorizontalPodAutoscaler" => AUTOSCALER,
        "Scale" => SCALE,
        _ => return None,
    })
}

const SCALE: &[Column] = &[
    text("Name", "metadata.name"),
    number("Desired", "spec.replicas"),
    number("Available", "status.replicas"),
    age(),
];
const AUTOSCALER: &[Column] = &[
    name(),
    computed("Reference", |scaler| {
        let target = scaler.at("spec.scaleTargetRef");
        format!("{}/{}", text_in(target, "kind"), text_in(target, "name")).into()
    }),
    computed("Targets", |scaler| targets(scaler).into()),
    text_or("MinPods", "spec.minReplicas", "<unset>"),
    number("MaxPods", "spec.maxReplicas").said_to_be(Text),
    number("Replicas", "status.currentReplicas").said_to_be(Text),
    age(),
];

/// The first two metrics, and how many more there are.
fn targets(scaler: Object<'_>) -> String {
    const SHOWN: usize = 2;
    let current = scaler.list("status.currentMetrics");
    let metrics = scaler.list("spec.metrics").iter().enumerate();
    let mut texts: Vec<String> = metrics
        .map(|(index, metric)| target(metric, current.get(index).unwrap_or(&Value::Null)))
        .collect();
    // Version v1 has its one metric in a field of its own.
    if scaler.has("spec.targetCPUUtilizationPercentage") {
        let current = percent(scaler.at("status.currentCPUUtilizationPercentage"), "<unknown>");
        let wanted = percent(scaler.at("spec.targetCPUUtilizationPercentage"), "<auto>");
        texts.push(format!("cpu: {current}/{wanted}"));
    }
    match texts.len() {
        0 => "<none>".to_owned(),
        count if count > SHOWN => {
            format!("{} + {} more...", join(&texts[..SHOWN], ", "), count - SHOWN)
        }
        _ => join(texts, ", "),
    }
}

fn target(metric: &Value, current: &Value) -> String {
    let (member, is_named) = match text_in(metric, "type") {
        "External" => ("external", false),
        "Object" => ("object", false),
        "Pods" => ("pods", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".to_owned(),
    };
    let (metric, current) = (&metric[member], &current[member]["current"]);
    let wanted = &metric["target"];
    let of = |value: &str| {
        let current = match plain(at(current, value)) {
            text if text.is_empty() => "<unknown>".to_owned(),
            text => text,
        };
        format!("{current}/{}", plain(&wanted[value]))
    };
    let has_average = !wanted["averageValue"].is_null();
    match (is_named, has_average) {
        (true, true) => format!("{}: {}", text_in(metric, "name"), of("averageValue")),
        (true, false) => {
            let current = percent(&current["averageUtilization"], "<unknown>");
            let wanted = percent(&wanted["averageUtilization"], "<auto>");
            format!("{}: {current}/{wanted}", text_in(metric, "name"))
        }
        (false, true) if member == "pods" => of("averageValue"),
        (false, true) => format!("{} (avg)", of("averageValue")),
        (false, false) => of("value"),
    }
}

fn percent(value: &Value, missing: &str) -> String {
    value.as_i64().map_or_else(|| missing.to_owned(), |share| format!("{share}%"))
}

//! How much a container uses: by annotation of its pod, else by rule. `metrics.k8s.io` tells of it.

use api::views::{Container, Pod};
use meta::quantity::{Format, Quantity};

use crate::Rules;

/// Annotation of a pod with the processors that each of its containers uses, such as `250m`.
pub const CPU_ANNOTATION: &str = "io.pilothouse/cpu";
/// Annotation of a pod with the memory that each of its containers uses, such as `64Mi`.
pub const MEMORY_ANNOTATION: &str = "io.pilothouse/memory";

/// What a container that nothing is said of uses.
const CPU_MILLIS: i64 = 1;
const MEMORY_BYTES: i64 = 8 << 20;

/// What a running container uses now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processors.
    pub cpu: Quantity,
    /// Bytes of memory.
    pub memory: Quantity,
}

impl Rules {
    /// What a container of a pod uses while it runs. An annotation that is no amount is not heeded.
    pub fn usage(&self, pod: &Pod, container: &Container) -> Usage {
        let rule = self.of(pod, container);
        let said = |annotation: &str| pod.metadata.annotations.get(annotation)?.parse().ok();
        let cpu = said(CPU_ANNOTATION).or(rule.cpu);
        let memory = said(MEMORY_ANNOTATION).or(rule.memory);
        Usage {
            cpu: cpu.unwrap_or_else(|| Quantity::from_millis(CPU_MILLIS, Format::DecimalSi)),
            memory: memory.unwrap_or_else(|| Quantity::from_units(MEMORY_BYTES, Format::BinarySi)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn used(annotations: serde_json::Value) -> String {
        let rules = "containers:\n- podLabels: {app: busy}\n  cpu: 250m\n";
        let rules = Rules::parse(rules).expect("sound rules");
        let pod = json!({"metadata": {"labels": {"app": "busy"}, "annotations": annotations}});
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let usage = rules.usage(&pod, &Container::default());
        format!("{} {}", usage.cpu, usage.memory)
    }

    #[test]
    fn an_annotation_goes_before_the_rule_and_the_rule_before_the_default() {
        assert_eq!(used(json!({})), "250m 8Mi");
        assert_eq!(used(json!({"io.pilothouse/cpu": "2", "io.pilothouse/memory": "1Gi"})), "2 1Gi");
        assert_eq!(used(json!({"io.pilothouse/cpu": "much"})), "250m 8Mi");
    }
}

//! Which nodes a pod may run on, by what its specification and the nodes say.

use meta::{object::Labels, text::Text};

use super::{Node, NodeSelectorTerm, PodSpec, Requirement, Taint, TaintEffect, Toleration};

impl PodSpec {
    /// Whether node selector and required node affinity take the node.
    pub fn selects(&self, node: &Node) -> bool {
        let labels = &node.metadata.labels;
        let required = self.affinity.node_affinity.as_ref().and_then(|it| it.required.as_ref());
        self.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && required.is_none_or(|selector| {
                selector.node_selector_terms.iter().any(|term| term.matches(node))
            })
    }
}

impl NodeSelectorTerm {
    /// Whether the node is as the term wants it; an empty term matches nothing.
    pub fn matches(&self, node: &Node) -> bool {
        if self.match_expressions.is_empty() && self.match_fields.is_empty() {
            return false;
        }
        let labels = &node.metadata.labels;
        let fields = Labels::from([(Text::from("metadata.name"), node.metadata.name.clone())]);
        self.match_expressions.iter().all(|requirement| requirement.holds(labels))
            && self.match_fields.iter().all(|requirement| requirement.holds(&fields))
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = || value.is_some_and(|value| self.values.contains(value));
        let number = |text: &Text| text.parse::<i64>().ok();
        let numbers = || Some((number(value?)?, number(self.values.first()?)?));
        match &*self.operator {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => numbers().is_some_and(|(has, wants)| has > wants),
            "Lt" => numbers().is_some_and(|(has, wants)| has < wants),
            _ => false,
        }
    }
}

impl Taint {
    /// Whether the taint only makes a node less welcome.
    pub fn is_soft(&self) -> bool {
        self.effect == TaintEffect::PreferNoSchedule
    }
    /// Whether one of the tolerations covers the taint.
    pub fn is_tolerated(&self, tolerations: &[Toleration]) -> bool {
        tolerations.iter().any(|toleration| toleration.covers(self))
    }
}

impl Toleration {
    /// Whether it covers the taint, for whatever time.
    pub fn covers(&self, taint: &Taint) -> bool {
        if self.effect.is_some_and(|effect| effect != taint.effect) {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        match &*self.operator {
            "Exists" => true,
            "" | "Equal" => !self.key.is_empty() && self.value == taint.value,
            _ => false,
        }
    }
}

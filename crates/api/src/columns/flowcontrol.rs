//! Priority and fairness.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    column::{
        Column, ColumnType::String as Text, age, computed, name, number, number_or, text, text_or,
    },
    object::{at, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "FlowSchema" => FLOW_SCHEMA,
        "PriorityLevelConfiguration" => PRIORITY_LEVEL,
        _ => return None,
    })
}

const FLOW_SCHEMA: &[Column] = &[
    name(),
    text("PriorityLevel", "spec.priorityLevelConfiguration.name"),
    number("MatchingPrecedence", "spec.matchingPrecedence").said_to_be(Text),
    text_or("DistinguisherMethod", "spec.distinguisherMethod.type", "<none>"),
    age(),
    computed("MissingPL", |schema| {
        schema.condition("Dangling").map_or("?", |condition| text_in(condition, "status")).into()
    }),
];
const PRIORITY_LEVEL: &[Column] = &[
    name(),
    text("Type", "spec.type"),
    number_or("NominalConcurrencyShares", "spec.limited.nominalConcurrencyShares", "<none>"),
    number_or("Queues", "spec.limited.limitResponse.queuing.queues", "<none>"),
    number_or("HandSize", "spec.limited.limitResponse.queuing.handSize", "<none>"),
    number_or("QueueLengthLimit", "spec.limited.limitResponse.queuing.queueLengthLimit", "<none>"),
    age(),
];

/// What is matched first comes first.
pub(super) fn order(left: &Value, right: &Value) -> Ordering {
    let precedence = |schema: &Value| at(schema, "spec.matchingPrecedence").as_i64();
    let name = |schema| text_in(schema, "metadata.name");
    precedence(left).cmp(&precedence(right)).then_with(|| name(left).cmp(name(right)))
}

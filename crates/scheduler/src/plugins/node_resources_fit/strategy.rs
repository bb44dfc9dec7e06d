//! How nodes that fit compare by what they have left.

use serde::Deserialize;

use crate::{
    NodeInfo,
    framework::{InvalidArguments, SCORE_MAX},
    requests::{Requests, amount},
};

/// `scoringStrategy`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Strategy {
    #[serde(rename = "type")]
    kind: Kind,
    resources: Vec<Weighted>,
    requested_to_capacity_ratio: Option<Ratio>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
enum Kind {
    /// The emptier, the better.
    #[default]
    LeastAllocated,
    /// The fuller, the better.
    MostAllocated,
    /// As a broken line says.
    RequestedToCapacityRatio,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighted {
    name: String,
    #[serde(default = "one")]
    weight: i64,
}

const fn one() -> i64 {
    1
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ratio {
    shape: Vec<Corner>,
}

/// A corner of the line from utilization (percent) to score (0…10).
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Corner {
    utilization: i64,
    score: i64,
}

/// Scores of a shape go up to this.
const SHAPE_SCORE_MAX: i64 = 10;

impl Ratio {
    /// What is wrong with the line.
    fn fault(&self) -> Option<String> {
        let shape = &self.shape;
        if shape.is_empty() {
            return Some(": Required value: at least one point must be specified".to_owned());
        }
        for (index, corner) in shape.iter().enumerate() {
            let bounds = [
                ("utilization", corner.utilization, 100),
                ("score", corner.score, SHAPE_SCORE_MAX),
            ];
            let odd = bounds.iter().find(|(_, value, highest)| !(0..=*highest).contains(value));
            if let Some((field, value, highest)) = odd {
                return Some(format!(
                    "[{index}].{field}: Invalid value: {value}: not in valid range [0-{highest}]"
                ));
            }
        }
        let is_sorted = shape.is_sorted_by(|left, right| left.utilization < right.utilization);
        let text = ": Invalid value: values must be sorted in increasing order";
        (!is_sorted).then(|| text.to_owned())
    }
}

impl Corner {
    const fn scaled(&self) -> i64 {
        self.score * (SCORE_MAX / SHAPE_SCORE_MAX)
    }
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            resources: cpu_and_memory(),
            requested_to_capacity_ratio: None,
        }
    }
}

fn cpu_and_memory() -> Vec<Weighted> {
    ["cpu", "memory"].map(|name| Weighted { name: name.to_owned(), weight: 1 }).into()
}

impl Strategy {
    pub(super) fn validate(&self) -> Result<(), InvalidArguments> {
        let invalid = |text: String| Err(InvalidArguments(format!("scoringStrategy.{text}")));
        let odd = |weighted: &&Weighted| !(1..=100).contains(&weighted.weight);
        if let Some(Weighted { name, weight }) = self.resources.iter().find(odd) {
            return invalid(format!(
                "resources: Invalid value: {weight}: resource weight of {name} not in valid range (0, 100]"
            ));
        }
        let is_ratio = self.kind == Kind::RequestedToCapacityRatio;
        match &self.requested_to_capacity_ratio {
            None if is_ratio => invalid(
                "requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio"
                    .to_owned(),
            ),
            Some(_) if !is_ratio => invalid(
                "requestedToCapacityRatio: Invalid value: must be nil when type is not RequestedToCapacityRatio"
                    .to_owned(),
            ),
            None => Ok(()),
            Some(ratio) => ratio.fault().map_or(Ok(()), |fault| {
                invalid(format!("requestedToCapacityRatio.shape{fault}"))
            }),
        }
    }

    /// The score of a node if a pod with these requests came as well.
    pub(super) fn score(&self, wanted: &Requests, info: &NodeInfo) -> i64 {
        let resources =
            if self.resources.is_empty() { cpu_and_memory() } else { self.resources.clone() };
        let (mut sum, mut weights) = (0_i64, 0_i64);
        for Weighted { name, weight } in resources {
            let allocatable = amount(&info.allocatable, &name);
            let is_plain = matches!(&*name, "cpu" | "memory");
            if allocatable == 0 || (!is_plain && amount(wanted, &name) == 0) {
                continue;
            }
            let requested = amount(&info.scored, &name).saturating_add(amount(wanted, &name));
            let score = self.of_one(requested, allocatable);
            if self.kind == Kind::RequestedToCapacityRatio && score == 0 {
                continue;
            }
            sum += score * weight;
            weights += weight;
        }
        match self.kind {
            _ if weights == 0 => 0,
            Kind::LeastAllocated | Kind::MostAllocated => sum / weights,
            Kind::RequestedToCapacityRatio => (sum + weights / 2) / weights,
        }
    }

    fn of_one(&self, requested: i64, allocatable: i64) -> i64 {
        match self.kind {
            Kind::LeastAllocated => percent(allocatable - requested.min(allocatable), allocatable),
            Kind::MostAllocated => percent(requested.min(allocatable), allocatable),
            Kind::RequestedToCapacityRatio => {
                let shape = self.requested_to_capacity_ratio.as_ref().map_or(&[][..], |r| &r.shape);
                on_line(shape, percent(requested.min(allocatable), allocatable))
            }
        }
    }
}

/// In whole hundredths, cut off.
fn percent(part: i64, whole: i64) -> i64 {
    let share = i128::from(part) * i128::from(SCORE_MAX) / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(SCORE_MAX)
}

/// The score of a utilization on the broken line, of 100.
fn on_line(shape: &[Corner], utilization: i64) -> i64 {
    let Some(after) = shape.iter().position(|corner| utilization <= corner.utilization) else {
        return shape.last().map_or(0, Corner::scaled);
    };
    let right = shape[after];
    let Some(left) = after.checked_sub(1).map(|before| shape[before]) else {
        return right.scaled();
    };
    let way = (right.scaled() - left.scaled()) * (utilization - left.utilization);
    left.scaled() + way / (right.utilization - left.utilization)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::framework::Arguments;

    fn check(strategy: Value, expected: &str) {
        let read = Arguments::new(strategy).read::<Strategy>();
        let told = match read.and_then(|strategy| strategy.validate()) {
            Ok(()) => "good".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn a_wrong_strategy_is_told() {
        check(json!({"type": "MostAllocated"}), "good");
        check(
            json!({"resources": [{"name": "cpu", "weight": 101}]}),
            "scoringStrategy.resources: Invalid value: 101: resource weight of cpu not in valid range (0, 100]",
        );
        check(
            json!({"type": "RequestedToCapacityRatio"}),
            "scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio",
        );
        let ratio = |shape: Value| json!({"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": shape}});
        check(
            ratio(json!([])),
            "scoringStrategy.requestedToCapacityRatio.shape: Required value: at least one point must be specified",
        );
        check(
            ratio(json!([{"utilization": 50, "score": 1}, {"utilization": 50, "score": 2}])),
            "scoringStrategy.requestedToCapacityRatio.shape: Invalid value: values must be sorted in increasing order",
        );
    }

    #[test]
    fn a_line_is_straight_between_its_corners() {
        let shape = [Corner { utilization: 0, score: 10 }, Corner { utilization: 50, score: 0 }];
        assert_eq!([0, 25, 50, 90].map(|at| on_line(&shape, at)), [100, 50, 0, 0]);
    }
}

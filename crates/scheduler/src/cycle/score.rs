//! Which of the nodes that fit is the best.

use super::{Chance, Cycle};
use crate::{
    NodeInfo,
    framework::{CycleState, NodeScore, Plugin, Point, PreScore, Rejection, SCORE_MAX},
    metrics::{Meter, status_of},
};

impl<'a> Cycle<'a> {
    /// The best of the nodes that fit: of equals any.
    ///
    /// # Errors
    /// A plugin failed.
    pub(super) fn best(
        self,
        state: &mut CycleState,
        feasible: &[&'a NodeInfo],
        chance: &mut Chance,
        meter: &mut Meter,
    ) -> Result<&'a NodeInfo, String> {
        let totals = match feasible {
            [only] => return Ok(only),
            several => {
                let skipped = meter
                    .point(Point::PreScore, status_of, |_| self.pre_score(state, several))
                    .map_err(|rejection| failed("PreScore", &rejection))?;
                meter
                    .point(Point::Score, status_of, |meter| {
                        self.score(state, several, &skipped, meter)
                    })
                    .map_err(|rejection| failed("Score", &rejection))?
            }
        };
        let highest = totals.iter().copied().max().unwrap_or(0);
        let (mut best, mut equals) = (0, 0);
        for (index, _) in totals.iter().enumerate().filter(|(_, total)| **total == highest) {
            equals += 1;
            if chance.dice.takes(equals) {
                best = index;
            }
        }
        feasible.get(best).copied().ok_or_else(|| "no node was scored".to_owned())
    }

    /// The plugins whose scores would be the same for all nodes.
    fn pre_score(
        self,
        state: &mut CycleState,
        feasible: &[&NodeInfo],
    ) -> Result<Vec<&'static str>, Rejection> {
        let mut skipped = Vec::new();
        for plugin in self.profile.at(Point::PreScore) {
            match plugin.pre_score(state, self.pod, self.snapshot, feasible)? {
                PreScore::Score => {}
                PreScore::Skip => skipped.push(plugin.name()),
            }
        }
        Ok(skipped)
    }

    fn score(
        self,
        state: &CycleState,
        feasible: &[&NodeInfo],
        skipped: &[&'static str],
        meter: &mut Meter,
    ) -> Result<Vec<i64>, Rejection> {
        let mut totals = vec![0_i64; feasible.len()];
        let plugins = self.profile.at(Point::Score).iter();
        for plugin in plugins.filter(|plugin| !skipped.contains(&plugin.name())) {
            meter.asked(plugin.name(), Point::Score);
            let at = (plugin.name(), Point::Score);
            let scores =
                meter.plugin(at, status_of, || self.scores_of(&**plugin, state, feasible))?;
            let weight = self.profile.weight(plugin.name());
            for (total, scored) in totals.iter_mut().zip(scores) {
                *total = total.saturating_add(scored.score.saturating_mul(weight));
            }
        }
        Ok(totals)
    }

    fn scores_of(
        self,
        plugin: &dyn Plugin,
        state: &CycleState,
        feasible: &[&NodeInfo],
    ) -> Result<Vec<NodeScore>, Rejection> {
        let score = |node: &&NodeInfo| {
            let score = plugin.score(state, self.pod, node)?;
            Ok(NodeScore { node: node.name().clone(), score })
        };
        let mut scores: Vec<NodeScore> =
            feasible.iter().map(score).collect::<Result<_, Rejection>>()?;
        plugin.normalize(state, self.pod, &mut scores);
        match scores.iter().find(|scored| !(0..=SCORE_MAX).contains(&scored.score)) {
            Some(NodeScore { score, .. }) => Err(Rejection::new(
                plugin.name(),
                crate::framework::Code::Error,
                format!(
                    "plugin {:?} returns an invalid score {score}, it should in the range of [0, {SCORE_MAX}] after normalizing",
                    plugin.name()
                ),
            )),
            None => Ok(scores),
        }
    }
}

fn failed(point: &str, rejection: &Rejection) -> String {
    format!("running {point} plugin {:?}: {}", rejection.plugin, rejection.text())
}

//! Makes up what a user does.

use std::{collections::BTreeMap, time::Duration};

use meta::int_or_string::IntOrString;
use world::Dice;

use super::{below, others::Others, pick};
use crate::plan::{Action, Draft, Propagation, Strategy, Verb};

/// Nodes that may be cordoned.
const NODES: u64 = 3;
const NAMES: [&str; 2] = ["web", "api"];
const REPLICAS_MAX: u64 = 5;
/// The most that a user does.
const ACTIONS_MAX: u64 = 16;

/// What the user knows of a Deployment that is there.
#[derive(Default)]
struct Known {
    images: Vec<String>,
    paused: bool,
}

struct Author<'a> {
    dice: &'a dyn Dice,
    known: BTreeMap<&'static str, Known>,
    cordoned: Option<u32>,
    images: u32,
    others: Others<'a>,
}

/// From the first action to the last; in the end every node takes pods again.
pub(super) fn actions(dice: &dyn Dice) -> Vec<Action> {
    let others = Others::new(dice);
    let mut author = Author { dice, known: BTreeMap::new(), cordoned: None, images: 0, others };
    let mut actions = Vec::new();
    for _ in 0..4 + dice.below(ACTIONS_MAX - 3) {
        let wait = author.wait();
        let verb = author.next();
        actions.push(Action { wait, verb });
    }
    let last = author.last();
    actions.extend(last.into_iter().map(|verb| Action { wait: Duration::ZERO, verb }));
    actions
}

impl Author<'_> {
    /// Often at once, so that one change meets another halfway.
    fn wait(&self) -> Duration {
        match self.dice.below(4) {
            0 => Duration::ZERO,
            1 | 2 => Duration::from_millis(self.dice.below(4000)),
            _ => Duration::from_millis(self.dice.below(15_000)),
        }
    }

    fn next(&mut self) -> Verb {
        if let Some(verb) = self.others.next() {
            return verb;
        }
        let name = NAMES[usize::from(self.dice.below(3) == 0)];
        if !self.known.contains_key(name) {
            return self.create(name);
        }
        match self.dice.below(16) {
            0..=4 => self.set_image(name),
            5 => self.undo(name),
            6..=8 => Verb::Scale { name: name.to_owned(), replicas: self.replicas() },
            9 | 10 => self.toggle_pause(name),
            11 => self.delete(name),
            12 | 13 => Verb::DeletePod { name: name.to_owned(), lot: self.dice.roll() },
            _ => self.toggle_cordon(),
        }
    }

    fn create(&mut self, name: &'static str) -> Verb {
        let image = self.image();
        self.known.insert(name, Known { images: vec![image.clone()], paused: false });
        let dice = self.dice;
        Verb::Create(Draft {
            name: name.to_owned(),
            image,
            replicas: self.replicas(),
            strategy: strategy(dice),
            deadline_seconds: pick(dice, &[10, 20, 60]),
            min_ready_seconds: pick(dice, &[0, 0, 3]),
            history_limit: pick(dice, &[0, 1, 2, 10]),
        })
    }

    fn image(&mut self) -> String {
        self.images += 1;
        let number = self.images;
        if self.dice.below(5) == 0 { format!("no-such:{number}") } else { format!("app:{number}") }
    }

    fn replicas(&self) -> i32 {
        i32::try_from(self.dice.below(REPLICAS_MAX + 1)).unwrap_or(0)
    }

    fn set_image(&mut self, name: &'static str) -> Verb {
        let image = self.image();
        self.use_image(name, image)
    }

    fn undo(&mut self, name: &'static str) -> Verb {
        let images = &self.known.entry(name).or_default().images;
        let image = images[below(self.dice, images.len())].clone();
        self.use_image(name, image)
    }

    fn use_image(&mut self, name: &'static str, image: String) -> Verb {
        self.known.entry(name).or_default().images.push(image.clone());
        Verb::SetImage { name: name.to_owned(), image }
    }

    fn toggle_pause(&mut self, name: &'static str) -> Verb {
        let known = self.known.entry(name).or_default();
        known.paused = !known.paused;
        let (paused, name) = (known.paused, name.to_owned());
        if paused { Verb::Pause { name } } else { Verb::Resume { name } }
    }

    fn delete(&mut self, name: &'static str) -> Verb {
        self.known.remove(name);
        let ways = [Propagation::Background, Propagation::Foreground, Propagation::Orphan];
        let propagation = pick(self.dice, &ways);
        Verb::Delete { name: name.to_owned(), propagation }
    }

    /// One node at a time, so that there is always room.
    fn toggle_cordon(&mut self) -> Verb {
        if let Some(node) = self.cordoned.take() {
            return Verb::Uncordon { node };
        }
        let node = u32::try_from(self.dice.below(NODES)).unwrap_or(0);
        self.cordoned = Some(node);
        Verb::Cordon { node }
    }

    fn last(mut self) -> Vec<Verb> {
        let mut verbs: Vec<Verb> =
            self.cordoned.take().map(|node| Verb::Uncordon { node }).into_iter().collect();
        verbs.extend(self.others.last());
        if self.dice.below(8) == 0 {
            verbs.push(Verb::DeleteNamespace);
            return verbs;
        }
        for (name, known) in &self.known {
            if known.paused && self.dice.below(3) > 0 {
                verbs.push(Verb::Resume { name: (*name).to_owned() });
            }
        }
        verbs
    }
}

fn strategy(dice: &dyn Dice) -> Strategy {
    let percent = |share: u32| IntOrString::String(format!("{share}%"));
    let (surge, unavailable) = match dice.below(7) {
        0 | 1 => return Strategy::Recreate,
        2 => (IntOrString::Int(1), IntOrString::Int(0)),
        3 => (IntOrString::Int(0), IntOrString::Int(1)),
        4 => (IntOrString::Int(2), IntOrString::Int(1)),
        5 => (percent(0), percent(50)),
        _ => (percent(25), percent(25)),
    };
    Strategy::Rolling { surge, unavailable }
}

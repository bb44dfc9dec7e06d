//! Runs the macros that go through a list or a map.

use std::{collections::BTreeMap, sync::Arc};

use super::{Answer, Evaluation, insert};
use crate::{
    ast::FoldKind,
    cost::{LIST, MAP, SELECT},
    error::{EvaluationError, failed, no_overload},
    plan::FoldNode,
    value::{Key, Map, Value},
};

/// Of a call that is nothing but a call.
const CALL: u64 = 1;

impl<'a> Evaluation<'a> {
    pub(super) fn fold(&mut self, fold: &'a FoldNode) -> Answer<'a> {
        let both = |one| if fold.has_second { Names::Both } else { one };
        match self.evaluate(&fold.range)? {
            // Items are read one by one, not all before the first is looked at.
            Value::List(list) => {
                let entries = (0_i64..).map(Value::Int).zip(list.iter());
                self.rounds(fold, both(Names::Item), entries)
            }
            Value::Map(map) => {
                let entries = map.entries().into_iter().map(|(key, value)| (key.value(), value));
                self.rounds(fold, both(Names::Key), entries)
            }
            other => {
                let type_ = other.type_();
                failed(format!("got '{}', expected iterable type", type_.runtime_name()))
            }
        }
    }

    fn rounds(
        &mut self,
        fold: &'a FoldNode,
        names: Names,
        entries: impl Iterator<Item = (Value<'a>, Value<'a>)>,
    ) -> Answer<'a> {
        let depth = self.locals.len();
        let mut result = Gathered::new(fold.kind);
        for (key, value) in entries {
            match names {
                Names::Item => self.locals.push(value),
                Names::Key => self.locals.push(key.clone()),
                Names::Both => self.locals.extend([key.clone(), value]),
            }
            let next = self.round(fold, &key, depth, &mut result);
            self.locals.truncate(depth);
            if next? == Next::Stop {
                break;
            }
        }
        self.finish(result)
    }

    fn round(
        &mut self,
        fold: &'a FoldNode,
        key: &Value<'a>,
        depth: usize,
        result: &mut Gathered<'a>,
    ) -> Result<Next, EvaluationError> {
        if let Gathered::Logic { decisive, failure, .. } = result {
            let (decisive, mut failed) = (*decisive, failure.take());
            let next = self.logic_round(fold, decisive, &mut failed)?;
            *result = Gathered::Logic { decisive, decided: next == Next::Stop, failure: failed };
            return Ok(next);
        }
        let kept = match &fold.filter {
            None => true,
            Some(filter) => match self.evaluate(filter)? {
                Value::Bool(kept) => kept,
                _ => return no_overload(),
            },
        };
        if !kept {
            self.charge(SELECT)?;
            return Ok(Next::Go);
        }
        if let Gathered::Count(count) = result {
            *count += 1;
            self.charge(CALL + SELECT)?;
            return Ok(Next::Go);
        }
        let made = if let Some(transform) = &fold.transform {
            self.evaluate(transform)?
        } else {
            self.charge(SELECT)?;
            self.locals.get(depth).cloned().ok_or(EvaluationError::NoSuchOverload)?
        };
        self.keep(key, made, result)?;
        Ok(Next::Go)
    }

    /// What fails is forgotten if another item decides.
    fn logic_round(
        &mut self,
        fold: &'a FoldNode,
        decisive: bool,
        failure: &mut Option<EvaluationError>,
    ) -> Result<Next, EvaluationError> {
        let negation = if decisive { CALL } else { 0 };
        self.charge(CALL + SELECT + negation + SELECT)?;
        let Some(filter) = &fold.filter else { return no_overload() };
        match self.evaluate(filter) {
            Ok(Value::Bool(value)) if value == decisive => return Ok(Next::Stop),
            Ok(Value::Bool(_)) => {}
            Err(EvaluationError::CostExceeded) => return Err(EvaluationError::CostExceeded),
            Ok(_) => *failure = failure.take().or(Some(EvaluationError::NoSuchOverload)),
            Err(error) => *failure = failure.take().or(Some(error)),
        }
        Ok(Next::Go)
    }

    fn keep(
        &mut self,
        key: &Value<'a>,
        made: Value<'a>,
        result: &mut Gathered<'a>,
    ) -> Result<(), EvaluationError> {
        match result {
            Gathered::List(items) => {
                items.push(made);
                self.charge(CALL + SELECT + LIST)
            }
            Gathered::Map(map) => {
                insert(map, key, made)?;
                self.charge(CALL + SELECT + SELECT)
            }
            Gathered::Entries(map) => {
                let Value::Map(entries) = made else { return no_overload() };
                for (key, value) in entries.entries() {
                    insert(map, &key.value(), value)?;
                }
                self.charge(CALL + SELECT)
            }
            Gathered::Logic { .. } | Gathered::Count(_) => no_overload(),
        }
    }

    fn finish(&mut self, result: Gathered<'a>) -> Answer<'a> {
        self.charge(SELECT)?;
        match result {
            Gathered::Logic { decisive, decided: true, .. } => Ok(Value::Bool(decisive)),
            Gathered::Logic { failure: Some(error), .. } => Err(error),
            Gathered::Logic { decisive, failure: None, .. } => Ok(Value::Bool(!decisive)),
            Gathered::Count(count) => {
                self.charge(CALL)?;
                Ok(Value::Bool(count == 1))
            }
            Gathered::List(items) => {
                self.charge(LIST)?;
                Ok(Value::list(items))
            }
            Gathered::Map(map) | Gathered::Entries(map) => {
                self.charge(MAP)?;
                Ok(Value::Map(Map::Made(Arc::new(map))))
            }
        }
    }
}

/// What the variables of a macro name.
#[derive(Clone, Copy)]
enum Names {
    Item,
    Key,
    Both,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    Stop,
}

/// What has come of the rounds so far.
enum Gathered<'a> {
    Logic { decisive: bool, decided: bool, failure: Option<EvaluationError> },
    Count(u64),
    List(Vec<Value<'a>>),
    Map(BTreeMap<Key<'a>, Value<'a>>),
    Entries(BTreeMap<Key<'a>, Value<'a>>),
}

impl Gathered<'_> {
    const fn new(kind: FoldKind) -> Self {
        match kind {
            FoldKind::All => Self::Logic { decisive: false, decided: false, failure: None },
            FoldKind::Exists => Self::Logic { decisive: true, decided: false, failure: None },
            FoldKind::ExistsOne => Self::Count(0),
            FoldKind::List => Self::List(Vec::new()),
            FoldKind::Map => Self::Map(BTreeMap::new()),
            FoldKind::MapEntry => Self::Entries(BTreeMap::new()),
        }
    }
}

//! The types of macros that go through a list or a map.

use super::Checker;
use crate::{
    ast::{Bind, BindResult, Expression, Fold, FoldKind, Name},
    types::Type,
};

impl Checker<'_> {
    pub(super) fn fold(&mut self, id: usize, fold: &Fold) -> Type {
        let range = self.expression(&fold.range);
        let range = self.substitution.apply(&range);
        let Some((key, value)) = self.entries(&range) else {
            let message = format!(
                "expression of type '{range}' cannot be range of a comprehension \
                 (must be list, map, or dynamic)"
            );
            return self.issue(fold.range.id, message);
        };
        let is_list = matches!(range, Type::List(_));
        let depth = self.locals.len();
        let first = match fold.second_variable {
            None if is_list => value.clone(),
            Some(_) | None => key.clone(),
        };
        self.locals.push((Name::clone(&fold.variable), first.clone()));
        if let Some(second) = &fold.second_variable {
            self.locals.push((Name::clone(second), value));
        }
        let filter = fold.filter.as_ref().map(|filter| self.expression(filter));
        let item = fold.transform.as_ref().map_or(first, |made| self.expression(made));
        let result = self.fold_result(fold, key, item);
        if let Some(filter) = filter {
            self.check_filter(id, fold.kind, &filter, &result);
        }
        self.locals.truncate(depth);
        result
    }

    /// The types of an index or a key, and of what it leads to.
    fn entries(&mut self, range: &Type) -> Option<(Type, Type)> {
        match range {
            Type::List(element) => Some((Type::Int, (**element).clone())),
            Type::Map(key, value) => Some(((**key).clone(), (**value).clone())),
            Type::Dyn | Type::Error => Some((Type::Dyn, Type::Dyn)),
            Type::Parameter(_) => {
                self.substitution.fit(range, &Type::Dyn);
                Some((Type::Dyn, Type::Dyn))
            }
            _ => None,
        }
    }

    fn fold_result(&mut self, fold: &Fold, key: Type, item: Type) -> Type {
        match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => Type::Bool,
            FoldKind::List => Type::list(item),
            FoldKind::Map => Type::map(key, item),
            FoldKind::MapEntry => self.entry_map(fold.transform.as_ref(), item),
        }
    }

    fn entry_map(&mut self, made: Option<&Expression>, item: Type) -> Type {
        match self.substitution.apply(&item) {
            map @ Type::Map(_, _) => map,
            Type::Dyn | Type::Error => Type::map(Type::Dyn, Type::Dyn),
            other => {
                let message = format!(
                    "found no matching overload for 'cel.@mapInsert' applied to \
                     '(map(dyn, dyn), {other})'"
                );
                self.issue(made.map_or(0, |made| made.id), message)
            }
        }
    }

    /// Said with the operator that the macro stands for.
    fn check_filter(&mut self, id: usize, kind: FoldKind, filter: &Type, result: &Type) {
        if self.substitution.fit(filter, &Type::Bool) {
            return;
        }
        let filter = self.substitution.settle(filter);
        let result = self.substitution.settle(result);
        let (operator, types) = match kind {
            FoldKind::All => ("_&&_", format!("bool, {filter}")),
            FoldKind::Exists => ("_||_", format!("bool, {filter}")),
            FoldKind::ExistsOne => ("_?_:_", format!("{filter}, int, int")),
            FoldKind::List | FoldKind::Map | FoldKind::MapEntry => {
                ("_?_:_", format!("{filter}, {result}, {result}"))
            }
        };
        let message = format!("found no matching overload for '{operator}' applied to '({types})'");
        self.issue(id, message);
    }

    pub(super) fn bind(&mut self, id: usize, bind: &Bind) -> Type {
        let optional = self.expression(&bind.optional);
        let inner = match self.substitution.apply(&optional) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn => Type::Dyn,
            Type::Error => Type::Error,
            other => {
                let message =
                    format!("found no matching overload for 'hasValue' applied to '{other}.()'");
                self.issue(id, message)
            }
        };
        self.locals.push((Name::clone(&bind.variable), inner));
        let body = self.expression(&bind.body);
        self.locals.pop();
        match (bind.result, self.substitution.apply(&body)) {
            (BindResult::Wrapped, body) => Type::optional(body),
            (BindResult::Flat, optional @ (Type::Optional(_) | Type::Error)) => optional,
            (BindResult::Flat, Type::Dyn) => Type::optional(Type::Dyn),
            (BindResult::Flat, other) => {
                let message = format!(
                    "found no matching overload for '_?_:_' applied to \
                     '(bool, {other}, optional_type({other}))'"
                );
                self.issue(id, message)
            }
        }
    }
}

//! Which types fit which, and what their parameters stand for.

use std::collections::BTreeMap;

use crate::types::Type;

/// What parameters have been found to stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Substitution {
    found: BTreeMap<u32, Type>,
}

impl Substitution {
    /// Whether all of the one fit all of the other; only then anything is learnt.
    pub(super) fn fit_all(&mut self, from: &[Type], to: &[Type]) -> bool {
        if from.len() != to.len() {
            return false;
        }
        let mut attempt = self.clone();
        if !from.iter().zip(to).all(|(from, to)| attempt.fits(from, to)) {
            return false;
        }
        *self = attempt;
        true
    }

    /// Whether a value of one type may stand where another is wanted; only then anything is learnt.
    pub(super) fn fit(&mut self, from: &Type, to: &Type) -> bool {
        self.fit_all(std::slice::from_ref(from), std::slice::from_ref(to))
    }

    fn fits(&mut self, from: &Type, to: &Type) -> bool {
        if let Type::Parameter(parameter) = to {
            match self.bind(*parameter, from) {
                Binding::Fits => return true,
                Binding::Clashes => return false,
                Binding::Circular => {}
            }
        }
        if let Type::Parameter(parameter) = from {
            return matches!(self.bind(*parameter, to), Binding::Fits);
        }
        if from.is_open() || to.is_open() {
            return true;
        }
        if matches!(from, Type::Null) || matches!(to, Type::Null) {
            let other = if matches!(from, Type::Null) { to } else { from };
            return is_nullable(other);
        }
        match (from, to) {
            (Type::List(from), Type::List(to)) | (Type::Optional(from), Type::Optional(to)) => {
                self.fits(from, to)
            }
            (Type::Map(from_key, from_value), Type::Map(to_key, to_value)) => {
                self.fits(from_key, to_key) && self.fits(from_value, to_value)
            }
            (Type::Type(_), Type::Type(_)) => true,
            (from, to) => from == to,
        }
    }

    fn bind(&mut self, parameter: u32, type_: &Type) -> Binding {
        if *type_ == Type::Parameter(parameter) {
            return Binding::Fits;
        }
        let Some(known) = self.found.get(&parameter).cloned() else {
            if self.occurs(parameter, type_) {
                return Binding::Circular;
            }
            self.found.insert(parameter, type_.clone());
            return Binding::Fits;
        };
        if known == *type_ {
            return Binding::Fits;
        }
        if !self.fits(type_, &known) {
            return Binding::Clashes;
        }
        let general = most_general(type_, &known);
        if !self.occurs(parameter, &general) {
            self.found.insert(parameter, general);
        }
        Binding::Fits
    }

    fn occurs(&self, parameter: u32, within: &Type) -> bool {
        match within {
            Type::Parameter(other) if *other == parameter => true,
            Type::Parameter(other) => {
                self.found.get(other).is_some_and(|known| self.occurs(parameter, known))
            }
            Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => {
                self.occurs(parameter, inner)
            }
            Type::Map(key, value) => self.occurs(parameter, key) || self.occurs(parameter, value),
            _ => false,
        }
    }

    /// The type with all that is known put in.
    pub(super) fn apply(&self, type_: &Type) -> Type {
        self.substitute(type_, Unknown::Kept)
    }

    /// The type with all that is known put in, and `dyn` for the rest.
    pub(super) fn settle(&self, type_: &Type) -> Type {
        self.substitute(type_, Unknown::Dynamic)
    }

    fn substitute(&self, type_: &Type, unknown: Unknown) -> Type {
        match type_ {
            Type::Parameter(parameter) => match (self.found.get(parameter), unknown) {
                (Some(known), _) => self.substitute(known, unknown),
                (None, Unknown::Kept) => type_.clone(),
                (None, Unknown::Dynamic) => Type::Dyn,
            },
            Type::List(inner) => Type::list(self.substitute(inner, unknown)),
            Type::Optional(inner) => Type::optional(self.substitute(inner, unknown)),
            Type::Type(inner) => Type::type_of(self.substitute(inner, unknown)),
            Type::Map(key, value) => {
                Type::map(self.substitute(key, unknown), self.substitute(value, unknown))
            }
            other => other.clone(),
        }
    }
}

enum Binding {
    Fits,
    /// It stands for something else already.
    Clashes,
    /// It would contain itself.
    Circular,
}

#[derive(Clone, Copy)]
enum Unknown {
    Kept,
    Dynamic,
}

const fn is_nullable(type_: &Type) -> bool {
    matches!(
        type_,
        Type::Null
            | Type::Object(_)
            | Type::Opaque(_)
            | Type::Optional(_)
            | Type::Timestamp
            | Type::Duration
    )
}

/// Of two types that fit, the one that says less.
pub(super) fn most_general(left: &Type, right: &Type) -> Type {
    if says_less(left, right) { left.clone() } else { right.clone() }
}

fn says_less(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn | Type::Error | Type::Parameter(_), _) => true,
        (_, Type::Dyn | Type::Error | Type::Parameter(_)) => false,
        (Type::List(left), Type::List(right)) | (Type::Optional(left), Type::Optional(right)) => {
            says_less(left, right)
        }
        (Type::Map(left_key, left_value), Type::Map(right_key, right_value)) => {
            says_less(left_key, right_key) && says_less(left_value, right_value)
        }
        // What may be null says less than null.
        (Type::Null, other) if is_nullable(other) && !matches!(other, Type::Null) => false,
        // Nothing is told of types by their types.
        (left, right) => left == right || matches!((left, right), (Type::Type(_), Type::Type(_))),
    }
}

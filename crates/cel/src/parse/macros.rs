//! Calls that are written short for something longer: `has`, `all`, `map` and the like.

use super::{Parse, Parser};
use crate::ast::{
    Bind, BindResult, Call, Expression, Fold, FoldKind, Kind, Name, Presence, Select,
};

/// The reference gathers results under this name.
const ACCUMULATOR: &str = "__result__";

impl Parser<'_> {
    pub(super) fn global_call(
        &mut self,
        id: usize,
        function: &str,
        mut arguments: Vec<Expression>,
    ) -> Parse<Expression> {
        if function == "has" && arguments.len() == 1 {
            return match arguments.pop().map(|argument| argument.kind) {
                Some(Kind::Select(select)) if select.presence == Presence::Value => {
                    let select = Select { presence: Presence::Test, ..*select };
                    self.node_with_id(id, Kind::Select(Box::new(select)))
                }
                _ => Err(self.issue(self.positions.offset(id), "invalid argument to has() macro")),
            };
        }
        let call = Call { function: function.into(), target: None, arguments };
        self.node_with_id(id, Kind::Call(call))
    }

    pub(super) fn member_call(
        &mut self,
        id: usize,
        target: Expression,
        function: &str,
        arguments: Vec<Expression>,
    ) -> Parse<Expression> {
        if let Some(shape) = fold_shape(function, arguments.len()) {
            return self.fold(id, target, shape, arguments);
        }
        let result = match function {
            "optMap" => Some(BindResult::Wrapped),
            "optFlatMap" => Some(BindResult::Flat),
            _ => None,
        };
        if let (Some(result), 2) = (result, arguments.len()) {
            return self.bind(id, target, result, arguments);
        }
        let call = Call { function: function.into(), target: Some(Box::new(target)), arguments };
        self.node_with_id(id, Kind::Call(call))
    }

    fn fold(
        &mut self,
        id: usize,
        range: Expression,
        shape: Shape,
        arguments: Vec<Expression>,
    ) -> Parse<Expression> {
        let mut arguments = arguments.into_iter();
        let mut names = Vec::with_capacity(shape.variables);
        for variable in arguments.by_ref().take(shape.variables) {
            names.push(self.variable(&variable, shape.wrong_name)?);
        }
        let mut names = names.into_iter();
        let Some(variable) = names.next() else { return Err(self.too_deep()) };
        let second_variable = names.next();
        if second_variable.as_ref() == Some(&variable) {
            let message = format!("duplicate variable name: {variable}");
            return Err(self.issue(self.positions.offset(id), message));
        }
        let filter = if shape.filters { arguments.next() } else { None };
        let transform = arguments.next();
        let fold = Fold { kind: shape.kind, range, variable, second_variable, filter, transform };
        self.node_with_id(id, Kind::Fold(Box::new(fold)))
    }

    fn bind(
        &mut self,
        id: usize,
        optional: Expression,
        result: BindResult,
        arguments: Vec<Expression>,
    ) -> Parse<Expression> {
        let mut arguments = arguments.into_iter();
        let (Some(variable), Some(body)) = (arguments.next(), arguments.next()) else {
            return Err(self.too_deep());
        };
        let wrong = match result {
            BindResult::Wrapped => "optMap() variable name must be a simple identifier",
            BindResult::Flat => "optFlatMap() variable name must be a simple identifier",
        };
        let variable = self.variable(&variable, wrong)?;
        let bind = Bind { optional, variable, body, result };
        self.node_with_id(id, Kind::Bind(Box::new(bind)))
    }

    fn variable(&self, argument: &Expression, wrong: &str) -> Parse<Name> {
        let offset = self.positions.offset(argument.id);
        match &argument.kind {
            Kind::Identifier(name) if &**name == ACCUMULATOR => {
                Err(self.issue(offset, "iteration variable overwrites accumulator variable"))
            }
            Kind::Identifier(name) => Ok(Name::clone(name)),
            _ => Err(self.issue(offset, wrong)),
        }
    }
}

/// How the arguments of a macro are read: first its variables, then a filter, then what is made of each.
struct Shape {
    kind: FoldKind,
    variables: usize,
    filters: bool,
    /// What is said if a variable is no name.
    wrong_name: &'static str,
}

fn fold_shape(function: &str, count: usize) -> Option<Shape> {
    let (kind, variables, filters) = match (function, count) {
        ("all", 2 | 3) => (FoldKind::All, count - 1, true),
        ("exists", 2 | 3) => (FoldKind::Exists, count - 1, true),
        ("exists_one", 2) | ("existsOne", 2 | 3) => (FoldKind::ExistsOne, count - 1, true),
        ("filter", 2) => (FoldKind::List, 1, true),
        ("map", 2 | 3) => (FoldKind::List, 1, count == 3),
        ("transformList", 3 | 4) => (FoldKind::List, 2, count == 4),
        ("transformMap", 3 | 4) => (FoldKind::Map, 2, count == 4),
        ("transformMapEntry", 3 | 4) => (FoldKind::MapEntry, 2, count == 4),
        _ => return None,
    };
    let wrong_name = match function {
        "map" | "filter" => "argument is not an identifier",
        _ => "argument must be a simple name",
    };
    Some(Shape { kind, variables, filters, wrong_name })
}

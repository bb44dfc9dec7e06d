//! From text to an expression, with macros in their long form.

mod lexer;
mod literal;
mod macros;
mod primary;

use self::lexer::{Token, TokenKind};
pub(crate) use self::primary::RESERVED;
use crate::{
    ast::{Call, Expression, Kind, Name, Positions, Presence, Select},
    issue::Issue,
};

/// The longest expression, in code points, as in the reference.
const CODE_POINTS_MAX: usize = 100_000;
/// How deep expressions may be nested: what walks them needs a part of the stack for each level. The reference allows 250,
/// but a build without optimization needs 12 KB for one.
const DEPTH_MAX: usize = 100;
/// An expression, and where its parts are.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: Expression,
    pub(crate) positions: Positions,
}

/// Reads an expression. What is no token is told with the first mistake in what is left.
pub(crate) fn parse(source: &str) -> Result<Parsed, Vec<Issue>> {
    let length = source.chars().count();
    if length > CODE_POINTS_MAX {
        let message = format!(
            "expression code point size exceeds limit: size: {length}, limit {CODE_POINTS_MAX}"
        );
        return Err(vec![Issue::at("", 0, message)]);
    }
    let (tokens, mut issues) = lexer::tokens(source);
    let mut parser = Parser { source, tokens, at: 0, positions: Positions::default(), depth: 0 };
    let root = parser.whole();
    match root {
        Ok(root) if issues.is_empty() => Ok(Parsed { root, positions: parser.positions }),
        root => {
            issues.extend(root.err());
            issues.sort_by_key(|issue| (issue.line, issue.column));
            Err(issues)
        }
    }
}

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    at: usize,
    positions: Positions,
    depth: usize,
}

type Parse<T> = Result<T, Issue>;

/// Operators that stand between two expressions, with how tightly they bind.
fn binary_operator(sign: &str) -> Option<(&'static str, u8)> {
    Some(match sign {
        "<" => ("_<_", 1),
        "<=" => ("_<=_", 1),
        ">" => ("_>_", 1),
        ">=" => ("_>=_", 1),
        "==" => ("_==_", 1),
        "!=" => ("_!=_", 1),
        "in" => ("@in", 1),
        "+" => ("_+_", 2),
        "-" => ("_-_", 2),
        "*" => ("_*_", 3),
        "/" => ("_/_", 3),
        "%" => ("_%_", 3),
        _ => return None,
    })
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        // The end is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }
    fn kind(&self) -> &TokenKind {
        &self.token().kind
    }
    fn sign(&self) -> &'static str {
        if let TokenKind::Sign(sign) = self.kind() { sign } else { "" }
    }
    fn advance(&mut self) -> Token {
        let token = self.token().clone();
        self.at += 1;
        token
    }
    fn take(&mut self, sign: &str) -> Option<usize> {
        if self.sign() != sign {
            return None;
        }
        Some(self.advance().offset)
    }
    fn next_sign(&self) -> &'static str {
        let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
        if let Some(TokenKind::Sign(sign)) = next { sign } else { "" }
    }
    fn expect(&mut self, sign: &str) -> Parse<usize> {
        if let Some(offset) = self.take(sign) {
            return Ok(offset);
        }
        let token = self.token();
        if token.kind == TokenKind::End {
            let message = format!("Syntax error: missing '{sign}' at '<EOF>'");
            return Err(self.issue(token.offset, message));
        }
        let how = if self.next_sign() == sign { "extraneous" } else { "mismatched" };
        Err(self.unexpected(how, &format!("'{sign}'")))
    }
    fn unexpected(&self, how: &str, expected: &str) -> Issue {
        let token = self.token();
        let text = token.text.replace('\n', "\\n");
        self.issue(token.offset, format!("Syntax error: {how} input '{text}' expecting {expected}"))
    }
    /// The whole text is one expression.
    fn whole(&mut self) -> Parse<Expression> {
        let root = self.expression()?;
        if self.kind() == &TokenKind::End {
            return Ok(root);
        }
        let is_last = self.at + 2 == self.tokens.len();
        Err(self.unexpected(if is_last { "extraneous" } else { "mismatched" }, "<EOF>"))
    }
    fn issue(&self, offset: usize, message: impl Into<String>) -> Issue {
        Issue::at(self.source, offset, message)
    }

    fn node(&mut self, offset: usize, kind: Kind) -> Parse<Expression> {
        let id = self.positions.next(offset);
        self.node_with_id(id, kind)
    }
    fn node_with_id(&self, id: usize, kind: Kind) -> Parse<Expression> {
        let height = 1 + kind.children().into_iter().map(|child| child.height).max().unwrap_or(0);
        if height > DEPTH_MAX {
            return Err(self.too_deep());
        }
        Ok(Expression { id, height, kind })
    }
    fn too_deep(&self) -> Issue {
        self.issue(0, format!("expression recursion limit exceeded: {DEPTH_MAX}"))
    }
    fn call(
        &mut self,
        offset: usize,
        function: &str,
        arguments: Vec<Expression>,
    ) -> Parse<Expression> {
        self.node(offset, Kind::Call(Call { function: function.into(), target: None, arguments }))
    }

    /// `a ? b : c` and all that binds tighter.
    fn expression(&mut self) -> Parse<Expression> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.too_deep());
        }
        let condition = self.logical("||")?;
        let expression = match self.take("?") {
            None => condition,
            Some(offset) => {
                let then = self.logical("||")?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                self.call(offset, "_?_:_", vec![condition, then, otherwise])?
            }
        };
        self.depth -= 1;
        Ok(expression)
    }

    /// `a || b || c` or `a && b && c`, as a tree that is as flat as can be.
    fn logical(&mut self, sign: &'static str) -> Parse<Expression> {
        let mut terms = vec![self.logical_term(sign)?];
        let mut offsets = Vec::new();
        while let Some(offset) = self.take(sign) {
            offsets.push(offset);
            terms.push(self.logical_term(sign)?);
        }
        let function = if sign == "||" { "_||_" } else { "_&&_" };
        self.balance(function, terms, &offsets)
    }
    fn logical_term(&mut self, sign: &'static str) -> Parse<Expression> {
        if sign == "||" { self.logical("&&") } else { self.binary(1) }
    }
    fn balance(
        &mut self,
        function: &str,
        mut terms: Vec<Expression>,
        offsets: &[usize],
    ) -> Parse<Expression> {
        if offsets.is_empty() {
            // A list of terms begins with one.
            return terms.pop().ok_or_else(|| self.too_deep());
        }
        let middle = offsets.len() / 2;
        let right = terms.split_off(middle + 1);
        let left = self.balance(function, terms, &offsets[..middle])?;
        let right = self.balance(function, right, &offsets[middle + 1..])?;
        self.call(offsets[middle], function, vec![left, right])
    }

    fn binary(&mut self, level_min: u8) -> Parse<Expression> {
        let mut left = self.unary()?;
        while let Some((function, level)) = binary_operator(self.sign()) {
            if level < level_min {
                break;
            }
            let offset = self.advance().offset;
            let right = self.binary(level + 1)?;
            left = self.call(offset, function, vec![left, right])?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parse<Expression> {
        let sign = self.sign();
        if sign != "!" && sign != "-" {
            return self.postfix();
        }
        let offset = self.token().offset;
        let mut count = 0;
        while self.sign() == sign {
            let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
            let is_number = matches!(next, Some(TokenKind::Int | TokenKind::Double));
            if sign == "-" && is_number && count == 0 {
                return self.postfix();
            }
            self.at += 1;
            count += 1;
        }
        let operand = self.postfix()?;
        // An even number changes nothing.
        if count % 2 == 0 {
            return Ok(operand);
        }
        self.call(offset, if sign == "!" { "!_" } else { "-_" }, vec![operand])
    }

    /// Selections, calls and indices after an expression.
    fn postfix(&mut self) -> Parse<Expression> {
        let mut operand = self.primary()?;
        loop {
            if let Some(offset) = self.take(".") {
                operand = self.member(operand, offset)?;
            } else if let Some(offset) = self.take("[") {
                operand = self.index(operand, offset)?;
            } else if self.sign() == "{" && qualified_name(&operand).is_some() {
                operand = self.object(&operand)?;
            } else {
                return Ok(operand);
            }
        }
    }

    fn member(&mut self, operand: Expression, offset: usize) -> Parse<Expression> {
        let optional = self.take("?").is_some();
        let name = self.field_name()?;
        if let Some(open) = self.take("(") {
            let arguments = self.arguments(")")?;
            let id = self.positions.next(open);
            return self.member_call(id, operand, &name, arguments);
        }
        let presence = if optional { Presence::Optional } else { Presence::Value };
        self.node(offset, Kind::Select(Box::new(Select { operand, field: name, presence })))
    }

    fn index(&mut self, operand: Expression, offset: usize) -> Parse<Expression> {
        let function = if self.take("?").is_some() { "_[?_]" } else { "_[_]" };
        let index = self.expression()?;
        self.expect("]")?;
        self.call(offset, function, vec![operand, index])
    }

    fn field_name(&mut self) -> Parse<Name> {
        match self.kind() {
            TokenKind::Identifier => Ok(self.advance().text.as_str().into()),
            TokenKind::Quoted => Ok(self.advance().text.trim_matches('`').into()),
            kind => {
                let token = self.token();
                let text = if *kind == TokenKind::End { "" } else { &token.text };
                let message = format!("Syntax error: no viable alternative at input '.{text}'");
                Err(self.issue(token.offset, message))
            }
        }
    }
}

/// `a.b.c`, if the expression is that.
pub(crate) fn qualified_name(expression: &Expression) -> Option<String> {
    match &expression.kind {
        Kind::Identifier(name) => Some(name.to_string()),
        Kind::Select(select) if select.presence == Presence::Value => {
            Some(format!("{}.{}", qualified_name(&select.operand)?, select.field))
        }
        Kind::Select(_)
        | Kind::Literal(_)
        | Kind::Call(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Object(_)
        | Kind::Fold(_)
        | Kind::Bind(_) => None,
    }
}

//! What expressions begin with: literals, names, lists, maps and objects.

use super::{Parse, Parser, lexer::TokenKind, literal, qualified_name};
use crate::{
    ast::{Entry, Expression, Kind, ListItem, MapEntry, ObjectField, ObjectLiteral},
    value::Value,
};

/// Words that may become signs of the language.
pub(crate) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
const PRIMARY_EXPECTED: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, \
                                NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const ENTRY_EXPECTED: &str = "{'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', \
                              'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parse<Expression> {
        let offset = self.token().offset;
        match self.kind().clone() {
            TokenKind::Identifier => self.identifier(),
            TokenKind::Int | TokenKind::Uint | TokenKind::Double => self.number(),
            TokenKind::String(text) => {
                self.at += 1;
                self.node(offset, Kind::Literal(Value::string(text)))
            }
            TokenKind::Bytes(bytes) => {
                self.at += 1;
                self.node(offset, Kind::Literal(Value::Bytes(bytes.into())))
            }
            TokenKind::Sign(sign) => self.primary_sign(sign, offset),
            TokenKind::Quoted | TokenKind::End => {
                Err(self.unexpected("mismatched", PRIMARY_EXPECTED))
            }
        }
    }

    fn primary_sign(&mut self, sign: &str, offset: usize) -> Parse<Expression> {
        let literal = match sign {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "-" => return self.number(),
            "(" => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            "[" => return self.list(),
            "{" => return self.map(),
            // A name from the root: nothing here has another.
            "." => {
                self.at += 1;
                return self.identifier();
            }
            _ => return Err(self.unexpected("mismatched", PRIMARY_EXPECTED)),
        };
        self.at += 1;
        self.node(offset, Kind::Literal(literal))
    }

    fn number(&mut self) -> Parse<Expression> {
        let offset = self.token().offset;
        let negative = self.take("-").is_some();
        let token = self.advance();
        let (value, name) = match token.kind {
            TokenKind::Int => (literal::int(&token.text, negative).map(Value::Int), "int"),
            TokenKind::Uint => (literal::uint(&token.text).map(Value::Uint), "uint"),
            _ => (literal::double(&token.text, negative).map(Value::Double), "double"),
        };
        let value = value.ok_or_else(|| self.issue(offset, format!("invalid {name} literal")))?;
        self.node(offset, Kind::Literal(value))
    }

    fn identifier(&mut self) -> Parse<Expression> {
        if self.kind() != &TokenKind::Identifier {
            return Err(self.unexpected("mismatched", "IDENTIFIER"));
        }
        let token = self.advance();
        if RESERVED.contains(&token.text.as_str()) {
            return Err(self.issue(token.offset, format!("reserved identifier: {}", token.text)));
        }
        if let Some(open) = self.take("(") {
            let arguments = self.arguments(")")?;
            let id = self.positions.next(open);
            return self.global_call(id, &token.text, arguments);
        }
        self.node(token.offset, Kind::Identifier(token.text.as_str().into()))
    }

    pub(super) fn arguments(&mut self, end: &str) -> Parse<Vec<Expression>> {
        let mut arguments = Vec::new();
        if self.take(end).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(",").is_none() {
                self.expect(end)?;
                return Ok(arguments);
            }
        }
    }

    fn entry(&mut self) -> Entry {
        if self.take("?").is_some() { Entry::Optional } else { Entry::Required }
    }

    /// After each entry: whether another follows. A comma may come last.
    fn more(&mut self, end: &str) -> Parse<bool> {
        if self.take(",").is_none() {
            self.expect(end)?;
            return Ok(false);
        }
        Ok(self.take(end).is_none())
    }

    fn list(&mut self) -> Parse<Expression> {
        let offset = self.expect("[")?;
        let mut items = Vec::new();
        let mut more = self.take("]").is_none();
        while more {
            let entry = self.entry();
            items.push(ListItem { entry, value: self.expression()? });
            more = self.more("]")?;
        }
        self.node(offset, Kind::List(items))
    }

    fn map(&mut self) -> Parse<Expression> {
        let offset = self.expect("{")?;
        let mut entries = Vec::new();
        let mut more = self.take("}").is_none();
        if more && self.kind() == &TokenKind::End {
            return Err(self.unexpected("mismatched", ENTRY_EXPECTED));
        }
        while more {
            let entry = self.entry();
            let key = self.expression()?;
            self.expect(":")?;
            entries.push(MapEntry { entry, key, value: self.expression()? });
            more = self.more("}")?;
        }
        self.node(offset, Kind::Map(entries))
    }

    pub(super) fn object(&mut self, name: &Expression) -> Parse<Expression> {
        let name = qualified_name(name).unwrap_or_default().as_str().into();
        let offset = self.expect("{")?;
        let mut fields = Vec::new();
        let mut more = self.take("}").is_none();
        while more {
            let entry = self.entry();
            let name = self.field_name()?;
            let colon = self.expect(":")?;
            let id = self.positions.next(colon);
            fields.push(ObjectField { entry, name, value: self.expression()?, id });
            more = self.more("}")?;
        }
        self.node(offset, Kind::Object(ObjectLiteral { name, fields }))
    }
}

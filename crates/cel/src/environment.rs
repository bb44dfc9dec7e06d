//! What expressions may speak of, and how their text becomes a program.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    check,
    issue::Issue,
    parse,
    program::Program,
    schema::{ObjectType, Schema},
    types::Type,
};

/// The declared variables and types. All functions of Kubernetes' libraries are there.
///
/// ```
/// use cel::{Bindings, Environment, Schema, Value};
///
/// let schema = serde_json::json!({
///     "type": "object",
///     "properties": {"replicas": {"type": "integer"}},
/// });
/// let schema = Schema::structural(&schema, "spec", cel::Root::Plain).expect("an object");
/// let environment = Environment::new().declare("self", schema);
/// let program = environment.compile("self.replicas <= 5").expect("a correct expression");
///
/// let object = serde_json::json!({"replicas": 3});
/// let bindings = Bindings::new().json("self", &object);
/// let outcome = program.evaluate(&bindings, 1_000);
/// assert!(matches!(outcome.value, Ok(Value::Bool(true))));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Arc<Schema>>,
    types: BTreeMap<String, Arc<ObjectType>>,
}

impl Environment {
    /// Nothing is declared.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a variable. One that was declared before is replaced.
    #[must_use]
    pub fn declare(mut self, name: &str, schema: impl Into<Arc<Schema>>) -> Self {
        self.variables.insert(name.to_owned(), schema.into());
        self
    }

    /// Lets expressions make objects of the schema's type; anything but an object declares nothing.
    #[must_use]
    pub fn declare_type(mut self, schema: &Schema) -> Self {
        if let Type::Object(object) = &schema.type_ {
            self.types.insert(object.name.clone(), Arc::clone(object));
        }
        self
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Schema> {
        self.variables.get(name).map(|schema| &**schema)
    }
    pub(crate) fn object_type(&self, name: &str) -> Option<Arc<ObjectType>> {
        self.types.get(name).cloned()
    }
    pub(crate) fn variables(&self) -> &BTreeMap<String, Arc<Schema>> {
        &self.variables
    }

    /// Reads and checks an expression.
    ///
    /// # Errors
    /// All mistakes that were found; one if the text cannot be read.
    pub fn compile(&self, source: &str) -> Result<Program, Vec<Issue>> {
        let parsed = parse::parse(source)?;
        let checked = check::check(source, &parsed, self)?;
        Ok(Program::new(self, parsed.root, checked))
    }
}

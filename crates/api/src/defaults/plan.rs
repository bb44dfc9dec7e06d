//! Which types have defaults somewhere below them, and how to get there: found once from the catalog,
//! so that applying defaults walks only where there is something to do.

use std::sync::LazyLock;

use meta::quantity::Quantity;
use serde_json::Value;

use super::{Rule, rule, table};
use crate::catalog::{self, Catalog, Field, FieldType, Omit, Scalar, TypeId};

/// Per type what to do and where to go on.
pub(super) struct Plan {
    types: Vec<TypePlan>,
}

#[derive(Default)]
struct TypePlan {
    /// Of the type itself and of those that it inlines.
    rules: Vec<Rule>,
    lines: Vec<&'static table::Line>,
    steps: Vec<Step>,
}

struct Step {
    field: &'static str,
    target: Target,
}

#[derive(Clone, Copy)]
enum Target {
    /// Always there in the reference, so its defaults are too.
    Embedded(TypeId),
    Optional(TypeId),
    List(TypeId),
    Map(TypeId),
    /// Amounts by resource name, which are kept in thousandths.
    Amounts,
}

/// The plan of the built-in kinds.
pub(super) fn builtin() -> &'static Plan {
    static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::of(catalog::builtin()));
    &PLAN
}

impl Plan {
    fn of(catalog: &'static Catalog) -> Self {
        let count = catalog.types().len();
        let mut types: Vec<TypePlan> = (0..count).map(|_| TypePlan::default()).collect();
        for (index, plan) in types.iter_mut().enumerate() {
            collect(catalog, TypeId(index), plan);
        }
        let needed = needed(&types);
        for plan in &mut types {
            plan.steps.retain(|step| step.target.type_id().is_none_or(|id| needed[id.0]));
        }
        Self { types }
    }

    /// Applies what belongs to the type, then what belongs to its parts.
    pub(super) fn apply(&self, id: TypeId, object: &mut Value) {
        let Some(plan) = self.types.get(id.0) else { return };
        if object.is_null() {
            *object = Value::Object(serde_json::Map::new());
        }
        for rule in &plan.rules {
            rule(object);
        }
        for line in &plan.lines {
            line.apply(object);
        }
        for step in &plan.steps {
            self.step(step, object);
        }
    }

    fn step(&self, step: &Step, object: &mut Value) {
        let Some(object) = object.as_object_mut() else { return };
        let Some(part) = object.get_mut(step.field) else {
            if let Target::Embedded(id) = step.target {
                self.fill(id, step.field, object);
            }
            return;
        };
        match step.target {
            Target::Embedded(id) => self.apply(id, part),
            Target::Optional(id) if !part.is_null() => self.apply(id, part),
            Target::Optional(_) => {}
            Target::List(id) => {
                part.as_array_mut().into_iter().flatten().for_each(|item| self.apply(id, item));
            }
            Target::Map(id) => {
                let entries = part.as_object_mut().into_iter().flatten();
                entries.for_each(|(_, entry)| self.apply(id, entry));
            }
            Target::Amounts => {
                let amounts = part.as_object_mut().into_iter().flatten();
                amounts.for_each(|(_, amount)| round(amount));
            }
        }
    }

    /// Adds an absent part if defaults put something into it.
    fn fill(&self, id: TypeId, field: &str, object: &mut serde_json::Map<String, Value>) {
        let mut part = Value::Null;
        self.apply(id, &mut part);
        if part.as_object().is_some_and(|part| !part.is_empty()) {
            object.insert(field.to_owned(), part);
        }
    }
}

impl Target {
    const fn type_id(self) -> Option<TypeId> {
        match self {
            Self::Embedded(id) | Self::Optional(id) | Self::List(id) | Self::Map(id) => Some(id),
            Self::Amounts => None,
        }
    }
}

fn collect(catalog: &'static Catalog, id: TypeId, plan: &mut TypePlan) {
    let described = catalog.type_of(id);
    plan.rules.extend(rule(&described.name));
    plan.lines.extend(table::lines(&described.name));
    // Amounts of devices are not a list of node resources.
    let has_amounts = !described.name.starts_with("resource/");
    for field in &described.fields {
        if let Some(inlined) = struct_of(&field.kind).filter(|_| field.inline) {
            collect(catalog, inlined, plan);
            continue;
        }
        let target = target(field, has_amounts);
        plan.steps.extend(target.map(|target| Step { field: &field.name, target }));
    }
}

fn target(field: &Field, has_amounts: bool) -> Option<Target> {
    let omitted = field.pointer || matches!(field.omit, Omit::Zero | Omit::EmptyOrZero);
    match &field.kind {
        FieldType::Struct(id) if omitted => Some(Target::Optional(*id)),
        FieldType::Struct(id) => Some(Target::Embedded(*id)),
        FieldType::List(item) => struct_of(item).map(Target::List),
        FieldType::Map(entry) if **entry == FieldType::Scalar(Scalar::Quantity) => {
            has_amounts.then_some(Target::Amounts)
        }
        FieldType::Map(entry) => struct_of(entry).map(Target::Map),
        FieldType::Scalar(_) => None,
    }
}

fn struct_of(kind: &FieldType) -> Option<TypeId> {
    if let FieldType::Struct(id) = kind { Some(*id) } else { None }
}

/// Types with something to do in them or below; some types contain themselves.
fn needed(types: &[TypePlan]) -> Vec<bool> {
    let own = |plan: &TypePlan| !plan.rules.is_empty() || !plan.lines.is_empty();
    let mut needed: Vec<bool> = types.iter().map(own).collect();
    loop {
        let before = needed.iter().filter(|needed| **needed).count();
        for (index, plan) in types.iter().enumerate() {
            let below = |step: &Step| step.target.type_id().is_none_or(|id| needed[id.0]);
            needed[index] = needed[index] || plan.steps.iter().any(below);
        }
        if needed.iter().filter(|needed| **needed).count() == before {
            return needed;
        }
    }
}

fn round(amount: &mut Value) {
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    if let Ok(quantity) = text.parse::<Quantity>() {
        *amount = quantity.round_to_millis().to_string().into();
    }
}

//! What holds for all kinds.

use meta::time::Time;
use serde_json::{Value, json};

use super::{Context, prepare_create, prepare_update, validate_create, validate_update, warnings};
use crate::{
    catalog::{self, FieldType, ResourceFacts, TypeId},
    defaults, schema,
};

/// An object in which every struct is there and every list has an item; types that contain themselves
/// end at the second time.
fn one_of_everything(id: TypeId, above: &mut Vec<TypeId>) -> Value {
    if above.contains(&id) {
        return Value::Null;
    }
    above.push(id);
    let fields = catalog::builtin().json_fields(id).filter_map(|field| {
        let value = match &field.kind {
            FieldType::Struct(id) => one_of_everything(*id, above),
            FieldType::List(item) | FieldType::Map(item) => {
                let FieldType::Struct(id) = **item else { return None };
                let item = one_of_everything(id, above);
                if matches!(field.kind, FieldType::List(_)) {
                    json!([item])
                } else {
                    json!({"k": item})
                }
            }
            FieldType::Scalar(_) => return None,
        };
        Some((field.name.clone(), value))
    });
    let object = fields.collect();
    above.pop();
    Value::Object(object)
}

fn read(facts: &ResourceFacts, object: Value) -> Value {
    let decoded = schema::decode(catalog::builtin(), facts.type_id, object);
    let mut object = decoded.expect("of the type").value;
    defaults::apply(facts, &mut object);
    object
}

#[test]
fn what_is_stored_reads_the_same_and_an_update_without_change_changes_nothing() {
    for facts in catalog::builtin().resources() {
        let context =
            Context { resource: facts, subresource: "", now: Time::default(), dry_run: false };
        for object in [json!({}), one_of_everything(facts.type_id, &mut Vec::new())] {
            let mut stored = read(facts, object);
            prepare_create(&context, &mut stored);
            let _ = (validate_create(&context, &stored), warnings(&context, &stored, None));
            let again = read(facts, stored.clone());
            assert_eq!(again, stored, "{:?}", facts.resource);
            let mut new = again.clone();
            prepare_update(&context, &mut new, &again);
            assert_eq!(new, again, "{:?}", facts.resource);
            let _ =
                (validate_update(&context, &new, &again), warnings(&context, &new, Some(&again)));
        }
    }
}

//! Bytes made by hand, and round trips of random objects of every kind.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    catalog::{Field, FieldType, Omit, Scalar, TypeId, builtin},
    schema,
};

fn type_named(name: &str) -> TypeId {
    builtin().type_named(name).expect("a type")
}

fn normal(id: TypeId, value: Value) -> Value {
    schema::decode(builtin(), id, value).expect("fits its type").value
}

#[track_caller]
fn check(type_name: &str, value: Value, bytes: &[u8]) {
    let id = type_named(type_name);
    let value = normal(id, value);
    assert_eq!(encode(builtin(), id, &value), bytes);
    assert_eq!(decode(builtin(), id, bytes), Ok(value));
}

#[test]
fn scalars_without_pointer_are_written_even_when_zero() {
    check("core/v1.EnvVar", json!({"name": "A"}), b"\x0a\x01A\x12\x00");
    check("apps/v1.DeploymentStatus", json!({}), b"\x08\0\x10\0\x18\0\x20\0\x28\0\x38\0");
}

#[test]
fn pointers_are_written_only_when_set() {
    check("apps/v1.RollingUpdateDeployment", json!({}), b"");
    check(
        "apps/v1.RollingUpdateDeployment",
        json!({"maxUnavailable": 1, "maxSurge": "25%"}),
        b"\x0a\x06\x08\0\x10\x01\x1a\0\x12\x09\x08\x01\x10\0\x1a\x0325%",
    );
    check("coordination/v1.LeaseSpec", json!({"leaseTransitions": 0}), b"\x28\0");
}

#[test]
fn negative_numbers_take_ten_bytes() {
    check(
        "autoscaling/v1.ScaleSpec",
        json!({"replicas": -1}),
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    );
}

#[test]
fn times_are_seconds_and_nanoseconds_and_the_zero_time_is_empty() {
    check(
        "coordination/v1.LeaseSpec",
        json!({"renewTime": "1970-01-01T00:00:01.000002Z"}),
        b"\x22\x05\x08\x01\x10\xd0\x0f",
    );
    check(
        "core/v1.PodCondition",
        json!({"type": "R", "status": "T", "lastTransitionTime": "1970-01-01T00:00:05Z"}),
        b"\x0a\x01R\x12\x01T\x1a\0\x22\x04\x08\x05\x10\0\x2a\0\x32\0\x38\0",
    );
}

#[test]
fn maps_are_entries_sorted_by_key() {
    check(
        "core/v1.ResourceRequirements",
        json!({"limits": {"memory": "1Gi", "cpu": "1"}}),
        b"\x0a\x0a\x0a\x03cpu\x12\x03\x0a\x011\x0a\x0f\x0a\x06memory\x12\x05\x0a\x031Gi",
    );
}

#[test]
fn fields_of_inlined_types_are_in_a_message_of_their_own() {
    check(
        "core/v1.ConfigMapKeySelector",
        json!({"name": "a", "key": "b"}),
        b"\x0a\x03\x0a\x01a\x12\x01b",
    );
}

#[test]
fn lists_in_a_message_of_their_own_are_wrapped() {
    check(
        "authentication/v1.UserInfo",
        json!({"extra": {"k": ["v"]}}),
        b"\x0a\0\x12\0\x22\x08\x0a\x01k\x12\x03\x0a\x01v",
    );
}

#[test]
fn raw_parts_are_json_text() {
    check(
        "meta/v1.ManagedFieldsEntry",
        json!({"manager": "m", "fieldsV1": {"f:a": {}}}),
        b"\x0a\x01m\x12\0\x1a\0\x32\0\x3a\x0c\x0a\x0a{\"f:a\":{}}\x42\0",
    );
}

#[test]
fn a_schema_or_a_flag_stands_for_its_message() {
    let boolean = type_named("apiextensions/v1.JSONSchemaPropsOrBool");
    assert_eq!(encode(builtin(), boolean, &json!(false)), b"\x08\0");
    assert_eq!(decode(builtin(), boolean, b"\x08\x01"), Ok(json!(true)));
    let schema = json!({"type": "object", "additionalProperties": {"type": "string"},
        "items": [{"minimum": 0.5}], "default": {"a": null}});
    let id = type_named("apiextensions/v1.JSONSchemaProps");
    let bytes = encode(builtin(), id, &normal(id, schema.clone()));
    assert_eq!(decode(builtin(), id, &bytes), Ok(schema));
}

#[test]
fn packed_numbers_are_read_too() {
    let id = type_named("core/v1.PodSecurityContext");
    let found = decode(builtin(), id, b"\x22\x03\x01\x02\x03").expect("packed");
    assert_eq!(found["supplementalGroups"], json!([1, 2, 3]));
}

#[test]
fn an_envelope_carries_kind_and_message() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let object = normal(type_named("core/v1.ConfigMap"), object);
    let bytes = encode_object(builtin(), &object).expect("built in");
    assert!(bytes.starts_with(b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12"));
    assert!(bytes.ends_with(b"\x1a\0\x22\0"));
    assert_eq!(decode_object(builtin(), &bytes), Ok(object));
}

/// What `kubectl create deployment foo --image=x` sends.
#[test]
fn the_body_of_a_typed_client_is_read_and_written_alike() {
    let body =
        b"k8s\0\x0a\x15\x0a\x07apps/v1\x12\x0aDeployment\x12\xaa\x01\x0a&\x0a\x03foo\x12\0\x1a\
        \x07default\x22\0*\x002\x008\0B\0Z\x0a\x0a\x03app\x12\x03foo\x12r\x08\x01\x12\x0c\x0a\
        \x0a\x0a\x03app\x12\x03foo\x1aX\x0a\x1c\x0a\0\x12\0\x1a\0\x22\0*\x002\x008\0B\0Z\x0a\x0a\
        \x03app\x12\x03foo\x128\x12\x1a\x0a\x01x\x12\x01x*\0B\0j\0r\0\x80\x01\0\x88\x01\0\
        \x90\x01\0\xa2\x01\0\x1a\x002\0B\0J\0R\0X\0`\0h\0\x82\x01\0\x8a\x01\0\x9a\x01\0\xc2\
        \x01\0\x22\x02\x0a\0(\x008\0\x1a\x0c\x08\0\x10\0\x18\0 \0(\x008\0\x1a\0\x22\0";
    let object = decode_object(builtin(), body).expect("well-formed");
    assert_eq!(
        object,
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "status": {},
            "metadata": {"name": "foo", "namespace": "default", "labels": {"app": "foo"}},
            "spec": {"replicas": 1, "strategy": {}, "selector": {"matchLabels": {"app": "foo"}},
                "template": {"metadata": {"labels": {"app": "foo"}},
                    "spec": {"containers": [{"name": "x", "image": "x", "resources": {}}]}}}})
    );
    assert_eq!(encode_object(builtin(), &object).expect("built in"), body);
}

#[test]
fn lists_statuses_and_metadata_travel_in_envelopes() {
    let objects = [
        json!({"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "1"},
            "items": [{"metadata": {"name": "a"}, "spec": {"containers": null}, "status": {}}]}),
        json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "code": 404,
            "details": {"causes": [{"field": "a", "reason": "b"}]}}),
        json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": {},
            "items": [{"metadata": {"name": "a"}}]}),
        json!({"apiVersion": "apps/v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}),
    ];
    for object in objects {
        let bytes = encode_object(builtin(), &object).expect("built in");
        assert_eq!(decode_object(builtin(), &bytes), Ok(object));
    }
}

#[test]
fn bodies_without_an_envelope_are_refused_in_the_words_of_the_reference() {
    let error = |bytes: &[u8]| decode_object(builtin(), bytes).expect_err("broken").to_string();
    assert_eq!(
        error(b"{}"),
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    );
    assert_eq!(error(b"k8s\0"), "empty body");
    assert_eq!(error(b"k8s\0\x0a\xff"), "unexpected EOF");
}

#[test]
fn watch_frames_have_a_length_in_front() {
    let object = wrap("v1", "Pod", b"");
    let mut stream = watch_frame("ADDED", &object);
    assert_eq!(stream[4..11], *b"\x0a\x05ADDED");
    stream.extend(watch_frame("DELETED", &object));
    let (first, rest) = read_watch_frame(&stream).expect("well-formed").expect("complete");
    assert_eq!((first.event.as_str(), first.object), ("ADDED", object.as_slice()));
    assert!(read_watch_frame(&rest[..9]).expect("well-formed").is_none());
    let (second, rest) = read_watch_frame(rest).expect("well-formed").expect("complete");
    assert_eq!((second.event.as_str(), rest.len()), ("DELETED", 0));
}

#[test]
fn deep_nesting_is_refused() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let mut writer = super::write::Writer::default();
        writer.bytes_field(28, &bytes);
        bytes = writer.finish();
    }
    let id = type_named("apiextensions/v1.JSONSchemaProps");
    assert_eq!(decode(builtin(), id, &bytes), Err(ProtoError::Depth));
}

/// Objects by chance that any type accepts.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn object(&mut self, id: TypeId, depth: u32) -> Value {
        let one = builtin().type_of(id);
        if one.one_of {
            let choice = usize::try_from(self.below(2)).expect("small");
            let value = self.value(&one.fields[choice].kind, depth);
            // The wire cannot tell an empty list from none.
            return if value == json!([]) { json!({}) } else { value };
        }
        let mut map = Map::new();
        for field in builtin().json_fields(id) {
            let likely = if depth > 3 { 8 } else { 2 };
            if self.below(likely) == 0 && field.kind != FieldType::Scalar(Scalar::Any) {
                let value = self.field(field, depth);
                map.insert(field.name.clone(), value);
            }
        }
        Value::Object(map)
    }

    fn field(&mut self, field: &Field, depth: u32) -> Value {
        let value = self.value(&field.kind, depth + 1);
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty)
            || value == "";
        if empty && field.omit == Omit::Never { Value::Null } else { value }
    }

    fn value(&mut self, kind: &FieldType, depth: u32) -> Value {
        match kind {
            FieldType::Struct(id) if depth < 9 => self.object(*id, depth),
            FieldType::Struct(_) => json!({}),
            FieldType::List(items) => {
                (0..self.below(3)).map(|_| self.value(items, depth)).collect()
            }
            FieldType::Map(values) => {
                let entry = |chance: &mut Self, key| (key, chance.value(values, depth));
                ["a/b", "A", ""][..usize::try_from(self.below(4)).expect("small")]
                    .iter()
                    .map(|key| entry(self, (*key).to_owned()))
                    .collect::<Map<String, Value>>()
                    .into()
            }
            FieldType::Scalar(scalar) => self.scalar(*scalar),
        }
    }

    fn scalar(&mut self, scalar: Scalar) -> Value {
        let number = self.below(3);
        let choice = usize::try_from(number).expect("small");
        match scalar {
            Scalar::String => json!(["", "text", "é\n"][choice]),
            Scalar::Bool => json!(number == 1),
            Scalar::Int32 => json!([0, i32::MIN, 7][choice]),
            Scalar::Int64 => json!([0, i64::MIN, i64::MAX][choice]),
            Scalar::Double => json!([0.0, 0.5, -2.0][choice]),
            Scalar::Bytes => json!(["", "AA==", "/+8="][choice]),
            Scalar::Any => json!(1),
            Scalar::FieldsV1 => json!({"f:a": {}}),
            Scalar::IntOrString => [json!(0), json!(-3), json!("25%")][choice].clone(),
            Scalar::Json => json!([1, {"a": null}]),
            Scalar::Raw => json!({"kind": "x", "a": [1.5, "b"]}),
            Scalar::MicroTime => json!("2026-01-01T00:00:00.000123Z"),
            Scalar::Quantity => json!(["0", "1500m", "2Gi"][choice]),
            Scalar::Time => json!("1969-12-31T23:59:59Z"),
        }
    }
}

proptest! {
    #[test]
    fn any_object_survives_the_wire(seed: u64) {
        let mut chance = Chance(seed);
        let count = u64::try_from(builtin().types().len()).expect("fits");
        let id = TypeId(usize::try_from(chance.below(count)).expect("fits"));
        prop_assume!(!builtin().type_of(id).proto.is_empty());
        let object = normal(id, chance.object(id, 0));
        let bytes = encode(builtin(), id, &object);
        prop_assert_eq!(decode(builtin(), id, &bytes), Ok(object), "{}", builtin().type_of(id).name);
    }

    #[test]
    fn garbage_gives_an_error_or_an_object(seed: u64, flips in prop::collection::vec((0_usize..4096, any::<u8>()), 1..6)) {
        let id = type_named("core/v1.Pod");
        let mut bytes = encode(builtin(), id, &Chance(seed).object(id, 0));
        for (position, byte) in flips {
            let length = bytes.len();
            bytes[position % length] = byte;
        }
        _ = decode(builtin(), id, &bytes);
    }
}

#[test]
fn every_served_kind_survives_the_wire() {
    for (position, facts) in (0_u64..).zip(builtin().resources()) {
        let object = normal(facts.type_id, Chance(position).object(facts.type_id, 0));
        let bytes = encode(builtin(), facts.type_id, &object);
        assert_eq!(decode(builtin(), facts.type_id, &bytes), Ok(object), "{:?}", facts.resource);
    }
}

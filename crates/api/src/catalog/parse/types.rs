//! Types and their fields.

use meta::collections::HashMap;

use super::{
    super::{Field, FieldType, KindName, ListType, Omit, PatchStrategy, Scalar, Type, TypeId},
    Line, ParseError, lines,
};

const TABLE: &str = "types";

type Ids<'a> = HashMap<&'a str, TypeId>;

pub(super) fn parse(text: &'static str) -> Result<Vec<Type>, ParseError> {
    let heads = lines(TABLE, text).filter(|line| !line.indented);
    let names = heads.map(|line| line.text.split(' ').next().unwrap_or_default());
    let ids: Ids<'_> = names.enumerate().map(|(position, name)| (name, TypeId(position))).collect();
    let mut types: Vec<Type> = Vec::with_capacity(ids.len());
    for line in lines(TABLE, text) {
        if !line.indented {
            types.push(head(&line)?);
            continue;
        }
        let field = field(&line, &ids)?;
        let current = types.last_mut().ok_or_else(|| line.error("a field before any type"))?;
        current.fields.push(field);
    }
    Ok(types)
}

fn head(line: &Line<'_>) -> Result<Type, ParseError> {
    let mut words = line.text.split(' ');
    let name = words.next().unwrap_or_default();
    let mut parsed = Type {
        name: name.to_owned(),
        proto: format!("k8s.io.api.{}", name.replace('/', ".")),
        kind: None,
        has_type_meta: false,
        atomic: false,
        one_of: false,
        open: false,
        written: None,
        fields: Vec::new(),
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("proto", "-") => parsed.proto.clear(),
            ("proto", proto) => proto.clone_into(&mut parsed.proto),
            ("kind", kind) => parsed.kind = Some(kind_name(line, kind)?),
            ("meta", _) => parsed.has_type_meta = true,
            ("atomic", _) => parsed.atomic = true,
            ("json", _) => parsed.one_of = true,
            (other, _) => return Err(line.error(format!("unknown attribute {other}"))),
        }
    }
    Ok(parsed)
}

fn kind_name(line: &Line<'_>, text: &str) -> Result<KindName, ParseError> {
    let (api_version, kind) = text.rsplit_once('/').ok_or_else(|| line.error("no kind"))?;
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    Ok(KindName { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
}

fn field(line: &Line<'_>, ids: &Ids<'_>) -> Result<Field, ParseError> {
    let mut words = line.text.split(' ').peekable();
    let name = words.next().filter(|name| *name != "-").unwrap_or_default();
    let kind = words.next().ok_or_else(|| line.error("a field without a type"))?;
    let kind = field_type(kind, ids).ok_or_else(|| line.error(format!("no type {kind}")))?;
    let (number, wire) = match words.next_if(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    {
        Some(word) => wire(word).ok_or_else(|| line.error("not NUMBER/WIRE"))?,
        None => (0, 0),
    };
    let plain = Field::optional(name, kind);
    let mut parsed = Field { pointer: false, omit: Omit::Never, number, wire, ..plain };
    for word in words {
        let (attribute, value) = word.split_once('=').unwrap_or((word, ""));
        attribute_of(&mut parsed, attribute, value).map_err(|problem| line.error(problem))?;
    }
    Ok(parsed)
}

fn wire(word: &str) -> Option<(u32, u8)> {
    let (number, wire) = word.split_once('/')?;
    Some((number.parse().ok()?, wire.parse().ok()?))
}

fn attribute_of(field: &mut Field, attribute: &str, value: &str) -> Result<(), String> {
    match (attribute, value) {
        ("inline", _) => field.inline = true,
        ("pointer", _) => field.pointer = true,
        ("required", _) => field.required = true,
        ("omit", "empty") => field.omit = Omit::Empty,
        ("omit", "zero") => field.omit = Omit::Zero,
        ("omit", "empty+zero") => field.omit = Omit::EmptyOrZero,
        ("list", "atomic") => field.list_type = Some(ListType::Atomic),
        ("list", "set") => field.list_type = Some(ListType::Set),
        ("list", "map") => field.list_type = Some(ListType::Map),
        ("map", "atomic") => field.map_atomic = true,
        ("map", "granular") => field.map_granular = true,
        ("patch", strategies) => field.patch = patch(strategies)?,
        ("patch-key", key) => field.patch_key = Some(key.to_owned()),
        ("proto", _) => field.wrapped = true,
        ("keys", keys) => field.list_keys = keys.split(',').map(str::to_owned).collect(),
        ("enum", values) => {
            field.enumeration = values.split(',').map(|value| value.replace('~', " ")).collect();
        }
        ("default", json) => {
            let default = serde_json::from_str(json).map_err(|error| error.to_string())?;
            field.default = Some(default);
        }
        (other, _) => return Err(format!("unknown attribute {other}={value}")),
    }
    Ok(())
}

fn patch(strategies: &str) -> Result<PatchStrategy, String> {
    let mut patch = PatchStrategy::default();
    for strategy in strategies.split(',') {
        match strategy {
            "merge" => patch.merge = true,
            "retainKeys" => patch.retain_keys = true,
            "replace" => patch.replace = true,
            other => return Err(format!("unknown patch strategy {other}")),
        }
    }
    Ok(patch)
}

fn field_type(text: &str, ids: &Ids<'_>) -> Option<FieldType> {
    if let Some(items) = text.strip_prefix("[]") {
        return Some(FieldType::List(Box::new(field_type(items, ids)?)));
    }
    if let Some(values) = text.strip_prefix("map[string]") {
        return Some(FieldType::Map(Box::new(field_type(values, ids)?)));
    }
    if let Some(name) = text.strip_prefix("ref:") {
        return ids.get(name).copied().map(FieldType::Struct);
    }
    let scalar = match text {
        "string" => Scalar::String,
        "bool" => Scalar::Bool,
        "int32" => Scalar::Int32,
        "int64" => Scalar::Int64,
        "double" => Scalar::Double,
        "bytes" => Scalar::Bytes,
        "any" => Scalar::Any,
        "fieldsV1" => Scalar::FieldsV1,
        "int-or-string" => Scalar::IntOrString,
        "json" => Scalar::Json,
        "microtime" => Scalar::MicroTime,
        "quantity" => Scalar::Quantity,
        "raw" => Scalar::Raw,
        "time" => Scalar::Time,
        _ => return None,
    };
    Some(FieldType::Scalar(scalar))
}

//! Resources and their subresources.

use meta::resource::{Resource, Scope};

use super::{
    super::{Catalog, DeleteDefault, ResourceFacts, SubresourceFacts, TypeId, UpdateRule},
    Line, ParseError, lines,
};

pub(super) fn parse(text: &'static str, types: &Catalog) -> Result<Vec<ResourceFacts>, ParseError> {
    let mut resources: Vec<ResourceFacts> = Vec::new();
    for line in lines("resources", text) {
        if !line.indented && line.text.starts_with("resource ") {
            resources.push(resource(&line, types)?);
            continue;
        }
        let current =
            resources.last_mut().ok_or_else(|| line.error("a fact before any resource"))?;
        if !line.indented {
            current.subresources.push(subresource(&line, current, types)?);
            continue;
        }
        let (fact, value) = line.text.split_once(' ').ok_or_else(|| line.error("no value"))?;
        let set = match current.subresources.last_mut() {
            Some(subresource) => set_in_subresource(subresource, fact, value, types),
            None => set_in_resource(current, fact, value),
        };
        set.ok_or_else(|| line.error(format!("unknown fact {fact} {value}")))?;
    }
    Ok(resources)
}

fn resource(line: &Line<'static>, types: &Catalog) -> Result<ResourceFacts, ParseError> {
    let words: Vec<&'static str> = line.text.split(' ').collect();
    let [_, api_version, plural, kind, scope] = words[..] else {
        return Err(line.error("not resource API_VERSION PLURAL KIND SCOPE"));
    };
    let (group, version) = group_version(api_version);
    let scope = if scope == "cluster" { Scope::Cluster } else { Scope::Namespaced };
    Ok(ResourceFacts {
        resource: Resource::new(group, version, plural, kind, scope),
        singular: String::new(),
        verbs: Vec::new(),
        short_names: Vec::new(),
        categories: Vec::new(),
        list_kind: String::new(),
        type_id: kind_type(line, types, api_version, kind)?,
        storage_version: String::new(),
        storage_prefix: String::new(),
        create_on_update: false,
        unconditional_update: false,
        delete_default: DeleteDefault::Background,
        graceful_delete: false,
        returns_deleted: false,
        expires: false,
        group_priority: 0,
        version_priority: 0,
        group_order: 0,
        version_order: 0,
        generation_on_create: 0,
        update: UpdateRule::default(),
        field_selectors: Vec::new(),
        field_selectors_never_matching: Vec::new(),
        name_rule: String::new(),
        subresources: Vec::new(),
        custom: None,
    })
}

fn group_version(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}

fn kind_type(
    line: &Line<'_>,
    types: &Catalog,
    api_version: &str,
    kind: &str,
) -> Result<TypeId, ParseError> {
    let (group, version) = group_version(api_version);
    types
        .type_of_kind(group, version, kind)
        .ok_or_else(|| line.error(format!("no type of kind {kind} in {api_version}")))
}

fn subresource(
    line: &Line<'_>,
    parent: &ResourceFacts,
    types: &Catalog,
) -> Result<SubresourceFacts, ParseError> {
    let words: Vec<&str> = line.text.split(' ').collect();
    let ["subresource", name, kind] = words[..] else {
        return Err(line.error("not subresource NAME KIND"));
    };
    // A kind of another group is found once the line that names the group is read.
    let type_id = types
        .type_of_kind(&parent.resource.group, &parent.resource.version, kind)
        .unwrap_or(parent.type_id);
    Ok(SubresourceFacts {
        name: name.to_owned(),
        kind: kind.to_owned(),
        api_version: None,
        type_id,
        verbs: Vec::new(),
        connect_methods: Vec::new(),
        update: UpdateRule::default(),
    })
}

fn set_in_subresource(
    facts: &mut SubresourceFacts,
    fact: &str,
    value: &str,
    types: &Catalog,
) -> Option<()> {
    match fact {
        "verbs" => facts.verbs = list(value),
        "connect-methods" => facts.connect_methods = list(value),
        "kind-api-version" => {
            let (group, version) = group_version(value);
            facts.type_id = types.type_of_kind(group, version, &facts.kind)?;
            facts.api_version = Some(value.to_owned());
        }
        _ => return set_in_update(&mut facts.update, fact, value),
    }
    Some(())
}

fn set_in_resource(facts: &mut ResourceFacts, fact: &str, value: &str) -> Option<()> {
    match fact {
        "verbs" => facts.verbs = list(value),
        "singular" => value.clone_into(&mut facts.singular),
        "short-names" => facts.short_names = list(value),
        "categories" => facts.categories = list(value),
        "list-kind" => value.clone_into(&mut facts.list_kind),
        "storage-version" => value.clone_into(&mut facts.storage_version),
        "storage-prefix" => value.clone_into(&mut facts.storage_prefix),
        "flags" => return value.split(',').try_for_each(|flag| set_flag(facts, flag)),
        "delete-default" => facts.delete_default = delete_default(value)?,
        "priority" => (facts.group_priority, facts.version_priority) = pair(value)?,
        "order" => (facts.group_order, facts.version_order) = pair(value)?,
        "field-selectors" => facts.field_selectors = list(value),
        "field-selectors-never-matching" => facts.field_selectors_never_matching = list(value),
        "name-rule" => value.clone_into(&mut facts.name_rule),
        "generation-on-create" => facts.generation_on_create = value.parse().ok()?,
        _ => return set_in_update(&mut facts.update, fact, value),
    }
    Some(())
}

fn set_flag(facts: &mut ResourceFacts, flag: &str) -> Option<()> {
    match flag {
        "create-on-update" => facts.create_on_update = true,
        "unconditional-update" => facts.unconditional_update = true,
        "graceful-delete" => facts.graceful_delete = true,
        "returns-deleted" => facts.returns_deleted = true,
        "expires" => facts.expires = true,
        _ => return None,
    }
    Some(())
}

fn set_in_update(rule: &mut UpdateRule, fact: &str, value: &str) -> Option<()> {
    let part = match fact {
        "update-takes" => &mut rule.taken,
        "update-reverts" => &mut rule.reverted,
        "update-rewrites" => &mut rule.rewritten,
        "update-bumps-generation" => &mut rule.bumps_generation,
        "reset-fields" => &mut rule.reset_fields,
        _ => return None,
    };
    *part = list(value);
    Some(())
}

fn delete_default(value: &str) -> Option<DeleteDefault> {
    match value {
        "OrphanDependents" => Some(DeleteDefault::Orphan),
        "DeleteDependents" => Some(DeleteDefault::Background),
        "Unsupported" => Some(DeleteDefault::Unsupported),
        _ => None,
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::to_owned).collect()
}

fn pair(value: &str) -> Option<(u32, u32)> {
    let (first, second) = value.split_once(' ')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

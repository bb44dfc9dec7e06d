//! The committed tables are complete in themselves.

use super::*;

#[test]
fn pods_are_served_with_their_rules() {
    let pods = builtin().resource("", "v1", "pods").expect("served");
    assert_eq!(pods.storage_prefix, "/registry/pods/");
    assert_eq!((pods.generation_on_create, pods.graceful_delete), (1, true));
    assert_eq!(pods.update.reverted, ["status"]);
    assert_eq!(pods.update.reset_fields, [".status"]);
    let eviction = pods.subresource("eviction").expect("served");
    assert_eq!(builtin().type_of(eviction.type_id).name, "policy/v1.Eviction");
    assert_eq!(builtin().type_of(pods.type_id).name, "core/v1.Pod");
}

#[test]
fn a_kind_finds_its_resource() {
    let facts = builtin().resource_of_kind("apps", "v1", "Deployment").expect("served");
    assert_eq!(facts.resource.plural, "deployments");
    assert!(builtin().resource_of_kind("apps", "v1beta1", "Deployment").is_none());
}

#[test]
fn options_belong_to_every_group() {
    let found = builtin().type_of_kind("apps", "v1", "DeleteOptions").expect("everywhere");
    assert_eq!(builtin().type_of(found).name, "meta/v1.DeleteOptions");
}

#[test]
fn inlined_fields_are_found_by_name() {
    let volume = builtin().type_named("core/v1.Volume").expect("known");
    assert_eq!(builtin().field(volume, "name").expect("own").number, 1);
    let inlined = builtin().field(volume, "configMap").expect("of the inlined source");
    assert!(inlined.pointer);
    assert!(builtin().field(volume, "configmap").is_none());
}

#[test]
fn each_resource_has_its_list_and_scope() {
    for facts in builtin().resources().iter().filter(|facts| facts.has_verb("list")) {
        let resource = &facts.resource;
        let list = builtin().type_of_kind(&resource.group, &resource.version, &facts.list_kind);
        let list = list.expect("listed resources have a list type");
        assert!(builtin().field(list, "items").is_some(), "{resource:?}");
        assert!(!facts.singular.is_empty(), "{resource:?}");
    }
    assert_eq!(builtin().resources().len(), 72);
}

#[test]
fn names_are_unique_and_numbers_within_their_type_too() {
    for (position, one) in builtin().types().iter().enumerate() {
        assert_eq!(builtin().type_named(&one.name), Some(TypeId(position)));
        let names: Vec<&str> =
            builtin().json_fields(TypeId(position)).map(|field| field.name.as_str()).collect();
        assert!(names.is_sorted_by(|left, right| left < right), "{}: {names:?}", one.name);
        let mut numbers: Vec<u32> =
            one.fields.iter().map(|field| field.number).filter(|number| *number > 0).collect();
        numbers.sort_unstable();
        assert!(numbers.is_sorted_by(|left, right| left < right), "{}: {numbers:?}", one.name);
    }
}

//! The roles and bindings that every cluster has, from their table.

use serde_json::{Value, json};

use super::{GROUP, PolicyRule};
use crate::json;

/// The text of the table does not follow its form.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the roles table: {problem}")]
struct ParseError {
    line: usize,
    problem: &'static str,
}

/// The objects in the order in which they are made, complete but for what the server adds.
///
/// # Panics
/// Never: the table is committed, and a test reads it.
pub fn bootstrap_policy() -> Vec<Value> {
    parse(include_str!("../../data/roles.txt"))
        .expect("the committed table parses: a test of this module reads it")
}

/// The rules of the role of that name, in the whole cluster or in the namespaces that have one; empty if
/// there is none.
pub fn bootstrap_rules(role: &str) -> Vec<PolicyRule> {
    let text = include_str!("../../data/roles.txt");
    let is_head = |line: &str| {
        let place = line.strip_prefix("role ").and_then(|place| place.split_once('/'));
        let name = place.map(|(_, name)| name).or_else(|| line.strip_prefix("clusterrole "));
        name == Some(role)
    };
    let mut is_own = false;
    let own = text.lines().filter(|line| {
        is_own = if line.starts_with('\t') { is_own } else { is_head(line) };
        is_own
    });
    let section: Vec<&str> = own.collect();
    let found = parse(&section.join("\n")).unwrap_or_default();
    let rules = found.into_iter().map(|mut role| role["rules"].take());
    let read = |rules| serde_json::from_value::<Vec<PolicyRule>>(rules).unwrap_or_default();
    rules.flat_map(read).collect()
}

fn parse(text: &str) -> Result<Vec<Value>, ParseError> {
    let mut objects: Vec<Value> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let refuse = |problem| ParseError { line: index + 1, problem };
        let Some(fact) = line.strip_prefix('\t') else {
            objects.push(object(line).ok_or_else(|| refuse("neither a role nor a binding"))?);
            continue;
        };
        let current = objects.last_mut().ok_or_else(|| refuse("a fact before any object"))?;
        add(current, fact).ok_or_else(|| refuse("unknown fact"))?;
    }
    Ok(objects)
}

fn object(line: &str) -> Option<Value> {
    let (kind, rest) = line.split_once(' ')?;
    let (place, role) = rest.split_once(' ').map_or((rest, ""), |(place, role)| (place, role));
    let (namespace, name) = match kind {
        "role" | "rolebinding" => place.split_once('/')?,
        _ => ("", place),
    };
    let kind = match kind {
        "clusterrole" => "ClusterRole",
        "role" => "Role",
        "clusterrolebinding" => "ClusterRoleBinding",
        "rolebinding" => "RoleBinding",
        _ => return None,
    };
    let mut object = json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": kind,
        "metadata": {
            "name": name,
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        },
    });
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    if role.is_empty() {
        object["rules"] = Value::Null;
        return Some(object);
    }
    let (role_kind, role_name) = role.split_once('/')?;
    object["roleRef"] = json!({"apiGroup": GROUP, "kind": role_kind, "name": role_name});
    Some(object)
}

fn add(object: &mut Value, fact: &str) -> Option<()> {
    let (word, rest) = fact.split_once(' ')?;
    match word {
        "label" => {
            let (key, value) = rest.split_once('=')?;
            object["metadata"]["labels"][key] = value.into();
        }
        "aggregate" => {
            let (key, value) = rest.split_once('=')?;
            let selectors = &mut object["aggregationRule"]["clusterRoleSelectors"];
            json::push(selectors, json!({"matchLabels": {key: value}}));
        }
        "paths" => {
            let (paths, verbs) = rest.split_once(' ')?;
            let rule = json!({"nonResourceURLs": list(paths), "verbs": list(verbs)});
            json::push(&mut object["rules"], rule);
        }
        "rule" => json::push(&mut object["rules"], rule(rest)?),
        "to" => json::push(&mut object["subjects"], subject(rest)?),
        _ => return None,
    }
    Some(())
}

fn rule(text: &str) -> Option<Value> {
    let mut lists = text.split(' ').map(list);
    let (groups, resources, verbs) = (lists.next()?, lists.next()?, lists.next()?);
    let mut rule = json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
    if let Some(names) = lists.next() {
        rule["resourceNames"] = names.into();
    }
    Some(rule)
}

/// Items by comma; `-` is the empty text.
fn list(text: &str) -> Vec<&str> {
    text.split(',').map(|item| if item == "-" { "" } else { item }).collect()
}

fn subject(text: &str) -> Option<Value> {
    let (kind, name) = text.split_once(':')?;
    if kind != "ServiceAccount" {
        return Some(json!({"kind": kind, "apiGroup": GROUP, "name": name}));
    }
    let (namespace, name) = name.split_once('/')?;
    Some(json!({"kind": kind, "name": name, "namespace": namespace}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_all_roles_and_bindings() {
        let objects = bootstrap_policy();
        let count = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).count();
        assert_eq!(
            ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map(count),
            [73, 54, 7, 7]
        );
    }

    #[test]
    fn the_rules_of_one_role_are_found_by_its_name() {
        let rules = bootstrap_rules("system:controller:cronjob-controller");
        assert_eq!(rules.len(), 6);
        assert_eq!(rules[3].resources, ["cronjobs/finalizers"]);
        assert!(bootstrap_rules("none").is_empty());
    }

    #[test]
    fn lines_become_objects() {
        let text = "clusterrole edit\n\tlabel a/b=true\n\taggregate c/d=true\n\
            \trule -,apps pods,deployments get,list web\n\tpaths /healthz get\n\
            rolebinding kube-system/b Role/r\n\tto Group:ops\n\tto ServiceAccount:shop/web";
        let objects = parse(text).unwrap();
        assert_eq!(objects[0]["metadata"]["labels"]["a/b"], "true");
        assert_eq!(
            objects[0]["rules"],
            json!([
                {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"],
                    "verbs": ["get", "list"], "resourceNames": ["web"]},
                {"nonResourceURLs": ["/healthz"], "verbs": ["get"]},
            ])
        );
        assert_eq!(objects[1]["metadata"]["namespace"], "kube-system");
        assert_eq!(objects[1]["roleRef"]["kind"], "Role");
        assert_eq!(objects[1]["subjects"][1]["namespace"], "shop");
        assert!(parse("\tto Group:ops").is_err() && parse("other x").is_err());
    }
}

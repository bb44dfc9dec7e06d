//! Network policies: who may talk to whom.

use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, address, rules, selector},
};

pub(super) const RULES: Rules = Rules { validate, ..Rules::GENERIC };

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const TYPES: [&str; 2] = ["Egress", "Ingress"];
const TYPES_MAX: usize = 2;

fn validate(ctx: &Context<'_>, policy: &Value, errors: &mut Errors) {
    if !ctx.subresource.is_empty() {
        return;
    }
    let (path, spec) = (Path::new("spec"), &policy["spec"]);
    selector::validate(&path.child("podSelector"), &spec["podSelector"], errors);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in json::list(spec, direction).iter().enumerate() {
            let rules = path.child(direction);
            self::rule(&rules.index(index), rule, peers, errors);
        }
    }
    let (types, at) = (json::list(spec, "policyTypes"), path.child("policyTypes"));
    if types.len() > TYPES_MAX {
        let text = "may not specify more than two policyTypes";
        errors.push(FieldError::invalid(&at, Value::from(types), text));
        return;
    }
    for (index, kind) in types.iter().enumerate() {
        let kind = kind.as_str().unwrap_or_default();
        if !TYPES.contains(&kind) {
            errors.push(FieldError::not_supported(&at.index(index), kind, &TYPES));
        }
    }
}

fn rule(path: &Path<'_>, rule: &Value, peers: &str, errors: &mut Errors) {
    for (index, port) in json::list(rule, "ports").iter().enumerate() {
        let ports = path.child("ports");
        self::port(&ports.index(index), port, errors);
    }
    for (index, peer) in json::list(rule, peers).iter().enumerate() {
        let peers = path.child(peers);
        self::peer(&peers.index(index), peer, errors);
    }
}

fn port(path: &Path<'_>, port: &Value, errors: &mut Errors) {
    rules::one_of(&path.child("protocol"), json::text(port, "protocol"), &PROTOCOLS, errors);
    let number = json::field(port, "port");
    if let Some(number) = number {
        rules::port_or_name(&path.child("port"), number, errors);
    }
    let Some(end) = json::number(port, "endPort") else { return };
    let at = path.child("endPort");
    match number {
        None => {
            let text = "may not be specified when `port` is not specified";
            errors.push(FieldError::invalid(&at, end, text));
        }
        Some(number) if number.is_string() => {
            let text = "may not be specified when `port` is non-numeric";
            errors.push(FieldError::invalid(&at, end, text));
        }
        Some(number) => {
            if number.as_i64().is_some_and(|number| end < number) {
                let text = "must be greater than or equal to `port`";
                errors.push(FieldError::invalid(&at, end, text));
            }
            rules::port(&at, end, errors);
        }
    }
}

fn peer(path: &Path<'_>, peer: &Value, errors: &mut Errors) {
    let mut selectors = 0;
    for field in ["podSelector", "namespaceSelector"] {
        if let Some(value) = json::field(peer, field) {
            selectors += 1;
            selector::validate(&path.child(field), value, errors);
        }
    }
    let Some(block) = json::field(peer, "ipBlock") else {
        if selectors == 0 {
            errors.push(FieldError::required(path, "must specify a peer"));
        }
        return;
    };
    self::block(&path.child("ipBlock"), block, errors);
    if selectors > 0 {
        let text = "may not specify both ipBlock and another peer";
        errors.push(FieldError::forbidden(path, text));
    }
}

fn block(path: &Path<'_>, block: &Value, errors: &mut Errors) {
    let (range, at) = (json::text(block, "cidr"), path.child("cidr"));
    if !rules::required(&at, range, errors) {
        return;
    }
    let problems = address::cidr(range);
    let is_range = problems.is_empty();
    rules::texts(&at, range, problems, errors);
    for (index, part) in json::list(block, "except").iter().enumerate() {
        let (parts, part) = (path.child("except"), part.as_str().unwrap_or_default());
        let problems = address::cidr(part);
        if problems.is_empty() && is_range && !address::is_strictly_within(part, range) {
            let text = "must be a strict subset of `cidr`";
            errors.push(FieldError::invalid(&parts.index(index), part, text));
        }
        rules::texts(&parts.index(index), part, problems, errors);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kinds::testing::Kind;

    const POLICIES: Kind = Kind("networking.k8s.io", "v1", "networkpolicies");

    fn from(rule: Value) -> Value {
        json!({"metadata": {"name": "p", "namespace": "d"},
            "spec": {"podSelector": {}, "ingress": [rule]}})
    }

    #[test]
    fn check_75_ports_are_numbers_or_names_and_ranges_are_of_numbers() {
        POLICIES
            .create(from(json!({"ports": [{"port": 80, "endPort": 90}, {"port": "http"}]})), &[]);
        for (port, wanted) in [
            (
                json!({"port": 80, "endPort": 70}),
                "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`",
            ),
            (
                json!({"port": "http", "endPort": 70}),
                "spec.ingress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric",
            ),
            (
                json!({"endPort": 70}),
                "spec.ingress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is not specified",
            ),
        ] {
            POLICIES.create(from(json!({ "ports": [port] })), &[wanted]);
        }
    }

    #[test]
    fn check_75_a_peer_is_a_block_or_selected() {
        let block = |cidr: &str, except: &str| json!({"cidr": cidr, "except": [except]});
        for (peer, wanted) in [
            (json!({}), "spec.ingress[0].from[0]: Required value: must specify a peer"),
            (
                json!({"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}),
                "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
            ),
            (
                json!({"ipBlock": block("10.0.0.0/8", "11.0.0.0/16")}),
                "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
            ),
            (
                json!({"ipBlock": block("10.0.0.0/8", "10.0.0.0/8")}),
                "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`",
            ),
            (json!({"ipBlock": {}}), "spec.ingress[0].from[0].ipBlock.cidr: Required value"),
        ] {
            POLICIES.create(from(json!({ "from": [peer] })), &[wanted]);
        }
        let fine = json!({"from": [{"ipBlock": block("10.0.0.0/8", "10.1.0.0/16")}]});
        POLICIES.create(from(fine), &[]);
    }

    #[test]
    fn check_75_there_are_two_types() {
        let with = |types: Value| {
            let mut policy = from(json!({}));
            policy["spec"]["policyTypes"] = types;
            policy
        };
        POLICIES.create(
            with(json!(["Foo"])),
            &["spec.policyTypes[0]: Unsupported value: \"Foo\": supported values: \"Egress\", \"Ingress\""],
        );
        POLICIES.create(
            with(json!(["Ingress", "Egress", "Egress"])),
            &["spec.policyTypes: Invalid value: [\"Ingress\",\"Egress\",\"Egress\"]: may not specify more than two policyTypes"],
        );
    }
}

//! What somebody may do, asked of the host.

use std::{fmt, sync::Arc};

use meta::names;

use super::{Answer as Answered, Row, member};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Opaque, Value},
};

pub(super) const ROWS: &[Row] = &[
    member(
        "path",
        "kubernetes.authorization.Authorizer, string -> kubernetes.authorization.PathCheck",
        Cost::One,
        path,
    ),
    member(
        "group",
        "kubernetes.authorization.Authorizer, string -> kubernetes.authorization.GroupCheck",
        Cost::One,
        group,
    ),
    member(
        "serviceAccount",
        "kubernetes.authorization.Authorizer, string, string -> kubernetes.authorization.Authorizer",
        Cost::One,
        service_account,
    ),
    member(
        "resource",
        "kubernetes.authorization.GroupCheck, string -> kubernetes.authorization.ResourceCheck",
        Cost::One,
        resource,
    ),
    member("subresource", REFINE, Cost::One, |arguments| {
        refine(arguments, |inquiry, text| inquiry.subresource = text)
    }),
    member("namespace", REFINE, Cost::One, |arguments| {
        refine(arguments, |inquiry, text| inquiry.namespace = text)
    }),
    member("name", REFINE, Cost::One, |arguments| {
        refine(arguments, |inquiry, text| inquiry.name = text)
    }),
    member("fieldSelector", REFINE, Cost::Affix, |arguments| {
        refine(arguments, |inquiry, text| inquiry.field_selector = text)
    }),
    member("labelSelector", REFINE, Cost::Affix, |arguments| {
        refine(arguments, |inquiry, text| inquiry.label_selector = text)
    }),
    member(
        "check",
        "kubernetes.authorization.PathCheck, string -> kubernetes.authorization.Decision",
        Cost::Authorization,
        check,
    ),
    member(
        "check",
        "kubernetes.authorization.ResourceCheck, string -> kubernetes.authorization.Decision",
        Cost::Authorization,
        check,
    ),
    member("allowed", "kubernetes.authorization.Decision -> bool", Cost::One, |arguments| {
        told(arguments, |answer| Value::Bool(answer.allowed))
    }),
    member("reason", "kubernetes.authorization.Decision -> string", Cost::One, |arguments| {
        told(arguments, |answer| Value::string(answer.reason.as_str()))
    }),
    member("errored", "kubernetes.authorization.Decision -> bool", Cost::One, |arguments| {
        told(arguments, |answer| Value::Bool(answer.error.is_some()))
    }),
    member("error", "kubernetes.authorization.Decision -> string", Cost::One, |arguments| {
        told(arguments, |answer| Value::string(answer.error.as_deref().unwrap_or_default()))
    }),
];

const REFINE: &str =
    "kubernetes.authorization.ResourceCheck, string -> kubernetes.authorization.ResourceCheck";

/// Answers what an expression asks; given by the host.
pub trait Authorize: fmt::Debug + Send + Sync {
    /// Decides one inquiry.
    fn decide(&self, inquiry: &Inquiry) -> Answer;
}

/// May somebody do this?
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inquiry {
    /// Namespace and name of the account that is meant in place of whoever sent the request.
    pub service_account: Option<(String, String)>,
    /// The path, if none of the fields for a resource counts.
    pub path: Option<String>,
    /// The group of the resource.
    pub group: String,
    /// Its plural name.
    pub resource: String,
    /// The part of it.
    pub subresource: String,
    /// Where it is.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// Which objects, by their fields.
    pub field_selector: String,
    /// Which objects, by their labels.
    pub label_selector: String,
    /// What is to be done.
    pub verb: String,
}

/// What an authorizer says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may be done.
    pub allowed: bool,
    /// Why.
    pub reason: String,
    /// Why it could not be decided.
    pub error: Option<String>,
}

fn path<'a>(arguments: &[Value<'a>]) -> Answered<'a> {
    let [Value::Opaque(Opaque::Authorizer(host, inquiry)), Value::String(path)] = arguments else {
        return no_overload();
    };
    if path.trim().is_empty() {
        return failed("path must not be empty");
    }
    let inquiry = Inquiry { path: Some(path.to_string()), ..(**inquiry).clone() };
    Ok(Value::Opaque(Opaque::PathCheck(Arc::clone(host), Arc::new(inquiry))))
}

fn group<'a>(arguments: &[Value<'a>]) -> Answered<'a> {
    let [Value::Opaque(Opaque::Authorizer(host, inquiry)), Value::String(group)] = arguments else {
        return no_overload();
    };
    let inquiry = Inquiry { group: group.to_string(), ..(**inquiry).clone() };
    Ok(Value::Opaque(Opaque::GroupCheck(Arc::clone(host), Arc::new(inquiry))))
}

fn service_account<'a>(arguments: &[Value<'a>]) -> Answered<'a> {
    let [
        Value::Opaque(Opaque::Authorizer(host, inquiry)),
        Value::String(namespace),
        Value::String(name),
    ] = arguments
    else {
        return no_overload();
    };
    if !names::dns_1123_subdomain(name).is_empty() {
        return failed("Invalid service account name");
    }
    if !names::dns_1123_label(namespace).is_empty() {
        return failed("Invalid service account namespace");
    }
    let account = Some((namespace.to_string(), name.to_string()));
    let inquiry = Inquiry { service_account: account, ..(**inquiry).clone() };
    Ok(Value::Opaque(Opaque::Authorizer(Arc::clone(host), Arc::new(inquiry))))
}

fn resource<'a>(arguments: &[Value<'a>]) -> Answered<'a> {
    let [Value::Opaque(Opaque::GroupCheck(host, inquiry)), Value::String(resource)] = arguments
    else {
        return no_overload();
    };
    if resource.trim().is_empty() {
        return failed("resource must not be empty");
    }
    let inquiry = Inquiry { resource: resource.to_string(), ..(**inquiry).clone() };
    Ok(Value::Opaque(Opaque::ResourceCheck(Arc::clone(host), Arc::new(inquiry))))
}

fn refine<'a>(arguments: &[Value<'a>], set: fn(&mut Inquiry, String)) -> Answered<'a> {
    let [Value::Opaque(Opaque::ResourceCheck(host, inquiry)), Value::String(text)] = arguments
    else {
        return no_overload();
    };
    let mut inquiry = (**inquiry).clone();
    set(&mut inquiry, text.to_string());
    Ok(Value::Opaque(Opaque::ResourceCheck(Arc::clone(host), Arc::new(inquiry))))
}

fn check<'a>(arguments: &[Value<'a>]) -> Answered<'a> {
    let [
        Value::Opaque(Opaque::PathCheck(host, inquiry) | Opaque::ResourceCheck(host, inquiry)),
        Value::String(verb),
    ] = arguments
    else {
        return no_overload();
    };
    let inquiry = Inquiry { verb: verb.to_string(), ..(**inquiry).clone() };
    Ok(Value::Opaque(Opaque::Decision(Arc::new(host.decide(&inquiry)))))
}

fn told<'a>(arguments: &[Value<'a>], tell: fn(&Answer) -> Value<'static>) -> Answered<'a> {
    let [Value::Opaque(Opaque::Decision(answer))] = arguments else { return no_overload() };
    Ok(tell(answer))
}

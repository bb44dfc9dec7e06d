//! Options in the query of a request or in the body of a delete, checked as the reference does.

use serde_json::Value;

use crate::{
    Cause, DeleteOptions, FieldValidation, ListQuery, Reason, Status, VersionMatch, WatchQuery,
    query::Query,
};

/// Options of a write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WriteOptions {
    pub dry_run: bool,
    pub field_manager: String,
    pub field_validation: FieldValidation,
}

/// Which options a write takes: the name that failures give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteKind {
    Create,
    Update,
    Patch,
    /// A patch that is an apply.
    Apply,
}

const MANAGER_BYTES_MAX: usize = 128;

impl WriteKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Patch | Self::Apply => "PatchOptions",
        }
    }
}

/// Reads and checks the options of a create, update or patch.
///
/// # Errors
/// 422 that names each option which is refused.
pub(crate) fn write(
    kind: WriteKind,
    query: &Query,
    user_agent: &str,
) -> Result<WriteOptions, Status> {
    let mut causes = Vec::new();
    if kind == WriteKind::Patch && query.has("force") {
        let message = "Forbidden: may not be specified for non-apply patch";
        causes.push(cause("FieldValueForbidden", "force", message.to_owned()));
    }
    let manager = query.get("fieldManager");
    if kind == WriteKind::Apply && manager.is_empty() {
        let message = "Required value: is required for apply patch";
        causes.push(cause("FieldValueRequired", "fieldManager", message.to_owned()));
    }
    causes.extend(check_manager(manager));
    let (dry_run, refused) = parse_dry_run(query.all("dryRun"));
    causes.extend(refused);
    let validation = query.get("fieldValidation");
    let field_validation = match validation {
        "" | "Warn" => FieldValidation::Warn,
        "Ignore" => FieldValidation::Ignore,
        "Strict" => FieldValidation::Strict,
        other => {
            let message = format!(
                "Unsupported value: \"{other}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
            );
            causes.push(cause("FieldValueNotSupported", "fieldValidation", message));
            FieldValidation::Warn
        }
    };
    refuse(kind.name(), causes)?;
    let field_manager = field_manager(manager, user_agent);
    Ok(WriteOptions { dry_run, field_manager, field_validation })
}

/// Options of a delete: from the body if there is one, else from the query. Propagation and
/// preconditions are the engine's to judge.
///
/// # Errors
/// 400 for what cannot be read, 422 for a dry run of another kind.
pub(crate) fn delete(body: Option<&Value>, query: &Query) -> Result<(DeleteOptions, bool), Status> {
    let (options, dry_run): (_, Vec<&str>) = match body {
        Some(body) => (delete_from_body(body)?, texts(&body["dryRun"])),
        None => (delete_from_query(query)?, query.all("dryRun").collect()),
    };
    let (dry_run, refused) = parse_dry_run(dry_run.into_iter());
    refuse("DeleteOptions", refused.into_iter().collect())?;
    Ok((options, dry_run))
}

/// The query of a list.
///
/// # Errors
/// 400 for a limit that is no number.
pub(crate) fn list(query: &Query) -> Result<ListQuery, Status> {
    Ok(ListQuery {
        label_selector: query.get("labelSelector").to_owned(),
        field_selector: query.get("fieldSelector").to_owned(),
        resource_version: query.get("resourceVersion").to_owned(),
        version_match: match query.get("resourceVersionMatch") {
            "" => VersionMatch::Unset,
            "Exact" => VersionMatch::Exact,
            "NotOlderThan" => VersionMatch::NotOlderThan,
            other => VersionMatch::Other(other.to_owned()),
        },
        limit: number(query, "limit")?.unwrap_or(0),
        continue_token: query.get("continue").to_owned(),
        send_initial_events: query.optional_flag("sendInitialEvents"),
    })
}

/// The query of a watch.
///
/// # Errors
/// 400 for a number that is none.
pub(crate) fn watch(query: &Query) -> Result<WatchQuery, Status> {
    let seconds = number(query, "timeoutSeconds")?;
    Ok(WatchQuery {
        list: list(query)?,
        allow_bookmarks: query.flag("allowWatchBookmarks"),
        timeout_seconds: seconds.and_then(|seconds| u64::try_from(seconds).ok()).filter(|s| *s > 0),
    })
}

/// The manager of fields: as named, else the user agent up to its first slash.
pub(crate) fn field_manager(named: &str, user_agent: &str) -> String {
    if !named.is_empty() {
        return named.to_owned();
    }
    let prefix = user_agent.split('/').next().unwrap_or_default();
    let mut manager = String::new();
    for character in prefix.chars().filter(|character| !character.is_control()) {
        if manager.len() + character.len_utf8() > MANAGER_BYTES_MAX {
            break;
        }
        manager.push(character);
    }
    if manager.is_empty() { "unknown".to_owned() } else { manager }
}

fn check_manager(manager: &str) -> Option<Cause> {
    if manager.len() > MANAGER_BYTES_MAX {
        let message = format!("Too long: may not be more than {MANAGER_BYTES_MAX} bytes");
        return Some(cause("FieldValueTooLong", "fieldManager", message));
    }
    let (position, character) =
        manager.chars().enumerate().find(|(_, character)| character.is_control())?;
    let message = format!(
        "Invalid value: {manager:?}: invalid character U+{:04X} (at position {position})",
        u32::from(character)
    );
    Some(cause("FieldValueInvalid", "fieldManager", message))
}

fn parse_dry_run<'a>(values: impl Iterator<Item = &'a str>) -> (bool, Option<Cause>) {
    let values: Vec<_> = values.filter(|value| !value.is_empty()).collect();
    let refused = values.iter().any(|value| *value != "All").then(|| {
        let quoted: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let message =
            format!("Unsupported value: [{}]: supported values: \"All\"", quoted.join(","));
        cause("FieldValueNotSupported", "dryRun", message)
    });
    (!values.is_empty(), refused)
}

fn delete_from_query(query: &Query) -> Result<DeleteOptions, Status> {
    let policy = query.get("propagationPolicy");
    Ok(DeleteOptions {
        grace_period_seconds: number(query, "gracePeriodSeconds")?,
        propagation_policy: (!policy.is_empty()).then(|| policy.to_owned()),
        orphan_dependents: query.optional_flag("orphanDependents"),
        uid: None,
        resource_version: None,
    })
}

fn delete_from_body(body: &Value) -> Result<DeleteOptions, Status> {
    let preconditions = &body["preconditions"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(DeleteOptions {
        grace_period_seconds: typed(body, "gracePeriodSeconds", "int64", Value::as_i64)?,
        propagation_policy: text(&body["propagationPolicy"]),
        orphan_dependents: typed(body, "orphanDependents", "bool", Value::as_bool)?,
        uid: text(&preconditions["uid"]),
        resource_version: text(&preconditions["resourceVersion"]),
    })
}

fn typed<T>(
    body: &Value,
    field: &str,
    go_type: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Status> {
    let value = &body[field];
    if value.is_null() {
        return Ok(None);
    }
    read(value).map(Some).ok_or_else(|| {
        let message = format!(
            "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: json: cannot unmarshal into Go struct field DeleteOptions.{field} of type {go_type}"
        );
        Status::new(400, Reason::BadRequest, message)
    })
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn number(query: &Query, name: &str) -> Result<Option<i64>, Status> {
    let text = query.get(name);
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let message = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
        Status::new(400, Reason::BadRequest, message)
    })
}

fn cause(reason: &str, field: &str, message: String) -> Cause {
    Cause { reason: reason.to_owned(), message, field: field.to_owned() }
}

fn refuse(kind: &str, causes: Vec<Cause>) -> Result<(), Status> {
    if causes.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
    let told =
        if let [only] = told.as_slice() { only.clone() } else { format!("[{}]", told.join(", ")) };
    let message = format!("{kind}.meta.k8s.io \"\" is invalid: {told}");
    let mut status = Status::new(422, Reason::Invalid, message).about("meta.k8s.io", kind, "");
    status.causes = causes;
    Err(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> String {
        refused_as(WriteKind::Create, query)
    }
    fn refused_as(kind: WriteKind, query: &str) -> String {
        write(kind, &Query::parse(query), "kubectl/v1").unwrap_err().message
    }

    #[test]
    fn an_apply_needs_a_manager_and_other_patches_have_no_force() {
        assert_eq!(
            refused_as(WriteKind::Apply, "force=true"),
            r#"PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch"#
        );
        assert_eq!(
            refused_as(WriteKind::Patch, "force=false&fieldManager=m"),
            r#"PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch"#
        );
    }

    #[test]
    fn each_refused_option_is_named() {
        let rows = [
            (
                "fieldValidation=Nope",
                r#"CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Nope": supported values: "", "Ignore", "Strict", "Warn""#,
            ),
            (
                "dryRun=Foo",
                r#"CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Foo"]: supported values: "All""#,
            ),
            (
                "fieldManager=a%0Ab",
                r#"CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\nb": invalid character U+000A (at position 1)"#,
            ),
        ];
        for (query, wanted) in rows {
            assert_eq!(refused(query), wanted);
        }
        let long = format!("fieldManager={}", "x".repeat(129));
        assert!(refused(&long).ends_with("fieldManager: Too long: may not be more than 128 bytes"));
    }

    #[test]
    fn the_manager_is_the_user_agent_up_to_its_slash() {
        let rows = [
            ("kubectl/v1.37 (linux)", "kubectl"),
            ("a\tb/1", "ab"),
            ("/foo", "unknown"),
            ("my agent (linux) x", "my agent (linux) x"),
        ];
        for (agent, wanted) in rows {
            assert_eq!(field_manager("", agent), wanted);
        }
        assert_eq!(field_manager("me", "kubectl/v1"), "me");
    }

    #[test]
    fn the_body_of_a_delete_wins_over_its_query() {
        let query = Query::parse("gracePeriodSeconds=5&dryRun=All");
        let (options, dry_run) = delete(None, &query).unwrap();
        assert_eq!((options.grace_period_seconds, dry_run), (Some(5), true));
        let body = serde_json::json!({"gracePeriodSeconds": 1, "preconditions": {"uid": "u"}});
        let (options, dry_run) = delete(Some(&body), &query).unwrap();
        assert_eq!((options.grace_period_seconds, dry_run), (Some(1), false));
        assert_eq!(options.uid.as_deref(), Some("u"));
    }

    #[test]
    fn a_number_must_be_one() {
        let status = list(&Query::parse("limit=x")).unwrap_err();
        assert_eq!(status.message, r#"strconv.ParseInt: parsing "x": invalid syntax"#);
        assert_eq!(status.code, 400);
    }
}

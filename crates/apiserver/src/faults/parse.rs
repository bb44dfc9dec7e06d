//! A plan as a YAML file, which people write: every mistake is told with its line.

use std::time::Duration;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::plan::{
    EventFault, EventType, Fault, Plan, RequestFault, Rule, Select, When, is_known_verb,
};
use crate::duration;

/// A file with faults cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(String);

/// Rules of a file; more would be a mistake.
const RULES_MAX: usize = 1000;
const RETRY_AFTER_SECONDS: u32 = 1;
const CODES: [u16; 6] = [409, 410, 429, 500, 503, 504];
const NAMES: &str = "staleList, slowAnswer, refuse, loseRequest, loseReply, delayEvents, \
                     dropEvents, coalesceEvents, endWatch, expireWatch";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    faults: Vec<Spanned<Entry>>,
}

/// A rule as it is written.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Entry {
    name: String,
    fault: String,
    user: Vec<String>,
    user_agent: Vec<String>,
    resource: Vec<String>,
    namespace: Vec<String>,
    verb: Vec<String>,
    event: Vec<String>,
    percent: Option<u64>,
    nth: Vec<u64>,
    limit: Option<u64>,
    from: Option<String>,
    until: Option<String>,
    age: Option<String>,
    delay: Option<String>,
    code: Option<u16>,
    retry_after: Option<u32>,
}

impl Plan {
    /// Reads a file with faults.
    ///
    /// # Errors
    /// The text is no YAML, names a field that rules do not have, or says something that cannot be:
    /// the message has the line.
    pub fn parse(yaml: &str) -> Result<Self, PlanError> {
        // Only the first line: the others draw a picture of the place.
        let file: File = serde_saphyr::from_str(yaml).map_err(|error| {
            PlanError(error.to_string().lines().next().unwrap_or_default().replace("error: ", ""))
        })?;
        if file.faults.len() > RULES_MAX {
            return Err(PlanError(format!("there are more than {RULES_MAX} faults")));
        }
        let rules = file.faults.iter().map(|entry| {
            let line = entry.referenced.line();
            entry.value.rule(line).map_err(|problem| PlanError(format!("line {line}: {problem}")))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    fn rule(&self, line: u64) -> Result<Rule, String> {
        let fault = self.fault()?;
        self.refuse_misplaced(fault)?;
        let name = match self.name.as_str() {
            "" => format!("{}-line-{line}", fault.name()),
            name => name.to_owned(),
        };
        Ok(Rule { name, select: self.select(fault)?, when: self.when()?, fault })
    }

    fn fault(&self) -> Result<Fault, String> {
        let delay = || required("delay", self.delay.as_deref());
        let request = match self.fault.as_str() {
            "staleList" => RequestFault::StaleList { age: required("age", self.age.as_deref())? },
            "slowAnswer" => RequestFault::SlowAnswer { delay: delay()? },
            "refuse" => self.refusal()?,
            "loseRequest" => RequestFault::LoseRequest,
            "loseReply" => RequestFault::LoseReply,
            other => {
                return Ok(Fault::Event(match other {
                    "delayEvents" => EventFault::Delay { delay: delay()? },
                    "dropEvents" => EventFault::Drop,
                    "coalesceEvents" => EventFault::Coalesce { delay: delay()? },
                    "endWatch" => EventFault::End,
                    "expireWatch" => EventFault::Expire,
                    "" => return Err(format!("`fault` is missing; it is one of {NAMES}")),
                    other => return Err(format!("`fault`: {other:?} is none of {NAMES}")),
                }));
            }
        };
        Ok(Fault::Request(request))
    }

    fn refusal(&self) -> Result<RequestFault, String> {
        let code = self.code.ok_or("`code` is missing")?;
        if !CODES.contains(&code) {
            return Err(format!("`code`: {code} is none of {CODES:?}"));
        }
        let retry_after_seconds = match (code, self.retry_after) {
            (429, None) => RETRY_AFTER_SECONDS,
            (429 | 500 | 503 | 504, Some(seconds)) => seconds,
            (_, None) => 0,
            (_, Some(_)) => return Err(format!("`retryAfter`: a {code} has none")),
        };
        Ok(RequestFault::Refuse { code, retry_after_seconds })
    }

    /// What is written and would not be looked at is a mistake.
    fn refuse_misplaced(&self, fault: Fault) -> Result<(), String> {
        let is_refusal = matches!(fault, Fault::Request(RequestFault::Refuse { .. }));
        let is_stale = matches!(fault, Fault::Request(RequestFault::StaleList { .. }));
        let has_delay = matches!(
            fault,
            Fault::Request(RequestFault::SlowAnswer { .. })
                | Fault::Event(EventFault::Delay { .. } | EventFault::Coalesce { .. })
        );
        let is_event = matches!(fault, Fault::Event(_));
        let fields = [
            ("age", self.age.is_some(), is_stale),
            ("delay", self.delay.is_some(), has_delay),
            ("code", self.code.is_some(), is_refusal),
            ("retryAfter", self.retry_after.is_some(), is_refusal),
            ("event", !self.event.is_empty(), is_event),
            ("verb", !self.verb.is_empty(), !is_event && !is_stale),
        ];
        match fields.iter().find(|(_, is_given, has_place)| *is_given && !has_place) {
            Some((field, ..)) => Err(format!("`{field}`: {} has none", fault.name())),
            None => Ok(()),
        }
    }

    fn select(&self, fault: Fault) -> Result<Select, String> {
        if let Some(verb) = self.verb.iter().find(|verb| !is_known_verb(verb)) {
            return Err(format!(
                "`verb`: {verb:?} is no verb; see `kubectl api-resources -o wide`"
            ));
        }
        let kinds = [EventType::Added, EventType::Modified, EventType::Deleted];
        let events = self.event.iter().map(|name| {
            let kind = kinds.into_iter().find(|kind| kind.name() == name);
            kind.ok_or_else(|| format!("`event`: {name:?} is none of added, modified, deleted"))
        });
        let verbs = match fault {
            Fault::Request(_) => self.verb.clone(),
            Fault::Event(_) => vec!["watch".to_owned()],
        };
        Ok(Select {
            users: self.user.clone(),
            agents: self.user_agent.clone(),
            resources: self.resource.clone(),
            namespaces: self.namespace.clone(),
            verbs,
            events: events.collect::<Result<_, _>>()?,
        })
    }

    fn when(&self) -> Result<When, String> {
        let percent = self.percent.unwrap_or(100);
        if percent > 100 {
            return Err(format!("`percent`: {percent} is more than 100"));
        }
        if self.nth.contains(&0) {
            return Err("`nth`: the first is 1".to_owned());
        }
        let from = optional("from", self.from.as_deref())?.unwrap_or(Duration::ZERO);
        let until = optional("until", self.until.as_deref())?.unwrap_or(Duration::MAX);
        if until <= from {
            return Err("`until` is not after `from`".to_owned());
        }
        let limit = self.limit.unwrap_or(u64::MAX);
        Ok(When { percent, nth: self.nth.clone(), limit, from, until })
    }
}

fn required(field: &str, text: Option<&str>) -> Result<Duration, String> {
    optional(field, text)?.ok_or_else(|| format!("`{field}` is missing, such as `{field}: 2s`"))
}

fn optional(field: &str, text: Option<&str>) -> Result<Option<Duration>, String> {
    let Some(text) = text else { return Ok(None) };
    match duration::parse(text) {
        Ok(duration) => Ok(Some(duration)),
        Err(_) => Err(format!("`{field}`: {text:?} is no duration; write 500ms, 10s or 5m")),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(yaml: &str, wanted: Expect) {
        let said = match Plan::parse(yaml) {
            Ok(plan) => format!("{:#?}", plan.rules),
            Err(error) => error.to_string(),
        };
        wanted.assert_eq(&said);
    }

    #[test]
    fn a_rule_says_whom_when_and_what() {
        check(
            "
faults:
- name: late
  fault: delayEvents
  delay: 1.5s
  userAgent: [op/]
  event: [deleted]
  percent: 30
  until: 1m
",
            expect![[r#"
                [
                    Rule {
                        name: "late",
                        select: Select {
                            users: [],
                            agents: [
                                "op/",
                            ],
                            resources: [],
                            namespaces: [],
                            verbs: [
                                "watch",
                            ],
                            events: [
                                Deleted,
                            ],
                        },
                        when: When {
                            percent: 30,
                            nth: [],
                            limit: 18446744073709551615,
                            from: 0ns,
                            until: 60s,
                        },
                        fault: Event(
                            Delay {
                                delay: 1.5s,
                            },
                        ),
                    },
                ]"#]],
        );
    }

    #[test]
    fn a_rule_without_a_name_is_called_by_its_line() {
        let plan = Plan::parse("faults:\n- fault: loseReply\n- fault: endWatch\n").expect("valid");
        let names: Vec<&str> = plan.rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["loseReply-line-2", "endWatch-line-3"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_field() {
        let rows = [
            "faults:\n- fault: lose",
            "faults:\n- fault: loseReply\n- delay: 1s",
            "faults:\n- fault: delayEvents",
            "faults:\n- fault: delayEvents\n  delay: soon",
            "faults:\n- fault: loseReply\n  delay: 1s",
            "faults:\n- fault: refuse\n  code: 418",
            "faults:\n- fault: refuse\n  code: 409\n  retryAfter: 1",
            "faults:\n- fault: loseReply\n  verb: [put]",
            "faults:\n- fault: dropEvents\n  verb: [watch]",
            "faults:\n- fault: dropEvents\n  event: [gone]",
            "faults:\n- fault: loseReply\n  percent: 101",
            "faults:\n- fault: loseReply\n  nth: [0]",
            "faults:\n- fault: loseReply\n  from: 10s\n  until: 5s",
            "faults:\n- fault: loseReply\n  usrAgent: [x]",
            "faults:\n- fault: loseReply\n  nth: third",
            "fault: []",
            "faults: [",
        ];
        let said = rows.map(|row| Plan::parse(row).expect_err(row).to_string());
        expect![[r#"
            line 2: `fault`: "lose" is none of staleList, slowAnswer, refuse, loseRequest, loseReply, delayEvents, dropEvents, coalesceEvents, endWatch, expireWatch
            line 3: `fault` is missing; it is one of staleList, slowAnswer, refuse, loseRequest, loseReply, delayEvents, dropEvents, coalesceEvents, endWatch, expireWatch
            line 2: `delay` is missing, such as `delay: 2s`
            line 2: `delay`: "soon" is no duration; write 500ms, 10s or 5m
            line 2: `delay`: loseReply has none
            line 2: `code`: 418 is none of [409, 410, 429, 500, 503, 504]
            line 2: `retryAfter`: a 409 has none
            line 2: `verb`: "put" is no verb; see `kubectl api-resources -o wide`
            line 2: `verb`: dropEvents has none
            line 2: `event`: "gone" is none of added, modified, deleted
            line 2: `percent`: 101 is more than 100
            line 2: `nth`: the first is 1
            line 2: `until` is not after `from`
            line 3 column 3: unknown field `usrAgent`, expected one of name, fault, user, userAgent, resource, namespace, verb, event, percent, nth, limit, from, until, age, delay, code, retryAfter
            line 3 column 8: expected sequence start
            line 1 column 1: unknown field `fault`, expected one of faults
            line 1 column 9: unclosed bracket '['"#]].assert_eq(&said.join("\n"));
    }
}

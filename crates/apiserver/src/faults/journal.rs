//! What was injected where: the last of it in full, all of it in numbers.

use std::collections::VecDeque;

use meta::time::Time;
use serde::Serialize;

use super::{decide::Subject, plan::Fault};

/// Remembered in full; older ones are only counted.
const RECORDS_MAX: usize = 1000;

/// The faults so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    records: VecDeque<Record>,
    /// Number of the last record.
    last: u64,
}

/// One injected fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// From 1.
    number: u64,
    time: String,
    rule: String,
    fault: &'static str,
    user: String,
    user_agent: String,
    /// Of an event, `added`, `modified` or `deleted`.
    verb: &'static str,
    /// `deployments.apps`, `pods/status`.
    resource: String,
    namespace: String,
    /// Empty for collections.
    name: String,
}

impl Record {
    pub(super) fn of(rule: &str, fault: Fault, subject: &Subject<'_>, now: Time) -> Self {
        let (asked, verb, namespace, name) = match subject {
            Subject::Request(asked) => (*asked, asked.verb, &*asked.namespace, &*asked.name),
            Subject::Event { watch, kind, key } => {
                (*watch, kind.name(), &*key.namespace, &*key.name)
            }
        };
        let mut resource = asked.resource.clone();
        for (sign, part) in [('.', &asked.group), ('/', &asked.subresource)] {
            if !part.is_empty() {
                resource.push(sign);
                resource.push_str(part);
            }
        }
        Self {
            number: 0,
            time: now.to_string(),
            rule: rule.to_owned(),
            fault: fault.name(),
            user: asked.user.clone(),
            user_agent: asked.agent.clone(),
            verb,
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Journal {
    pub(super) fn push(&mut self, record: Record) {
        self.last += 1;
        if self.records.len() == RECORDS_MAX {
            self.records.pop_front();
        }
        self.records.push_back(Record { number: self.last, ..record });
    }

    /// Number of the last record; zero before the first.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// What came after a record and is still remembered.
    pub(super) fn after(&self, number: u64) -> Vec<Record> {
        let first = self.records.partition_point(|record| record.number <= number);
        self.records.range(first..).cloned().collect()
    }
}

//! Each promise is broken once, and told.

use expect_test::{Expect, expect};

use super::*;

/// A history in which nothing is wrong: `a` is written twice, `b` comes and goes.
fn good() -> History {
    let write = |key: &str, action, tick, answer| Write {
        key: key.to_owned(),
        action,
        sent: tick,
        answered: tick + 1,
        answer,
    };
    let event = |key: &str, value, revision| Event { key: key.to_owned(), value, revision };
    let items = |items: &[(&str, Value, Revision)]| {
        let items = items.iter();
        items
            .map(|(key, value, revision)| {
                ((*key).to_owned(), Item { value: *value, revision: *revision })
            })
            .collect()
    };
    let events = vec![
        event("a", Some(1), 11),
        event("b", Some(2), 12),
        event("a", Some(3), 15),
        event("b", None, 16),
    ];
    History {
        writes: vec![
            write("a", Action::Put(1), 10, Answer::Done(Some(11))),
            write("b", Action::Put(2), 20, Answer::Unknown),
            write("b", Action::Read(Some(2)), 30, Answer::Done(None)),
            write("a", Action::Put(3), 40, Answer::Done(Some(15))),
            write("b", Action::Delete, 50, Answer::Done(None)),
        ],
        lists: vec![
            List { revision: 10, sent: 1, answered: 2, items: items(&[]) },
            List {
                revision: 13,
                sent: 32,
                answered: 33,
                items: items(&[("a", 1, 11), ("b", 2, 12)]),
            },
            List { revision: 17, sent: 60, answered: 61, items: items(&[("a", 3, 15)]) },
        ],
        watches: vec![
            Watch { after: 10, events: events.clone(), through: 17 },
            Watch { after: 12, events: events[2..].to_vec(), through: 16 },
        ],
    }
}

fn check(break_it: impl FnOnce(&mut History), wanted: Expect) {
    let mut history = good();
    break_it(&mut history);
    wanted.assert_eq(&history.complaints().join("\n"));
}

#[test]
fn a_good_history_is_compared_and_gives_no_complaint() {
    check(|_| {}, expect![[""]]);
    assert_eq!(good().compared(), Compared { writes_in_watches: 2, lists: 2 });
}

#[test]
fn an_acknowledged_write_that_is_gone_is_told() {
    check(
        |history| history.writes[2].action = Action::Read(Some(9)),
        expect![[r#"
        b reads Some(9) and can only be {None, Some(2)}
        b is Some(2) in the list at 13 (tick 32) and can only be {Some(9)}"#]],
    );
    check(
        |history| {
            history.lists[2].items.clear();
        },
        expect![[r#"
            a is None in the list at 17 (tick 60) and can only be {Some(3)}
            the list at 17 shows a as None; by the events it is Some(Item { value: 3, revision: 15 })"#]],
    );
}

#[test]
fn a_write_without_answer_may_have_happened_or_not() {
    check(
        |history| history.writes[2].action = Action::Read(None),
        expect!["b is Some(2) in the list at 13 (tick 32) and can only be {None}"],
    );
}

#[test]
fn a_revision_that_falls_is_told() {
    check(
        |history| history.writes[3].answer = Answer::Done(Some(11)),
        expect![[r#"
        the write Put(3) of a has revision 11, and 11 was known before
        revision 11 wrote ("a", Some(3)), watches saw Some(("a", Some(1)))"#]],
    );
    check(
        |history| history.lists[2].revision = 14,
        expect![[r#"
        a list has revision 14, and 15 was known before
        the list at 14 shows a as Some(Item { value: 3, revision: 15 }); by the events it is Some(Item { value: 1, revision: 11 })"#]],
    );
}

#[test]
fn a_watch_out_of_order_is_told() {
    check(
        |history| history.watches[1].events.swap(0, 1),
        expect![[r#"
        a watch shows a at 15 after 16
        a watch lacks a at 15"#]],
    );
}

#[test]
fn a_watch_with_a_gap_is_told() {
    check(
        |history| {
            history.watches[0].events.remove(1);
            history.watches[1].events.remove(0);
        },
        expect![[r#"
            a watch lacks a at 15
            the list at 13 shows b as Some(Item { value: 2, revision: 12 }); by the events it is None"#]],
    );
}

#[test]
fn a_list_that_is_not_the_state_of_its_revision_is_told() {
    check(
        |history| {
            history.lists[1].items.remove("b");
        },
        expect![[r#"
            b is None in the list at 13 (tick 32) and can only be {Some(2)}
            the list at 13 shows b as None; by the events it is Some(Item { value: 2, revision: 12 })"#]],
    );
}

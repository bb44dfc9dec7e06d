//! Who sees which page, with a judge that knows three people.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use http::Method;

use super::*;

/// Knows the tokens `monitor`, `master` and `lost`, and counts what it is asked.
#[derive(Default)]
struct Known(AtomicUsize);

impl Judge for Known {
    fn certified(&self, _chain: Arc<[CertificateDer<'static>]>) -> BoxFuture<Option<Person>> {
        Box::pin(async { None })
    }
    fn bearer(&self, token: String) -> BoxFuture<Result<Option<Person>, String>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let group = match token.as_str() {
            "monitor" => "system:monitoring",
            "master" => MASTERS,
            "lost" => return Box::pin(async { Err("nobody answers".to_owned()) }),
            _ => return Box::pin(async { Ok(None) }),
        };
        let person = Person { name: token, groups: vec![group.to_owned()], ..Person::default() };
        Box::pin(async { Ok(Some(person)) })
    }
    fn may(
        &self,
        person: Person,
        _verb: String,
        path: String,
    ) -> BoxFuture<Result<Verdict, String>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            match (person.name.as_str(), path.as_str()) {
                ("monitor", "/metrics") => Ok(Verdict::Allowed),
                (_, "/lost") => Err("nobody answers".to_owned()),
                _ => Ok(Verdict::Refused(String::new())),
            }
        })
    }
}

struct Lab {
    runtime: tokio::runtime::Runtime,
    judge: Arc<Known>,
    access: Access,
}

fn lab() -> Lab {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = world::real::world(runtime.handle());
    let judge = Arc::new(Known::default());
    let asked: Arc<dyn Judge> = judge.clone();
    let time = Duration::from_secs(10);
    let access = Access {
        always_allowed: vec!["/healthz".to_owned(), "/open/*".to_owned()],
        judge: asked,
        clock: world.clock,
        memory: Memory::new(time, time, time),
    };
    Lab { runtime, judge, access }
}

impl Lab {
    /// The code and the text that the bearer of a token gets; nobody's token is empty.
    fn ask(&self, token: &str, path: &str) -> (u16, String) {
        let asked = Asked {
            method: Method::GET,
            path: path.to_owned(),
            query: String::new(),
            accept: String::new(),
        };
        let authorization =
            if token.is_empty() { String::new() } else { format!("Bearer {token}") };
        let shown = Shown { authorization, ..Shown::default() };
        let reply = self.runtime.block_on(self.access.refuse(&shown, &asked));
        reply.map_or((200, String::new()), |reply| (reply.status.as_u16(), reply.body))
    }

    fn check(&self, token: &str, path: &str, wanted: u16) {
        assert_eq!(self.ask(token, path).0, wanted, "{path} by {token:?}");
    }
}

#[test]
fn everybody_sees_what_is_always_allowed_and_nothing_more() {
    let lab = lab();
    lab.check("", "/healthz", 200);
    lab.check("", "/open/door", 200);
    lab.check("", "/opened", 403);
    lab.check("", "/healthz/ping", 403);
    lab.check("", "/metrics", 403);
    let (_, text) = lab.ask("", "/metrics");
    let wanted = r#"forbidden: User \"system:anonymous\" cannot get path \"/metrics\""#;
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn others_see_what_the_judge_lets_them() {
    let lab = lab();
    lab.check("monitor", "/metrics", 200);
    lab.check("monitor", "/configz", 403);
    lab.check("master", "/configz", 200);
}

#[test]
fn a_proof_that_proves_nothing_is_refused_everywhere() {
    lab().check("wrong", "/healthz", 401);
}

#[test]
fn where_nobody_answers_nobody_is_let_in() {
    let lab = lab();
    lab.check("lost", "/healthz", 401);
    lab.check("monitor", "/lost", 500);
}

#[test]
fn the_judge_is_not_asked_twice_in_a_row() {
    let lab = lab();
    for _ in 0..3 {
        lab.check("monitor", "/metrics", 200);
        lab.check("monitor", "/configz", 403);
    }
    assert_eq!(lab.judge.0.load(Ordering::Relaxed), 3);
}

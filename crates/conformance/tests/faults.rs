//! Faults that a file asks for, as kubectl meets them: each rule in a namespace of its own.

use std::time::Duration;

use conformance::{
    lab::Lab,
    patience::{Since, eventually},
    tools::Kubectl,
};
use expect_test::expect;

const FAULTS: &str = "
faults:
- {name: conflict, fault: refuse, code: 409, userAgent: [kubectl], namespace: [conflict], nth: [1]}
- {name: busy, fault: refuse, code: 429, retryAfter: 1, userAgent: [kubectl], namespace: [busy], limit: 1}
- {name: broken, fault: refuse, code: 503, userAgent: [kubectl], namespace: [broken]}
- {name: request, fault: loseRequest, userAgent: [kubectl], namespace: [request], verb: [write]}
- {name: reply, fault: loseReply, userAgent: [kubectl], namespace: [reply], nth: [2]}
- {name: slow, fault: slowAnswer, delay: 2s, userAgent: [kubectl], namespace: [slow]}
- {name: stale, fault: staleList, age: 1h, userAgent: [kubectl], namespace: [stale]}
- {name: late, fault: delayEvents, delay: 2s, userAgent: [kubectl], namespace: [late], event: [added]}
- {name: expired, fault: expireWatch, userAgent: [kubectl], namespace: [expired], event: [deleted]}
";
const EVENT_TIME_MAX: Duration = Duration::from_secs(20);

fn with_faults() -> Lab {
    let mut lab = Lab::unstarted(Kubectl::Current);
    lab.folder().write("faults.yaml", FAULTS);
    lab.up_with(&["--memory", "--faults", "faults.yaml", "--seed", "7"]);
    let names = "conflict busy broken request reply slow stale late expired";
    lab.must(&format!("for name in {names}; do kubectl create namespace $name; done"));
    lab
}

#[test]
fn requests_are_refused_lost_and_late_as_the_file_says() {
    let lab = with_faults();
    lab.check(expect![[r#"
        $ kubectl create configmap one -n conflict && kubectl label configmap one -n conflict a=b
        configmap/one created
        ! Error from server (Conflict): Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again
        exit code 1
        $ kubectl label configmap one -n conflict a=b
        configmap/one labeled
        $ kubectl get configmap none -n busy
        ! Error from server (NotFound): configmaps "none" not found
        exit code 1
        $ kubectl get configmap none -n broken
        ! Error from server (ServiceUnavailable): the server is currently unable to handle the request
        exit code 1
        $ kubectl create configmap one -n reply
        configmap/one created
        $ kubectl create configmap two -n reply 2>/dev/null
        exit code 1
        $ kubectl get configmap two -n reply -o name
        configmap/two
        $ kubectl create configmap one -n request 2>/dev/null
        exit code 1
        $ kubectl get configmap one -n request -o name
        ! Error from server (NotFound): configmaps "one" not found
        exit code 1
    "#]]);
    let since = Since::now();
    lab.must("kubectl get secrets -n slow");
    assert!(since.passed() >= Duration::from_secs(2));
}

#[test]
fn a_list_that_may_be_stale_is_and_one_that_may_not_is_not() {
    let lab = with_faults();
    lab.must("kubectl get secrets -n stale && kubectl create secret generic one -n stale");
    let count = |query: &str| {
        let path = format!("/api/v1/namespaces/stale/secrets{query}");
        let list = lab.run(&format!("kubectl get --raw '{path}'")).expect_success().json();
        list["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("?resourceVersion=0"), 0);
    assert_eq!(count(""), 1);
}

#[test]
fn events_are_late_and_watches_expire() {
    let lab = with_faults();
    let watch = |namespace: &str| {
        let script = format!("kubectl get secrets -n {namespace} -w --output-watch-events");
        lab.background(&script, &format!("{namespace}.out"))
    };
    let _late = watch("late");
    let expired = watch("expired");
    let create = |namespace: &str| {
        lab.must(&format!("kubectl create secret generic one -n {namespace}"));
    };
    let seen = |namespace: &str, text: &str| {
        eventually(&format!("{namespace} shows {text}"), EVENT_TIME_MAX, || {
            lab.folder().read(&format!("{namespace}.out")).contains(text).then_some(())
        });
    };
    // The first shows that the watch runs.
    for namespace in ["late", "expired"] {
        create(namespace);
        seen(namespace, "ADDED");
    }
    let since = Since::now();
    lab.must("kubectl create secret generic two -n late");
    seen("late", "two");
    assert!(since.passed() >= Duration::from_secs(2));
    lab.must("kubectl delete secret one -n expired");
    // kubectl does not list anew.
    expired.wait();
    assert!(!lab.folder().read("expired.out").contains("DELETED"));
}

#[test]
fn what_was_injected_is_listed_followed_and_counted() {
    let lab = with_faults();
    let _follow = lab.background("pilothouse faults --follow", "follow.out");
    lab.run("kubectl get configmap none -n broken");
    eventually("the fault is told", EVENT_TIME_MAX, || {
        lab.folder().read("follow.out").contains("broken refuse kubectl").then_some(())
    });
    lab.check(expect![[r#"
        $ pilothouse faults | grep broken
        broken refuse 1 1
        TIME broken refuse kubectl get configmaps broken/none
        $ kubectl get --raw /metrics | grep ^pilothouse_faults
        pilothouse_faults_injected_total{fault="refuse",rule="broken"} 1
    "#]]);
}

#[test]
fn a_file_with_a_mistake_is_refused_with_its_line() {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.folder().write("faults.yaml", "faults:\n- fault: delayEvents\n- fault: loseReply\n");
    lab.check(expect![[r#"
        $ pilothouse up --memory --faults faults.yaml
        ! pilothouse: cannot use faults.yaml: line 2: `delay` is missing, such as `delay: AGE`
        exit code 1
        $ pilothouse up --memory --faults missing.yaml
        ! pilothouse: cannot read --faults: missing.yaml: no such file
        exit code 1
        $ pilothouse up --memory --seed 7
        ! pilothouse: the following required arguments were not provided: --faults <FILE>; see --help
        exit code 2
    "#]]);
}

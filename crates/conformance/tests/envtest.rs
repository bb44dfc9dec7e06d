//! Our binary under the names `kube-apiserver` and `etcd`: controller-runtime's test environment starts them as
//! it starts the reference's, and `etcdctl` reads what is stored.

use std::time::Duration;

use conformance::{
    background::Background,
    lab::Lab,
    patience::eventually,
    tools::{self, GoClient, Kubectl},
};
use expect_test::expect;

const START_TIME_MAX: Duration = Duration::from_secs(20);

/// A laboratory with our binary under the other names, in the folder `assets`.
fn lab() -> Lab {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.must("mkdir assets && ln -s $(command -v pilothouse) assets/etcd");
    lab.must("ln -s $(command -v pilothouse) assets/kube-apiserver");
    lab
}

/// Our etcd on the laboratory's port.
fn etcd(lab: &Lab) -> Background {
    let server = lab.background(
        "assets/etcd --data-dir=store --listen-client-urls=http://127.0.0.1:$PORT \
         --advertise-client-urls=http://127.0.0.1:$PORT",
        "etcd.out",
    );
    eventually("etcd is healthy", START_TIME_MAX, || {
        let health = lab.run("curl -s http://127.0.0.1:$PORT/health").stdout;
        health.contains(r#""health":"true""#).then_some(())
    });
    server
}

#[test]
fn a_controller_is_tested_in_the_test_environment_of_controller_runtime() {
    let Some(drive) = tools::go_client(GoClient::Drive) else { return };
    let lab = lab();
    lab.show(&drive);
    lab.check(expect![[r#"
        $ KUBEBUILDER_ASSETS=$PWD/assets drive envtest 2>/dev/null
        started
        painted red
        painted blue
        cleaned up
        a guest may not
    "#]]);
}

#[test]
fn the_references_flags_are_known_and_no_others() {
    let lab = lab();
    lab.check(expect![[r#"
        $ assets/kube-apiserver --version
        Kubernetes v1.37.2
        $ assets/kube-apiserver --help | grep -A1 -- --etcd-servers
              --etcd-servers strings
              --etcd-servers-overrides strings
              --lease-reuse-duration-seconds int (default 60)
        $ assets/kube-apiserver --etcd-server=http://127.0.0.1:2379
        ! pilothouse: unknown flag: --etcd-server (did you mean --etcd-servers?)
        exit code 2
        $ assets/kube-apiserver --secure-port=many
        ! pilothouse: invalid argument "many" for --secure-port: no whole number of 32 bits
        exit code 2
        $ assets/kube-apiserver --secure-port=6443
        ! pilothouse: --etcd-servers must be specified
        exit code 2
        $ assets/etcd --listen-client-url=http://127.0.0.1:2379
        ! pilothouse: unknown flag: --listen-client-url (did you mean --listen-client-urls?)
        exit code 2
        $ assets/etcd --listen-client-urls=https://127.0.0.1:2379
        ! pilothouse: --listen-client-urls: https://127.0.0.1:2379 is no http://host:port; encryption is not served
        exit code 1
    "#]]);
}

#[test]
fn etcdctl_reads_writes_and_watches() {
    let lab = lab();
    lab.show(&tools::etcd("etcdctl"));
    let _etcd = etcd(&lab);
    lab.folder().write(
        "etcdctl",
        "#!/bin/sh\nETCDCTL_API=3 exec etcdctl --endpoints=127.0.0.1:$PORT \"$@\"\n",
    );
    lab.must("chmod +x etcdctl");
    let _watch = lab.background("./etcdctl watch --prefix /a --prev-kv", "watch.out");
    // Only a watch that has begun hears of the first key.
    eventually("the watch has begun", START_TIME_MAX, || {
        lab.must("./etcdctl put /a/begin x");
        lab.folder().read("watch.out").contains("/a/begin").then_some(())
    });
    lab.check(expect![[r#"
        $ ./etcdctl put /b/one 1 && ./etcdctl put /b/one 2 --prev-kv
        OK
        OK
        /b/one
        1
        $ ./etcdctl put /b/two 2 > out && ./etcdctl get --prefix /b --order=DESCEND --keys-only | grep .
        /b/two
        /b/one
        $ printf 'value("/b/one") = "2"\n\nput /b/three 3\nget /b/one\n\nget /b/two\n\n' | ./etcdctl txn
        SUCCESS

        OK

        /b/one
        2
        $ printf 'create("/b/one") = "0"\n\nput /b/one 9\n\nget /b/two\n\n' | ./etcdctl txn
        FAILURE

        /b/two
        2
        $ ./etcdctl put --lease=7 /b/four 4 2>&1 | grep -o 'requested lease not found' | head -1
        requested lease not found
        $ L=$(./etcdctl lease grant 600 | cut -d' ' -f2) && ./etcdctl put --lease=$L /b/four 4 && ./etcdctl lease timetolive $L | grep -o 'TTL(.*s), ' && ./etcdctl lease revoke $L | cut -d' ' -f3
        OK
        TTL(AGE),
        revoked
        $ ./etcdctl del --prefix /b
        3
        $ ./etcdctl compaction 3
        compacted revision 3
        $ ./etcdctl get /b/one --rev 2 2>&1 | tail -1
        Error: etcdserver: mvcc: required revision has been compacted
        $ ./etcdctl endpoint status -w json | grep -o '"version":"[0-9.]*"'
        "version":"3.5.16"
        $ ./etcdctl member list | cut -d' ' -f2-4
        started, default, ,
    "#]]);
    lab.must("./etcdctl put /a/b 1 && ./etcdctl del /a/b");
    eventually("the watch shows the deletion", START_TIME_MAX, || {
        lab.folder().read("watch.out").ends_with("DELETE\n/a/b\n1\n/a/b\n\n").then_some(())
    });
}

#[test]
fn what_an_api_server_stores_is_there_under_the_references_keys() {
    let lab = lab();
    lab.show(&tools::etcd("etcdctl"));
    let _etcd = etcd(&lab);
    let _server = lab.background(
        "assets/kube-apiserver --etcd-servers=http://127.0.0.1:$PORT --cert-dir=certificates \
         --secure-port=$((PORT + 8000)) --bind-address=127.0.0.1 --authorization-mode=Node,RBAC",
        "server.out",
    );
    eventually("the API server is ready", START_TIME_MAX, || {
        lab.folder().read("server.out").contains("Ready").then_some(())
    });
    let kubectl = "kubectl --kubeconfig=certificates/pki/admin.kubeconfig";
    lab.must(&format!("{kubectl} create configmap settings --from-literal=size=3"));
    let get = "ETCDCTL_API=3 etcdctl --endpoints=127.0.0.1:$PORT get";
    let stored = lab.must(&format!("{get} --prefix /registry/configmaps/default/settings"));
    assert!(stored.contains("/registry/configmaps/default/settings\n"), "{stored}");
    assert!(stored.contains(r#""data":{"size":"3"}"#), "{stored}");
}

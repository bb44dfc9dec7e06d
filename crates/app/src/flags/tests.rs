//! Command lines and what they mean; and whether our tables are the reference's.

use std::{fs, path::Path};

use super::*;

fn parse(line: &str) -> Result<Flags, String> {
    let arguments = line.split_whitespace().map(ToOwned::to_owned);
    Flags::parse(&kube_controller_manager(), arguments).map_err(|error| error.to_string())
}

fn shown(line: &str, name: &str) -> String {
    let flags = parse(line).unwrap();
    flags.shown().find(|(known, _)| *known == name).unwrap().1
}

fn refused(line: &str) -> String {
    parse(line).unwrap_err()
}

#[test]
fn a_flag_that_is_not_given_has_its_default() {
    assert_eq!(shown("", "leader-elect-lease-duration"), "15s");
    assert_eq!(shown("", "controllers"), "[*]");
    let flags = parse("").unwrap();
    assert!(flags.is_on("leader-elect"));
    assert_eq!(flags.integer("secure-port"), 10257);
    assert_eq!(flags.list("controllers"), ["*"]);
    assert_eq!(flags.given().count(), 0);
}

#[test]
fn every_default_is_of_its_type() {
    let tables = [kube_controller_manager(), kube_apiserver(), etcd()];
    for flag in tables.iter().flat_map(Table::iter) {
        let shown = flag.kind.read_default(flag.default).shown();
        let bare = shown.is_empty() && ["[]", "<nil>"].contains(&flag.default);
        assert!(bare || shown == flag.default, "{}: {shown} for {}", flag.name, flag.default);
    }
}

#[test]
fn a_value_follows_an_equals_sign_or_a_space() {
    for line in ["--kubeconfig=file", "--kubeconfig file"] {
        assert_eq!(parse(line).unwrap().text("kubeconfig"), "file");
    }
    assert_eq!(refused("--kubeconfig"), "flag needs an argument: --kubeconfig");
}

#[test]
fn a_boolean_may_stand_alone_and_takes_gos_spellings() {
    assert!(
        parse("--use-service-account-credentials")
            .unwrap()
            .is_on("use-service-account-credentials")
    );
    for off in ["0", "f", "F", "false", "FALSE", "False"] {
        assert!(!parse(&format!("--leader-elect={off}")).unwrap().is_on("leader-elect"), "{off}");
    }
    assert_eq!(
        refused("--leader-elect=no"),
        r#"invalid argument "no" for --leader-elect: no boolean"#
    );
    assert_eq!(
        refused("--leader-elect false"),
        r#"unexpected argument "false": there are only flags"#
    );
}

#[test]
fn underscores_are_the_old_spelling_of_hyphens() {
    assert_eq!(parse("--root_ca_file=x").unwrap().text("root-ca-file"), "x");
}

#[test]
fn letters_take_their_value_attached_or_apart() {
    for line in ["-v=4", "-v4", "-v 4", "--v=4"] {
        assert_eq!(parse(line).unwrap().integer("v"), 4, "{line}");
    }
    assert!(parse("-h").unwrap().is_on("help"));
}

#[test]
fn lists_and_maps_grow_when_they_are_given_again() {
    assert_eq!(shown("--controllers=a,b --controllers=-c", "controllers"), "[a,b,-c]");
    let flags = parse("--feature-gates=A=true,B=false --feature-gates=B=true").unwrap();
    assert_eq!(flags.entry("feature-gates", "B"), Some("true"));
    assert_eq!(flags.entry("feature-gates", "C"), None);
    assert_eq!(shown("--v=1 --v=2", "v"), "2");
}

#[test]
fn an_unknown_flag_names_the_nearest() {
    assert_eq!(refused("--kubeconfg=x"), "unknown flag: --kubeconfg (did you mean --kubeconfig?)");
    assert_eq!(refused("--pod-eviction-timeout=5m"), "unknown flag: --pod-eviction-timeout");
    assert_eq!(refused("-x"), "unknown flag: -x");
}

#[test]
fn a_value_must_be_of_the_flags_type() {
    for (line, message) in [
        (
            "--concurrent-gc-syncs=many",
            r#"invalid argument "many" for --concurrent-gc-syncs: no whole number of 32 bits"#,
        ),
        (
            "--node-monitor-period=5",
            r#"invalid argument "5" for --node-monitor-period: no duration such as 1m30s"#,
        ),
        ("--bind-address=here", r#"invalid argument "here" for --bind-address: no IP address"#),
        ("--feature-gates=A", r#"invalid argument "A" for --feature-gates: "A" is no key=value"#),
    ] {
        assert_eq!(refused(line), message);
    }
}

#[test]
fn help_lists_what_is_not_hidden() {
    let text = help(&kube_controller_manager());
    assert!(text.contains("      --secure-port int (default 10257)\n"));
    assert!(text.contains("  -v, --v int (default 0)\n"));
    assert!(!text.contains("allow-untagged-cloud"));
}

/// Where the reference's tables lie beside the project, both must agree.
#[test]
fn the_tables_are_the_references() {
    agrees(&kube_controller_manager(), "flags-kcm.tsv");
    agrees(&kube_apiserver(), "flags-apiserver.tsv");
}

fn agrees(table: &Table, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/api-facts");
    let Ok(text) = fs::read_to_string(path.join(name)) else { return };
    let mut lines = 0;
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let flag = table.get(columns[0]).unwrap_or_else(|| panic!("{} is missing", columns[0]));
        let yes = |is: bool| if is { "yes" } else { "no" };
        let short = flag.short.map(String::from).unwrap_or_default();
        let bare = if flag.kind.may_stand_alone() { "true" } else { "" };
        let ours =
            [&short, flag.default, bare, flag.section, yes(flag.deprecated), yes(flag.hidden)];
        let theirs = [columns[1], columns[3], columns[4], columns[5], columns[6], columns[7]];
        assert_eq!(ours, theirs, "{}", flag.name);
        assert_eq!(flag.kind, Kind::parse(columns[2]), "{}", flag.name);
        lines += 1;
    }
    assert_eq!(lines, table.iter().count());
}

//! The Python client: typed and dynamic, watches, and kinds of one's own.

use conformance::{lab::Lab, tools};
use expect_test::expect;

#[test]
fn the_python_client_works_with_built_in_and_custom_objects() {
    let Some(packages) = tools::python_client() else { return };
    let lab = Lab::start();
    let program = tools::project().join("crates/conformance/clients/python/drive.py");
    lab.show(&program);
    lab.folder().write("python", &packages.display().to_string());
    lab.check(expect![[r#"
        $ PYTHONPATH=$(cat python) python3 bin/drive.py
        deployment: {'Running'}
        stale: 409 Conflict
        watch: ['ADDED', 'MODIFIED', 'DELETED']
        lists that are empty: []
        widget: {'color': 'blue', 'size': 3}
        widgets' watch: ['ADDED']
        listed: ['one']
        gone: 404
    "#]]);
}

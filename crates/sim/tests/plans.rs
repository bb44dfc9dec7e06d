//! Plans that went wrong once: each file in `plans` is a run that must pass.

use std::{fs, path::Path};

use sim::{Detail, plan::Plan, run};

#[test]
fn what_went_wrong_once_does_not_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|file| file.expect("readable").path())
        .collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "json")) {
        println!("{}", file.display());
        let plan = Plan::parse(&fs::read_to_string(file).expect("readable")).expect("a plan");
        if let Err(failure) = run(&plan, Detail::Silent) {
            panic!("{}: {failure}", file.display());
        }
    }
}

//! The audit pipeline with a million events: lossless under kills and rotations, its speed, how long
//! questions take, and what the recommended policy costs requests.

mod latency;
mod log;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use world::World;

use crate::{
    folder::{Folder, names},
    process::{self, Process},
    say,
};
use log::Log;

const EVENTS: u64 = 1_000_000;
const ROTATIONS: u64 = 5;
const KILLS: u64 = 10;
const BETWEEN_KILLS: Duration = Duration::from_millis(400);
/// What is given to questions with parameters.
const PARAMETERS: [(&str, &[&str]); 2] = [
    ("service-account.sql", &["namespace=kube-system", "account=deployment-controller"]),
    ("timeline.sql", &["resource=deployments", "namespace=team-3", "name=web-7"]),
];

pub(crate) async fn measure(world: &World) -> Result<()> {
    let folder = Folder::create(world)?;
    let bytes = Log::new(&folder).write_all(EVENTS, ROTATIONS)?;
    let gigabytes = megabytes(bytes) / 1024.0;
    say(&format!("log: {EVENTS} events in {} files, {gigabytes:.2} GB", ROTATIONS + 1));
    speed(world, &folder)?;
    kills(world, &folder).await?;
    questions(world, &folder)?;
    latency::measure(world).await
}

/// All in one go, on one core by the time that it takes of processors.
fn speed(world: &World, folder: &Folder) -> Result<()> {
    let began = world.clock.monotonic();
    let archive = folder.path().join("fast");
    let (out, seconds) =
        pilothouse(folder, &["audit", "ship", "--once", "--archive=fast", "--log=log/audit.log"])?;
    let took = world.clock.monotonic().since(began).as_secs_f64();
    let each = rate(EVENTS, seconds);
    let size = megabytes(size_of(&archive)?);
    say(&format!(
        "shipped in one go: {each:.0} events a second and core (at least 50000); {took:.1} s, archive {size:.0} MB; {}",
        out.trim()
    ));
    std::fs::remove_dir_all(archive).context("cannot remove the first archive")
}

/// Rotated while it is shipped, and killed while it ships.
async fn kills(world: &World, folder: &Folder) -> Result<()> {
    let log = Log::new(folder);
    let hidden = log.hide()?;
    let arguments =
        ["audit", "ship", "--flush-every=100ms", "--archive=archive", "--log=log/audit.log"];
    let mut killed = 0;
    let mut show = hidden.into_iter();
    let mut process = Process::start_in(folder.path(), &arguments)?;
    for kill in 0..KILLS {
        if kill % 2 == 0
            && let Some(file) = show.next()
        {
            log.show(&file)?;
        }
        world.clock.sleep(BETWEEN_KILLS).await;
        process.kill()?;
        killed += 1;
        process = Process::start_in(folder.path(), &arguments)?;
    }
    for file in show {
        log.show(&file)?;
    }
    process.kill()?;
    let once = [&arguments[..], &["--once"]].concat();
    let (out, _) = pilothouse(folder, &once)?;
    say(&format!("shipped with {killed} kill -9 and {ROTATIONS} rotations: {}", out.trim()));
    Ok(())
}

fn questions(world: &World, folder: &Folder) -> Result<()> {
    let ask = |arguments: &[&str]| {
        let began = world.clock.monotonic();
        let all =
            [&["audit", "query", "--archive=archive", "--format=csv"][..], arguments].concat();
        let (out, _) = pilothouse(folder, &all)?;
        Ok::<_, anyhow::Error>((out, world.clock.monotonic().since(began).as_secs_f64()))
    };
    let (_, indexed) = ask(&["SELECT 1"])?;
    say(&format!("indexed in {indexed:.1} s"));
    let (counted, took) = ask(&["SELECT count(*), count(DISTINCT audit_id || stage) FROM events"])?;
    let counted = counted.lines().nth(1).unwrap_or_default().to_owned();
    say(&format!("events and ids in the archive: {counted} (both {EVENTS}); {took:.2} s"));
    ensure!(counted == format!("{EVENTS},{EVENTS}"), "events are lost, or counted twice");
    for name in names(&queries(), ".sql")? {
        let file = queries().join(&name).display().to_string();
        let mut arguments = vec!["--file", &file];
        let given = PARAMETERS.iter().find(|(known, _)| *known == name);
        for value in given.map_or(&[][..], |(_, values)| values) {
            arguments.extend(["--set", value]);
        }
        let (out, took) = ask(&arguments)?;
        let verdict = if took > 2.0 { "MISSED: " } else { "" };
        let rows = out.lines().count().saturating_sub(1);
        say(&format!("{verdict}{name}: {took:.2} s (at most 2), {rows} rows"));
    }
    Ok(())
}

fn queries() -> PathBuf {
    conformance::tools::project().join("control-plane/audit-pipeline/queries")
}

/// Runs the release binary to its end; what it said, and its seconds on processors.
fn pilothouse(folder: &Folder, arguments: &[&str]) -> Result<(String, f64)> {
    let binary = process::binary()?.display().to_string();
    let timed = Command::new("bash")
        .args(["-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash", &binary])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .context("cannot run pilothouse")?;
    let errors = String::from_utf8_lossy(&timed.stderr).into_owned();
    ensure!(timed.status.success(), "pilothouse {}: {errors}", arguments.join(" "));
    let last = errors.lines().last().unwrap_or_default().split_whitespace();
    let seconds = last.filter_map(|text| text.parse::<f64>().ok()).sum();
    Ok((String::from_utf8_lossy(&timed.stdout).into_owned(), seconds))
}

fn size_of(archive: &Path) -> Result<u64> {
    let listed = Command::new("du").args(["-sb", &archive.display().to_string()]).output()?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default())
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

fn rate(events: u64, seconds: f64) -> f64 {
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / seconds.max(0.001)
}

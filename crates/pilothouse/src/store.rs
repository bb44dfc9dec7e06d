//! `pilothouse store`: copies of the store on this machine's disk, and the way to etcd and back.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use store::{
    Local, Revision, Store,
    transfer::{self, Content},
};
use world::World;

use crate::{
    cli,
    failure::Failure,
    output, process,
    server::{EtcdSettings, etcd_arguments},
};

const STOPPED: &str =
    "The control plane on this folder must be stopped: the store belongs to one process.";

pub(crate) fn command() -> Command {
    let file = Arg::new("file").value_name("FILE").required(true).help("A copy");
    let folder = Arg::new("data-dir")
        .long("data-dir")
        .value_name("FOLDER")
        .help("Where objects are kept [default: ~/.pilothouse/data]");
    let of = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).arg(cli::verbosity_argument())
    };
    Command::new("store")
        .about("Copy the store of a stopped control plane, check and restore it, or move it to etcd and back")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            of("backup", "Write everything into a file").args([folder.clone(), file.clone()]).after_help(STOPPED),
        )
        .subcommand(of("verify", "Check a copy").arg(file.clone()))
        .subcommand(
            of("restore", "Fill an empty folder from a copy; its revisions go on beyond the copy's")
                .args([folder.clone(), file])
                .after_help(STOPPED),
        )
        .subcommand(
            of("copy", "Move everything into an empty store, from the disk to etcd or back")
                .arg(folder)
                .args(etcd_arguments())
                .arg(
                    Arg::new("to")
                        .long("to")
                        .value_parser(PossibleValuesParser::new(["etcd", "disk"]))
                        .required(true)
                        .requires("etcd-servers")
                        .help("Which of the two is filled"),
                )
                .after_help(STOPPED),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((what, matches)) = matches.subcommand() else { return Ok(()) };
    app::logs::start(matches.get_count("verbosity"));
    let worked = match what {
        "backup" => process::run(async |world| backup(&world, matches).await),
        "verify" => process::run(async |world| verify(&world, matches)),
        "restore" => process::run(async |world| restore(&world, matches).await),
        _ => process::run(async |world| copy(&world, matches).await),
    };
    Ok(worked?)
}

async fn backup(world: &World, matches: &ArgMatches) -> Result<()> {
    let file = PathBuf::from(cli::text(matches, "file"));
    let content = content(&*disk(world, matches)?).await?;
    world.disk.replace(&file, &content.to_bytes()).context("the copy was not written")?;
    output::say(&format!("{}: {}", file.display(), told(&content)));
    Ok(())
}

fn verify(world: &World, matches: &ArgMatches) -> Result<()> {
    let content = read(world, matches)?;
    output::say(&format!("{} is whole: {}", cli::text(matches, "file"), told(&content)));
    for (kind, count) in kinds(&content) {
        output::say(&format!("{count:>8} {kind}"));
    }
    Ok(())
}

async fn restore(world: &World, matches: &ArgMatches) -> Result<()> {
    let content = read(world, matches)?;
    fill(world, &disk(world, matches)?, content).await
}

async fn copy(world: &World, matches: &ArgMatches) -> Result<()> {
    let etcd = EtcdSettings::read(matches).context("no etcd is named")?;
    let etcd: Arc<dyn Store> = Arc::new(etcd.open(world)?);
    let disk = disk(world, matches)?;
    let (from, to) = if cli::text(matches, "to") == "etcd" { (disk, etcd) } else { (etcd, disk) };
    fill(world, &to, content(&*from).await?).await
}

async fn content(store: &dyn Store) -> Result<Content> {
    transfer::content(store).await.context("the store cannot be read; nothing was written")
}

async fn fill(world: &World, store: &Arc<dyn Store>, content: Content) -> Result<()> {
    let what = told(&content);
    let filled = transfer::fill(world, store, content).await;
    let newest = filled.context("the store was not filled")?;
    output::say(&format!("Filled with {what}; revisions go on at {newest}."));
    Ok(())
}

fn disk(world: &World, matches: &ArgMatches) -> Result<Arc<dyn Store>> {
    let default = || app::environment::home().join(".pilothouse/data");
    let folder = matches.get_one::<String>("data-dir").map_or_else(default, PathBuf::from);
    let store = Local::embedded(world, &folder.join("store"));
    Ok(Arc::new(store.with_context(|| format!("cannot use the data in {}", folder.display()))?))
}

fn read(world: &World, matches: &ArgMatches) -> Result<Content> {
    let file = cli::text(matches, "file");
    let bytes = world.disk.read(file.as_ref()).context("the copy cannot be read")?;
    Content::from_bytes(bytes.into()).with_context(|| format!("{file} is not to be trusted"))
}

fn told(Content { revision: Revision(revision), pairs }: &Content) -> String {
    format!("revision {revision}, {} keys", pairs.len())
}

/// Keys by kind: what follows the root in each.
fn kinds(content: &Content) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for pair in &content.pairs {
        let key = String::from_utf8_lossy(&pair.key);
        let kind = key.split('/').nth(2).unwrap_or_default().to_owned();
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

//! `pilothouse etcd`: a cluster of three members on this machine, how it is, copies of it, and drills.

mod options;

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use etcd::{Cluster, Drill, Layout, MemberStatus, Tool};
use store::{EtcdAdmin, Revision};
use world::World;

use crate::{failure::Failure, output, process};
use options::Options;

pub(crate) use options::command;

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((what, matches)) = matches.subcommand() else { return Ok(()) };
    let options = Options::read(matches);
    app::logs::start(options.verbosity);
    let worked = match what {
        "up" => process::run(async |world| up(&world, &options).await),
        "status" => process::run(async |world| status(&world, &options).await),
        "backup" => process::run(async |world| backup(&world, &options).await),
        "verify" => process::run(async |world| verify(&world, &options).await),
        "restore" => process::run(async |world| restore(&world, &options).await),
        "defrag" => process::run(async |world| defragment(&world, &options).await),
        _ => process::run(async |world| drill(&world, &options).await),
    };
    Ok(worked?)
}

async fn up(world: &World, options: &Options) -> Result<()> {
    let cluster = start(world, options).await?;
    let (servers, pki) = (cluster.layout.endpoints().join(","), cluster.layout.pki.display());
    output::say(&format!(
        "Three members of etcd run. An API server uses them with

  pilothouse up --etcd-servers={servers} \\
    --etcd-cafile={pki}/ca.crt --etcd-certfile={pki}/pilothouse.crt --etcd-keyfile={pki}/pilothouse.key

Ready. Ctrl-C stops them; the next `pilothouse etcd up` goes on where this one ended."
    ));
    let signal = app::signals::stop().await.context("cannot wait for signals")?;
    tracing::info!(signal, "stopping");
    drop(cluster);
    Ok(())
}

async fn start(world: &World, options: &Options) -> Result<Cluster> {
    let cluster = Cluster::start(world, options.layout.clone(), options.program.clone()).await;
    cluster.context("cannot start etcd")
}

async fn status(world: &World, options: &Options) -> Result<()> {
    if options.wait {
        etcd::ready(world, &options.layout).await?;
    }
    let members = members(world, &options.layout).await?;
    let newest = members.iter().filter_map(|member| member.status.as_ref().ok());
    let newest = newest.map(|status| status.revision.0).max().unwrap_or_default();
    output::say("MEMBER     ROLE       VERSION  REVISION  BEHIND  SIZE      IN USE    URL");
    for MemberStatus { name, url, status } in &members {
        output::say(&match status {
            Err(error) => format!("{name:<10} {:<10} {error}", "down"),
            Ok(status) => {
                let role = if status.member == status.leader { "leader" } else { "follower" };
                format!(
                    "{name:<10} {role:<10} {:<8} {:<9} {:<7} {:<9} {:<9} {url}",
                    status.version,
                    status.revision,
                    newest - status.revision.0,
                    status.size,
                    status.size_in_use
                )
            }
        });
    }
    let leading = members.iter().filter(|member| member.has_leader());
    anyhow::ensure!(
        leading.count() > members.len() / 2,
        "there is no quorum: nothing can be written"
    );
    Ok(())
}

async fn members(world: &World, layout: &Layout) -> Result<Vec<MemberStatus>> {
    etcd::statuses(world, layout).await.context("cannot ask the members")
}

async fn backup(world: &World, options: &Options) -> Result<()> {
    let tool = tool(world, options).await?;
    let folder = &options.backups;
    let made = etcd::backup(world, &options.layout, &tool, folder, options.kept).await;
    let made = made.with_context(|| format!("nothing was copied to {}", folder.display()))?;
    let keys: u64 = made.manifest.keys.values().sum();
    output::say(&format!(
        "{}: revision {}, {keys} keys, {} bytes",
        folder.join(&made.file).display(),
        made.manifest.revision,
        made.manifest.bytes
    ));
    for old in &made.removed {
        output::say(&format!("{old} was removed, as there are newer ones"));
    }
    Ok(())
}

async fn verify(world: &World, options: &Options) -> Result<()> {
    let file = options.file()?;
    let manifest = etcd::verify(world, &tool(world, options).await?, file).await;
    let manifest = manifest.context("the copy is not to be trusted")?;
    let keys: u64 = manifest.keys.values().sum();
    output::say(&format!(
        "{} is whole: revision {}, {keys} keys, made {}",
        file.display(),
        manifest.revision,
        manifest.time
    ));
    Ok(())
}

async fn restore(world: &World, options: &Options) -> Result<()> {
    let (file, tool) = (options.file()?, tool(world, options).await?);
    let manifest = etcd::verify(world, &tool, file).await;
    let manifest = manifest.context("the copy is not to be trusted; nothing was restored")?;
    restore_files(world, options, &tool, file).await?;
    let cluster = start(world, options).await?;
    let least = options.least_revision(manifest.revision);
    let newest = etcd::lift(world, &options.layout, Revision(least)).await;
    let newest = newest.context("the restored cluster does not answer")?;
    drop(cluster);
    output::say(&format!(
        "Restored revision {} to {}; revisions go on at {newest}. Start it with `pilothouse etcd up`.",
        manifest.revision,
        options.layout.folder.display()
    ));
    Ok(())
}

async fn restore_files(world: &World, options: &Options, tool: &Tool, file: &Path) -> Result<()> {
    world.disk.create_folder(&options.layout.folder)?;
    let restored = etcd::restore(world, &options.layout, tool, file).await;
    let folder = options.layout.folder.display();
    restored.with_context(|| {
        format!(
            "nothing was restored to {folder}; the members' folders there must be put aside first"
        )
    })
}

async fn defragment(world: &World, options: &Options) -> Result<()> {
    for member in members(world, &options.layout).await? {
        let before = member.status.with_context(|| format!("{} is left as it is", member.name))?;
        let access = options.layout.member_options(&*world.disk, &member.url)?;
        let admin = EtcdAdmin::new(world, &access)?;
        admin.defragment().await?;
        let after = admin.status().await?;
        output::say(&format!("{}: {} bytes, {} before", member.name, after.size, before.size));
    }
    Ok(())
}

async fn drill(world: &World, options: &Options) -> Result<()> {
    let tool = tool(world, options).await?;
    let cluster = start(world, options).await?;
    let drill = Drill { keys: options.keys, writes_per_second: options.writes_per_second };
    etcd::drill(world, cluster, &tool, &drill, &output::say).await.context("the drill failed")?;
    output::say("The drill is over: nothing that was acknowledged is lost.");
    Ok(())
}

async fn tool(world: &World, options: &Options) -> Result<Tool> {
    let found = Tool::find(world, options.tools.as_deref()).await;
    found.context("etcd's program for copies is needed, etcdutl or etcdctl (Debian: etcd-client)")
}

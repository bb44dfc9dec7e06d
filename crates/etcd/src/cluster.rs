//! The processes of a cluster, children of this one.

use std::{path::PathBuf, time::Duration};

use store::{EtcdAdmin, EtcdStatus, StoreError};
use world::{Task, World};

use crate::{
    EtcdError, certificates,
    layout::{Layout, MEMBERS, ROOT, USER},
    restore::last_line,
    shell::{logging_to, telling_all},
};

/// Three members, killed when this is dropped.
pub struct Cluster {
    world: World,
    pub layout: Layout,
    program: PathBuf,
    running: Vec<Option<Box<dyn Task>>>,
}

/// A member, and how it is if it answers.
#[derive(Debug)]
pub struct MemberStatus {
    pub name: String,
    pub url: String,
    pub status: Result<EtcdStatus, StoreError>,
}

impl MemberStatus {
    /// Whether it answers and knows a leader.
    pub fn has_leader(&self) -> bool {
        self.status.as_ref().is_ok_and(|status| status.leader != 0)
    }
}

/// Elections take a second, on a busy machine some.
const READY_TIME_MAX: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(100);
/// Written when users were made.
const ACCESS: &str = "access";
/// What the API server writes.
const PREFIXES: [&str; 2] = ["/registry", "compact_rev_key"];

impl Cluster {
    /// Makes certificates if there are none, starts all members with `program`, waits until they have a
    /// leader, and makes users at the first time.
    ///
    /// # Errors
    /// The folder cannot be written, there is no such program, members run already, or no leader is elected.
    pub async fn start(world: &World, layout: Layout, program: PathBuf) -> Result<Self, EtcdError> {
        certificates::make(world, &layout)?;
        if statuses(world, &layout).await?.iter().any(|member| member.status.is_ok()) {
            return Err(EtcdError::refused("the cluster", "its members run already"));
        }
        let running = (0..MEMBERS).map(|_| None).collect();
        let mut cluster = Self { world: world.clone(), layout, program, running };
        cluster.check_program().await?;
        for member in 0..MEMBERS {
            cluster.start_member(member);
        }
        cluster.ready().await?;
        let mark = cluster.layout.folder.join(ACCESS);
        if !certificates::is_there(world, &mark) {
            cluster.set_up_access().await?;
            world.disk.replace(&mark, b"root, pilothouse\n")?;
        }
        Ok(cluster)
    }

    /// A member that runs is left alone.
    pub fn start_member(&mut self, member: u16) {
        let Some((_, name)) = Layout::members().nth(usize::from(member)) else { return };
        let log = self.layout.log(&name);
        let program = logging_to(&log, &self.program, &self.layout.arguments(member, &name));
        let (processes, clock) = (self.world.processes.clone(), self.world.clock.clone());
        let running = async move {
            loop {
                let ended = processes.run(program.clone()).await;
                tracing::warn!(%name, ?ended, "a member ended and is started again");
                clock.sleep(PAUSE).await;
            }
        };
        if let Some(place @ None) = self.running.get_mut(usize::from(member)) {
            *place = Some(self.world.tasks.spawn("etcd member", Box::pin(running)));
        }
    }

    /// `kill -9`.
    pub fn kill_member(&mut self, member: u16) {
        let running = self.running.get_mut(usize::from(member)).and_then(Option::take);
        if let Some(running) = running {
            running.abort();
        }
    }

    /// Waits until a leader is known and a quorum answers.
    ///
    /// # Errors
    /// That takes too long.
    pub async fn ready(&self) -> Result<(), EtcdError> {
        ready(&self.world, &self.layout).await
    }

    /// Which member leads.
    ///
    /// # Errors
    /// Nobody leads.
    pub async fn leader(&self) -> Result<u16, EtcdError> {
        let members = statuses(&self.world, &self.layout).await?;
        let leads = |member: &MemberStatus| {
            member.status.as_ref().is_ok_and(|status| status.member == status.leader)
        };
        let place = members.iter().position(leads).and_then(|place| u16::try_from(place).ok());
        place.ok_or_else(|| EtcdError::refused("the cluster", "nobody leads"))
    }

    /// What members are started with.
    pub(crate) fn program(&self) -> PathBuf {
        self.program.clone()
    }

    async fn check_program(&self) -> Result<(), EtcdError> {
        let version = telling_all(&self.program, &["--version".to_owned()]);
        let finished = self.world.processes.run(version).await?;
        if finished.code == Some(0) {
            return Ok(());
        }
        let said = last_line(&finished.output);
        Err(EtcdError::Failed { program: self.program.display().to_string(), said })
    }

    async fn set_up_access(&self) -> Result<(), EtcdError> {
        let disk = &*self.world.disk;
        let admin = EtcdAdmin::new(&self.world, &self.layout.root(disk, None)?)?;
        let [root, user] = [ROOT, USER].map(|user| self.layout.login(disk, user));
        admin.set_up_access(&root?, &user?, &PREFIXES).await?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for member in 0..MEMBERS {
            self.kill_member(member);
        }
    }
}

/// How each member of a cluster is.
///
/// # Errors
/// The certificates cannot be read.
pub async fn statuses(world: &World, layout: &Layout) -> Result<Vec<MemberStatus>, EtcdError> {
    let mut members = Vec::new();
    for (number, name) in Layout::members() {
        let admin = EtcdAdmin::new(world, &layout.root(&*world.disk, Some(number))?)?;
        let status = admin.status().await;
        members.push(MemberStatus { name, url: layout.client_url(number), status });
    }
    Ok(members)
}

/// Waits until a leader is known and a quorum answers.
///
/// # Errors
/// That takes too long.
pub async fn ready(world: &World, layout: &Layout) -> Result<(), EtcdError> {
    let deadline = world.clock.monotonic() + READY_TIME_MAX;
    while !has_quorum(world, layout).await {
        if world.clock.monotonic() >= deadline {
            let logs = format!("see the logs in {}", layout.folder.display());
            return Err(EtcdError::refused("no leader was elected", logs));
        }
        world.clock.sleep(PAUSE).await;
    }
    Ok(())
}

/// Certificates that cannot be read yet are being made.
async fn has_quorum(world: &World, layout: &Layout) -> bool {
    let members = statuses(world, layout).await.unwrap_or_default();
    let leading = members.iter().filter(|member| member.has_leader());
    leading.count() > usize::from(MEMBERS / 2)
}

//! Runs a plug-in when its last answer has ended or a server does not believe it any more.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::sync::Mutex;
use world::{Input, Monotonic, ProcessError, Program, World};

use super::{
    ExecPlugin, Interactive,
    credential::{self, Issued},
};
use crate::{
    ClientError,
    http::{CertificateSlot, Observer, PluginRun},
    kubeconfig::Access,
};

/// What a request proves with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Proof {
    pub(crate) token: Option<String>,
    /// Tells answers of a plug-in apart.
    pub(crate) serial: u64,
    /// Tells its certificates apart: connections are good for one.
    pub(crate) certificate: u64,
}

/// A plug-in and its last answer.
pub(crate) struct ExecSource {
    plugin: ExecPlugin,
    cluster: Option<Value>,
    /// Where connections find the certificate.
    slot: Arc<CertificateSlot>,
    state: Mutex<State>,
    /// The last answer that a server did not believe.
    refused: AtomicU64,
}

#[derive(Default)]
struct State {
    known: Option<(Issued, Proof)>,
    /// It fails until then without being run: many may want to know at once.
    fails: Option<(Monotonic, ClientError)>,
    serial: u64,
}

/// After a failure the next run waits that long.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

impl ExecSource {
    pub(crate) fn new(plugin: ExecPlugin, access: &Access, slot: Arc<CertificateSlot>) -> Self {
        let cluster = credential::cluster(&plugin, access);
        Self { plugin, cluster, slot, state: Mutex::default(), refused: AtomicU64::new(0) }
    }

    /// The last answer while it is good, or else a new one.
    pub(crate) async fn proof(
        &self,
        world: &World,
        observer: Option<&dyn Observer>,
    ) -> Result<Proof, ClientError> {
        let mut state = self.state.lock().await;
        if let Some((issued, proof)) = &state.known {
            let is_over = issued.end.is_some_and(|end| end < world.clock.wall());
            if !is_over && self.refused.load(Ordering::Relaxed) != proof.serial {
                return Ok(proof.clone());
            }
        }
        let now = world.clock.monotonic();
        if let Some((_, error)) = state.fails.as_ref().filter(|(until, _)| now < *until) {
            return Err(error.clone());
        }
        match self.run(world, observer).await.and_then(|issued| self.take(&mut state, issued)) {
            Ok(proof) => Ok(proof),
            Err(reason) => {
                let command = self.plugin.command.display();
                let reason = format!("the credential plug-in {command}: {reason}");
                let error = ClientError::Unreachable { reason };
                state.fails = Some((world.clock.monotonic() + FAILURE_PAUSE, error.clone()));
                Err(error)
            }
        }
    }

    /// A server does not believe this proof.
    pub(crate) fn refused(&self, proof: &Proof) {
        self.refused.store(proof.serial, Ordering::Relaxed);
    }

    fn take(&self, state: &mut State, issued: Issued) -> Result<Proof, String> {
        state.serial += 1;
        let last = state.known.as_ref().map(|(issued, proof)| (&issued.certificate, proof));
        let certificate = match last {
            Some((certificate, proof)) if *certificate == issued.certificate => proof.certificate,
            Some(_) | None => {
                let pair = issued.certificate.as_ref();
                self.slot.put(pair.map(|pair| (pair.chain.as_bytes(), pair.key.as_bytes())))?;
                state.serial
            }
        };
        let proof = Proof { token: issued.token.clone(), serial: state.serial, certificate };
        state.known = Some((issued, proof.clone()));
        Ok(proof)
    }

    async fn run(&self, world: &World, observer: Option<&dyn Observer>) -> Result<Issued, String> {
        let plugin = &self.plugin;
        let input = input(plugin.interactive, world.processes.has_terminal())?;
        let asks = input == Input::Terminal;
        let request = credential::request(plugin, self.cluster.as_ref(), asks);
        let told = ("KUBERNETES_EXEC_INFO".to_owned(), request);
        let program = Program {
            command: PathBuf::clone(&plugin.command),
            arguments: plugin.arguments.clone(),
            environment: plugin.environment.iter().cloned().chain([told]).collect(),
            input,
        };
        let finished = world.processes.run(program).await;
        if let Some(observer) = observer {
            observer.ran_plugin(match &finished {
                Err(ProcessError::Missing { .. }) => PluginRun::Missing,
                Err(ProcessError::Failed { .. }) => PluginRun::Broken,
                Ok(finished) => PluginRun::Ended(finished.code),
            });
        }
        let finished = match finished {
            Ok(finished) => finished,
            Err(ProcessError::Missing { .. }) => return Err(self.missing()),
            Err(ProcessError::Failed { reason, .. }) => return Err(reason),
        };
        match finished.code {
            Some(0) => credential::read(plugin, &finished.output),
            Some(code) => Err(format!("it ended with code {code}")),
            None => Err("it was killed".to_owned()),
        }
    }

    fn missing(&self) -> String {
        let hint = &self.plugin.install_hint;
        if hint.is_empty() {
            return "there is no such program; the kubeconfig's user needs it".to_owned();
        }
        format!("there is no such program; the kubeconfig says: {hint}")
    }
}

/// # Errors
/// It must ask somebody, and nobody is there.
fn input(interactive: Interactive, has_terminal: bool) -> Result<Input, String> {
    match (interactive, has_terminal) {
        (Interactive::Never, _) | (Interactive::IfAvailable, false) => Ok(Input::Nothing),
        (Interactive::IfAvailable | Interactive::Always, true) => Ok(Input::Terminal),
        (Interactive::Always, false) => {
            Err("it wants to ask somebody, and there is no terminal".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_where_it_may_and_somebody_is_there() {
        use Interactive::{Always, IfAvailable, Never};
        for (interactive, has_terminal, wanted) in [
            (Never, true, Ok(Input::Nothing)),
            (IfAvailable, true, Ok(Input::Terminal)),
            (IfAvailable, false, Ok(Input::Nothing)),
            (Always, true, Ok(Input::Terminal)),
        ] {
            assert_eq!(input(interactive, has_terminal), wanted);
        }
        assert!(input(Always, false).is_err());
    }
}

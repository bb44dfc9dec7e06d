//! `pilothouse explain KIND/NAME`: what each controller sees of an object, would do now, and why.

mod print;
mod time;

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use api::catalog::ResourceFacts;
use clap::{ArgMatches, Command};
use client::{Request, Transport, http::HttpTransport};
use meta::object::ObjectKey;
use nodes::Rules;
use plane::{Components, Identities};
use runtime::{Metrics, trace::Trace};
use world::World;

use crate::{
    cli,
    failure::Failure,
    named_object::{self, NamedObject},
    output, reach,
};

pub(crate) fn command() -> Command {
    Command::new("explain")
        .about("Print what each controller sees of an object, what it would do now and why; writes nothing")
        .arg(
            named_object::argument()
                .required(true)
                .help("Such as deployment/web, rs/web-5d8c7 or pod/web-5d8c7-x2x9k"),
        )
        .arg(named_object::namespace_argument())
        .arg(cli::kubeconfig_argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let object = NamedObject::of(matches)?;
    let text = reach::on_one_thread(async |world| {
        let (transport, namespace) = reach::transport(&world, matches)?;
        let key = object.key(namespace);
        explain(&world, transport, object.facts, &key).await
    })?;
    output::say(&text);
    Ok(())
}

async fn explain(
    world: &World,
    transport: HttpTransport,
    facts: &ResourceFacts,
    key: &ObjectKey,
) -> Result<String> {
    let exists = transport.send(Request::get(&facts.resource, key)).await;
    if let Err(error) = exists {
        bail!("cannot explain {}/{}: {error}", facts.singular, key.name);
    }
    let transport: Arc<dyn Transport> = Arc::new(transport);
    let world = &time::align(world, &*transport).await;
    let identities: Identities = Arc::new(move |_| Arc::clone(&transport));
    let components = Components {
        root_ca: None,
        token_issuer: None,
        rules: Rules::default(),
        trace: Trace::default(),
    };
    let manager = components.assemble(world, &identities, Arc::new(Metrics::default()));
    let running = manager.start_idle();
    running.synced().await;
    let explanations = running.explain(&facts.resource, key).await;
    running.stop();
    if explanations.is_empty() {
        return Ok(format!("No controller looks after {}/{}.", facts.singular, key.name));
    }
    print::explanations(&explanations).context("cannot print")
}

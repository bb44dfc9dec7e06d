//! Whose token it is: what the token says, held against what is stored now.

use std::{pin::Pin, sync::Arc};

use api::catalog;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::time::Time;
use serde_json::{Value, json};

use super::{Inner, body};
use crate::{
    Content, FieldValidation, Notes, Object, Operation, PatchType, User, Verb,
    authentication::{
        BootstrapToken, Claims, Found, Kind, LAST_USED, Needed, Proven, ServiceAccounts, Unproven,
        check_account, check_secret,
    },
};

/// Where bootstrap tokens are kept.
const SYSTEM: &str = "kube-system";

impl Inner {
    /// Whom a bearer token names, for those of the wanted audiences it is for; `None` wants the
    /// server's own.
    ///
    /// # Errors
    /// Nobody believes it.
    pub(crate) async fn authenticate(
        &self,
        token: &str,
        wanted: Option<&[String]>,
    ) -> Result<Proven, Unproven> {
        let bearers = &self.options.bearers;
        let mut unproven = Unproven::default();
        let implied = bearers.implied(wanted);
        let agree = |user: User| Some(Proven { user, audiences: implied.clone()? });
        if let Some(proven) = bearers.fixed.user(token).cloned().and_then(agree) {
            return Ok(proven);
        }
        if let Some(accounts) = &bearers.accounts {
            match self.by_account(accounts, token, wanted).await {
                Ok(Some(proven)) => return Ok(proven),
                Ok(None) => {}
                Err(reason) => unproven.reasons.push(reason),
            }
        }
        let bootstrap = BootstrapToken::parse(token).filter(|_| bearers.bootstrap);
        if let Some(token) = bootstrap
            && let Some(proven) = self.by_bootstrap_token(token).await.and_then(agree)
        {
            return Ok(proven);
        }
        match bearers.by_issuer(token).await.transpose() {
            Ok(user) => user.and_then(agree).ok_or(unproven),
            Err(reason) => {
                unproven.reasons.push(reason);
                Err(unproven)
            }
        }
    }

    async fn by_account(
        &self,
        accounts: &ServiceAccounts,
        token: &str,
        wanted: Option<&[String]>,
    ) -> Result<Option<Proven>, String> {
        let Some(claims) = accounts.read(token).transpose()? else { return Ok(None) };
        let audiences = claims.audiences(wanted, accounts.audiences())?;
        let user = if claims.is_legacy() {
            self.legacy_user(&claims, token).await?
        } else {
            let now = self.world.clock.wall();
            claims.check_time(now)?;
            for needed in claims.needs() {
                self.check_needed(&needed, now).await?;
            }
            claims.user()
        };
        Ok(Some(Proven { user, audiences }))
    }

    /// The cache may be behind what was just created; what it does not have as needed is read live.
    async fn check_needed(&self, needed: &Needed, now: Time) -> Result<(), String> {
        let cached = self.cached(needed.kind, &needed.namespace, &needed.name);
        if needed.check(cached.as_ref(), now).is_ok() {
            return Ok(());
        }
        needed.check(self.found(needed).await?.as_ref(), now)
    }

    fn cached(&self, kind: Kind, namespace: &str, name: &str) -> Option<Found> {
        let facts = catalog::builtin().resource("", "v1", plural(kind))?;
        let object = self.caches.existing(facts)?.get(namespace, name)?;
        Some(Found { uid: object.uid.to_string(), deleted: deleted(&object) })
    }

    async fn found(&self, needed: &Needed) -> Result<Option<Found>, String> {
        let value = self.stored(needed.kind, &needed.namespace, &needed.name).await?;
        Ok(value.map(|value| Found {
            uid: body::text(&value, "uid").to_owned(),
            deleted: body::text(&value, "deletionTimestamp").parse().ok(),
        }))
    }

    async fn stored(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, String> {
        let facts = catalog::builtin().resource("", "v1", plural(kind));
        let Some(facts) = facts.filter(|_| !name.is_empty()) else { return Ok(None) };
        let loaded = self.load(facts, namespace, name).await;
        loaded.map(|present| present.map(|present| present.value)).map_err(|status| status.message)
    }

    async fn legacy_user(&self, claims: &Claims, token: &str) -> Result<User, String> {
        let needs = claims.legacy_needs()?;
        let [account, place] = &needs;
        let secret = self.stored(Kind::Secret, &place.namespace, &place.name).await?;
        check_secret(secret.as_ref(), &STANDARD.encode(token), &needs)?;
        let now = self.world.clock.wall();
        check_account(account, self.found(account).await?.as_ref(), now)?;
        if let Some(secret) = secret {
            self.note_use(&secret, now).await;
        }
        Ok(claims.legacy_user())
    }

    /// Says at the secret that its token was used today. Boxed, because writing may ask who somebody is.
    fn note_use<'a>(
        &'a self,
        secret: &'a Value,
        now: Time,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let Some(operation) = noted_use(secret, now) else { return };
            if let Err(status) = self.run(operation).await {
                tracing::debug!(%status, "the use of a token is not noted; its next use will be");
            }
        })
    }

    async fn by_bootstrap_token(&self, token: BootstrapToken<'_>) -> Option<User> {
        let mut secret =
            self.stored(Kind::Secret, SYSTEM, &token.secret_name()).await.ok().flatten()?;
        for value in secret["data"].as_object_mut()?.values_mut() {
            let decoded = STANDARD.decode(value.as_str()?).ok()?;
            *value = String::from_utf8(decoded).ok()?.into();
        }
        token.user(&secret, self.world.clock.wall())
    }
}

/// The write that says at a secret that its token was used today, if it does not say so yet.
fn noted_use(secret: &Value, now: Time) -> Option<Operation> {
    let today: String = now.to_string().chars().take("2006-01-02".len()).collect();
    if secret["metadata"]["labels"][LAST_USED] == *today {
        return None;
    }
    let patch = json!({"metadata": {"labels": {LAST_USED: today},
        "uid": secret["metadata"]["uid"]}});
    let content = Content { value: patch, ..Content::default() };
    Some(Operation {
        resource: Arc::clone(catalog::builtin().resource("", "v1", "secrets")?),
        subresource: String::new(),
        namespace: body::text(secret, "namespace").to_owned(),
        name: body::text(secret, "name").to_owned(),
        verb: Verb::Patch { kind: PatchType::Merge, patch: content },
        user: super::bootstrap::server(),
        field_manager: "kube-apiserver".to_owned(),
        epoch: None,
        dry_run: false,
        field_validation: FieldValidation::Ignore,
        notes: Notes::default(),
    })
}

const fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::ServiceAccount => "serviceaccounts",
        Kind::Pod => "pods",
        Kind::Secret => "secrets",
        Kind::Node => "nodes",
    }
}

/// When an object was told to go. Most were not, and need not be parsed.
fn deleted(object: &Arc<Object>) -> Option<Time> {
    const FIELD: &[u8] = b"\"deletionTimestamp\"";
    object.json.windows(FIELD.len()).any(|window| window == FIELD).then_some(())?;
    body::text(&object.value(), "deletionTimestamp").parse().ok()
}

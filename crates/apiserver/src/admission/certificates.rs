//! Certificates: who approves, signs or vouches for a signer's trust needs a right on that signer, and
//! nobody gets a client certificate of the masters.

use api::json;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::resource::{Resource, Scope};
use serde_json::Value;
use x509_parser::{
    certification_request::X509CertificationRequest, pem::parse_x509_pem, prelude::FromDer,
};

use super::{Action, Attributes, Link, Permission};
use crate::{ResourcePath, authorization::MASTERS};

pub(super) const APPROVAL: Link = Link {
    name: "CertificateApproval",
    concerns: |attributes| is_update_of(attributes, "approval"),
    needs: |attributes, new| {
        let Action::Update { old } = attributes.action else { return None };
        Some(on_signer(attributes, new, "approve", signer(old)))
    },
    ..Link::IDLE
};

pub(super) const SIGNING: Link = Link {
    name: "CertificateSigning",
    concerns: |attributes| is_update_of(attributes, "status"),
    needs: |attributes, new| {
        let Action::Update { old } = attributes.action else { return None };
        let [before, after] = [old, new].map(|request| &request["status"]);
        let is_signed = ["certificate", "conditions"].iter().any(|f| before[f] != after[f]);
        is_signed.then(|| on_signer(attributes, new, "sign", signer(old)))
    },
    ..Link::IDLE
};

pub(super) const ATTEST: Link = Link {
    name: "ClusterTrustBundleAttest",
    concerns: |attributes| {
        let resource = &attributes.operation.resource.resource;
        resource.group == GROUP && resource.plural == "clustertrustbundles"
    },
    needs: |attributes, bundle| {
        let is_touched = match attributes.action {
            Action::Create => true,
            Action::Update { old } => !only_lets_go(bundle, old),
        };
        let signer = signer(bundle);
        (is_touched && !signer.is_empty()).then(|| on_signer(attributes, bundle, "attest", signer))
    },
    ..Link::IDLE
};

pub(super) const SUBJECT_RESTRICTION: Link = Link {
    name: "CertificateSubjectRestriction",
    concerns: |attributes| attributes.is_create() && attributes.is_about(&REQUESTS),
    validate: |attributes, _, request, _| match refusal(request) {
        Some(reason) => Err(attributes.forbidden(request, &reason)),
        None => Ok(()),
    },
    ..Link::IDLE
};

const GROUP: &str = "certificates.k8s.io";
const REQUESTS: Resource = Resource::new(
    GROUP,
    "v1",
    "certificatesigningrequests",
    "CertificateSigningRequest",
    Scope::Cluster,
);
/// Its certificates are believed by the API server.
const CLIENT_SIGNER: &str = "kubernetes.io/kube-apiserver-client";

fn is_update_of(attributes: &Attributes<'_>, subresource: &str) -> bool {
    let operation = attributes.operation;
    !attributes.is_create()
        && operation.resource.resource == REQUESTS
        && operation.subresource == subresource
}

fn signer(object: &Value) -> &str {
    json::text(&object["spec"], "signerName")
}

/// The right to do something with a signer, by its name or by its domain.
fn on_signer(
    attributes: &Attributes<'_>,
    value: &Value,
    verb: &'static str,
    signer: &str,
) -> Permission {
    let domain = signer.split('/').next().unwrap_or_default();
    let path = |name: String| ResourcePath {
        group: GROUP.to_owned(),
        version: "*".to_owned(),
        resource: "signers".to_owned(),
        name,
        is_item: true,
        ..ResourcePath::default()
    };
    let reason = match verb {
        "attest" => format!("user not permitted to attest for signerName {signer:?}"),
        _ => format!("user not permitted to {verb} requests with signerName {signer:?}"),
    };
    let refusal = attributes.forbidden(value, &reason);
    Permission { verb, on: vec![path(signer.to_owned()), path(format!("{domain}/*"))], refusal }
}

/// Whether nothing changes but what the garbage collector changes.
fn only_lets_go(new: &Value, old: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
            json::remove(&mut object["metadata"], field);
        }
        object
    };
    rest(new) == rest(old)
}

fn refusal(request: &Value) -> Option<String> {
    if signer(request) != CLIENT_SIGNER {
        return None;
    }
    match organizations(json::text(&request["spec"], "request")) {
        None => Some("failed to parse CSR: PEM block type must be CERTIFICATE REQUEST".to_owned()),
        Some(names) => names
            .iter()
            .any(|name| name == MASTERS)
            .then(|| format!("use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed")),
    }
}

/// The organizations that a request in base64 of PEM wants in its certificate.
fn organizations(request: &str) -> Option<Vec<String>> {
    let pem = STANDARD.decode(request).ok()?;
    let (_, pem) = parse_x509_pem(&pem).ok()?;
    if pem.label != "CERTIFICATE REQUEST" {
        return None;
    }
    let (_, request) = X509CertificationRequest::from_der(&pem.contents).ok()?;
    let subject = &request.certification_request_info.subject;
    let names = subject.iter_organization().filter_map(|name| name.as_str().ok());
    Some(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};
    use serde_json::json;

    use super::*;

    fn request(organization: &str, signer: &str) -> Value {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, organization);
        let key = KeyPair::generate().expect("a key");
        let pem = params.serialize_request(&key).expect("a request").pem().expect("PEM");
        json!({"spec": {"signerName": signer, "request": STANDARD.encode(pem)}})
    }

    #[test]
    fn nobody_becomes_a_master_by_certificate() {
        assert_eq!(refusal(&request("dev", CLIENT_SIGNER)), None);
        assert_eq!(refusal(&request(MASTERS, "example.com/x")), None);
        assert_eq!(
            refusal(&request(MASTERS, CLIENT_SIGNER)).as_deref(),
            Some(
                "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
            )
        );
        let garbage = json!({"spec": {"signerName": CLIENT_SIGNER, "request": "eA=="}});
        assert!(refusal(&garbage).is_some_and(|reason| reason.starts_with("failed to parse CSR")));
    }
}

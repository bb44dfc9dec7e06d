//! The authority that signed the API server's certificate, as pods are given it.

/// The CA bundle to publish, in PEM: provided to the informers before controllers are set up. Without
/// it nothing is published, and tokens come without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCa(pub String);

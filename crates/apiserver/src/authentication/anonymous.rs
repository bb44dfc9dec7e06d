//! Whether those are let in who prove nothing.

/// Where strangers are let in; what they may do there is the authorizer's to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Anonymous {
    #[default]
    Everywhere,
    /// At these paths only.
    At(Vec<String>),
    Nowhere,
}

impl Anonymous {
    pub(super) fn lets_in(&self, path: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::At(paths) => paths.iter().any(|known| known == path),
            Self::Nowhere => false,
        }
    }
}

//! The ways to decide, as `--authorization-mode` names them.

use std::str::FromStr;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nodes may do what their pods need.
    Node,
    /// Roles and bindings.
    Rbac,
    AlwaysAllow,
    AlwaysDeny,
}

/// A mode that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownMode {
    #[error(
        "authorization mode {0:?} is not built in yet; AlwaysAllow, AlwaysDeny, Node and RBAC are"
    )]
    NotBuiltIn(String),
    #[error(
        "{0:?} is not a valid mode; AlwaysAllow, AlwaysDeny, Node and RBAC are, several by comma"
    )]
    Unknown(String),
    #[error("authorization mode {0:?} is named twice")]
    Twice(String),
}

impl Mode {
    /// What the reference's users turn on everywhere.
    pub const DEFAULT: [Self; 2] = [Self::Node, Self::Rbac];

    /// Reads a list by comma.
    ///
    /// # Errors
    /// A mode is unknown, not built in, or there twice.
    pub fn list(text: &str) -> Result<Vec<Self>, UnknownMode> {
        let mut modes = Vec::new();
        for name in text.split(',') {
            let mode = name.parse()?;
            if modes.contains(&mode) {
                return Err(UnknownMode::Twice(name.to_owned()));
            }
            modes.push(mode);
        }
        Ok(modes)
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;
    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        match name {
            "Node" => Ok(Self::Node),
            "RBAC" => Ok(Self::Rbac),
            "AlwaysAllow" => Ok(Self::AlwaysAllow),
            "AlwaysDeny" => Ok(Self::AlwaysDeny),
            "ABAC" | "Webhook" => Err(UnknownMode::NotBuiltIn(name.to_owned())),
            _ => Err(UnknownMode::Unknown(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_in_order_and_once_each() {
        assert_eq!(Mode::list("Node,RBAC"), Ok(Mode::DEFAULT.to_vec()));
        assert_eq!(Mode::list("RBAC,RBAC"), Err(UnknownMode::Twice("RBAC".into())));
        assert_eq!(Mode::list("Webhook"), Err(UnknownMode::NotBuiltIn("Webhook".into())));
        assert_eq!(Mode::list(""), Err(UnknownMode::Unknown(String::new())));
    }
}

//! Flags as the reference's programs take them: a table of facts per program, and a parser that follows
//! Go's rules, so that existing command lines and manifests work unchanged.

mod duration;
mod help;
mod nearest;
mod parse;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use help::help;
pub use nearest::nearest;
pub use parse::{FlagError, Flags};
pub use table::{Flag, Table};
pub use value::{Kind, Value};

/// The flags of `kube-controller-manager`.
pub fn kube_controller_manager() -> Table {
    Table::parse(include_str!("../../data/kube-controller-manager-flags.tsv"))
}

/// The flags of `kube-apiserver`.
pub fn kube_apiserver() -> Table {
    Table::parse(include_str!("../../data/kube-apiserver-flags.tsv"))
}

/// The flags of `etcd` that start one member.
pub fn etcd() -> Table {
    Table::parse(include_str!("../../data/etcd-flags.tsv"))
}

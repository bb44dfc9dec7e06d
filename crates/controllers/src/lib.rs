//! The controllers: one folder each, none of which knows a client, a socket, a task or a clock.

pub mod garbagecollector;
pub mod namespace;
pub mod rootcacertpublisher;
pub mod serviceaccount;

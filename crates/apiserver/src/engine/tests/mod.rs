//! The engine on the memory store: what clients see, row by row. Numbers are those of the checklist
//! of API server behaviour.

mod admission;
mod admission_storage;
mod custom;
mod deleting;
mod epochs;
mod eviction;
mod lab;
mod lists;
mod pod_security;
mod quota;
mod rights;
mod services;
mod special;
mod tokens;
mod watches;
mod writes;

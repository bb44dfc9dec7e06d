//! The kinds: schema facts as data, one small file of pure functions per kind (defaults, validation,
//! what an update may change, columns), and the views that controllers read. Nothing here waits.

pub mod catalog;
pub mod columns;
pub mod custom;
pub mod defaults;
pub mod fields;
pub mod json;
pub mod kinds;
pub mod openapi;
pub mod proto;
pub mod quota;
pub mod rbac;
pub mod references;
pub mod resources;
pub mod schema;
pub mod validation;
pub mod views;

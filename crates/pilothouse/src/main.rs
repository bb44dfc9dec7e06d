//! pilothouse.

fn main() {}

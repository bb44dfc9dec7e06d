//! What nobody in their right mind sends. The server may refuse it, in words; it may not fall over,
//! fail, take long or answer at length. A corpus of known evils, and mutations of what is well formed,
//! from a seed: few in a debug build, minutes of them in a release build.

mod corpus;
mod mutation;
mod mutations;
mod server;

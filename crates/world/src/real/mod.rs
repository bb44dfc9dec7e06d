//! The real side: the system clock, its randomness, tokio, sockets and files.

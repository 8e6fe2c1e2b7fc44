//! What threads and tasks hand to each other.

pub mod mailbox;
pub mod oneshot;
pub mod queue;

//! A reader's access to the state: locked for the whole read, or again for each part
//! of a walk, so that writers can run in between.

#![forbid(unsafe_code)]

use super::reply::RpcStatus;
use super::span::{Span, Way};
use super::store::{State, Version};
use bytes::Bytes;
use std::ops::ControlFlow;
use std::sync::RwLock;

/// How many keys to visit under one lock.
const STRIDE: usize = 128;

pub struct View<'a> {
    source: Source<'a>,
    /// The current revision for the whole read, once a part has been read.
    current: Option<i64>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Held(&'a State),
    Shared(&'a RwLock<State>),
}

impl<'a> View<'a> {
    pub fn held(state: &'a State) -> View<'a> {
        View { source: Source::Held(state), current: None }
    }

    pub fn shared(state: &'a RwLock<State>) -> View<'a> {
        View { source: Source::Shared(state), current: None }
    }

    pub fn is_held(&self) -> bool {
        matches!(self.source, Source::Held(_))
    }

    pub fn current(&self) -> i64 {
        self.current.unwrap_or_else(|| self.look(|state| state.revision))
    }

    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        match self.source {
            Source::Held(state) => look(state),
            Source::Shared(state) => look(&state.read().unwrap()),
        }
    }

    /// The same, with the current revision fixed for the whole read.
    pub fn pinned(&self) -> View<'a> {
        View { current: Some(self.current()), ..*self }
    }

    /// Visits the keys of the span at a revision (0: the current one), until the visitor
    /// breaks. Returns the current revision.
    pub fn walk(
        &self,
        span: Span<'_>,
        way: Way,
        asked: i64,
        mut visit: impl FnMut(&Bytes, &Version) -> ControlFlow<()>,
    ) -> Result<i64, RpcStatus> {
        let mut current = self.current;
        let mut after: Option<Bytes> = None;
        loop {
            after = self.look(|state| {
                let current = *current.get_or_insert(state.revision);
                let revision = state.readable(asked, current)?;
                if let Span::One(key) = span {
                    if let Some((key, version)) = state.get(key, revision) {
                        let _ = visit(key, version);
                    }
                    return Ok(None);
                }
                Ok(state.stretch(span, way, after.as_deref(), STRIDE, revision, &mut visit))
            })?;
            if after.is_none() {
                return Ok(current.unwrap_or_default());
            }
        }
    }
}

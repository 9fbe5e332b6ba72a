//! The stages of a build without traces: work that is done, and nothing beside. Costs nothing.

use crate::Stage;

/// The work of a stage.
#[inline]
pub fn within<F: Future>(_: Stage, work: F) -> F {
    work
}

/// The work of a stage that waits for nothing.
#[inline]
pub fn during<T>(_: Stage, work: impl FnOnce() -> T) -> T {
    work()
}

/// Work that is handed over to another thread.
#[inline]
#[must_use]
pub fn handed_over() -> HandedOver {
    HandedOver
}

/// Work that waits for another thread.
#[derive(Debug)]
pub struct HandedOver;

impl HandedOver {
    /// The other thread begins with it.
    #[inline]
    #[must_use]
    pub fn begun(self) -> InWork {
        InWork
    }
}

/// Work that another thread does.
#[derive(Debug)]
pub struct InWork;

impl InWork {
    /// It is done.
    #[inline]
    pub fn ended(self) {}
}

/// What goes on in another thread.
#[inline]
#[must_use]
pub fn carried() -> Carried {
    Carried
}

/// Work that goes on in another thread.
#[derive(Debug)]
pub struct Carried;

impl Carried {
    /// Goes on with it.
    #[inline]
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        work()
    }
}

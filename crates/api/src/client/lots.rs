//! Lots that spread waits, so that clients which one outage cut off do not come back in one moment. Nothing secret hangs on them.

use std::sync::Arc;

/// Where lots come from; handed in, so that a test may choose them.
#[derive(Clone)]
pub struct Lots(Arc<dyn Fn() -> u64 + Send + Sync>);

impl std::fmt::Debug for Lots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lots(…)")
    }
}

impl Default for Lots {
    /// Those of the system's random generator; where that fails every wait is its longest.
    fn default() -> Self {
        Self::by(|| {
            let mut bytes = [0; 8];
            match aws_lc_rs::rand::fill(&mut bytes) {
                Ok(()) => u64::from_ne_bytes(bytes),
                Err(_) => u64::MAX,
            }
        })
    }
}

impl Lots {
    /// Of a function.
    pub fn by(draw: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// The next one.
    #[must_use]
    pub fn draw(&self) -> u64 {
        (self.0)()
    }
}

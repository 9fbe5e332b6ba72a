//! What became of the lines that a batch had kept before it was cut off. They come again with the file, are read, and not kept twice.

use std::collections::VecDeque;

use domain::feed::BatchNumber;
use exchange::feed_file::refusal::Reason;
use store::engine::Engine;
use store::registry::feeds::beginning::Begun;
use store::registry::insurer_feeds::remarks::{Remark, What};

use super::told;

/// Remarks read at a time.
const AT_ONCE: u32 = 2_000;

/// The lines that are kept already.
pub(crate) struct Earlier {
    engine: Engine,
    number: BatchNumber,
    taken: u64,
    page: VecDeque<Remark>,
    after: Option<(u64, u64)>,
    is_all: bool,
}

impl Earlier {
    /// Of a batch that goes on.
    pub(crate) fn of(engine: &Engine, begun: &Begun) -> Self {
        Self {
            engine: engine.clone(),
            number: begun.number,
            taken: begun.taken,
            page: VecDeque::new(),
            after: None,
            is_all: begun.taken == 0,
        }
    }

    /// The last line that is kept; 0 for none.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Why a line that reads well was not kept; `None` for one that was. Lines are asked about in their order.
    pub(super) fn refusal(&mut self, line: u64) -> Result<Option<Reason>, String> {
        loop {
            let Some(next) = self.page.front() else {
                if self.is_all {
                    return Ok(None);
                }
                self.read()?;
                continue;
            };
            if line < next.line {
                return Ok(None);
            }
            let it = (next.line == line && next.what == What::Refused).then(|| next.detail.clone());
            self.page.pop_front();
            if let Some(name) = it {
                let reason = Reason::parse(&name).ok_or("a remark is not readable")?;
                return Ok(Some(reason));
            }
        }
    }

    fn read(&mut self) -> Result<(), String> {
        let page = self.engine.remarks(self.number, self.after, AT_ONCE);
        let page = page.map_err(told)?;
        match page.last() {
            Some(last) => self.after = Some((last.line, last.place)),
            None => self.is_all = true,
        }
        self.page = page.into();
        Ok(())
    }
}

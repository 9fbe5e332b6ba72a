//! Receives a file of any kind as it arrives over the control socket: parts to bytes, bytes to lines, lines to whoever keeps them aside.
//! Holds no more of it in memory than one piece, and publishes nothing.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exchange::feed_file::refusal::{Reason, Wrong};
use exchange::feed_file::{Line, LineFile, NoFeed};

use super::FeedPart;
use super::tally::Tally;
use super::unpacking::Unpacking;
use crate::control::Conversation;

/// The lines of a piece of a file, each with its number.
pub(crate) struct Piece<T> {
    /// Those that read well.
    pub(crate) said: Vec<(u64, T)>,
    /// Those that do not.
    pub(crate) refused: Vec<(u64, Vec<Wrong>)>,
}

/// Who keeps lines aside until all came.
pub(crate) trait Keep {
    /// What a line says that reads well.
    type Said;

    /// Keeps a piece; answers for each line that reads well why it could not be kept.
    async fn keep(&self, piece: Piece<Self::Said>) -> Result<Vec<Result<(), Reason>>, String>;
}

/// A file that is being received.
pub(crate) struct Receiver<F> {
    file: F,
    pub(crate) tally: Tally,
}

impl<F> Receiver<F>
where
    F: LineFile + Send + 'static,
    F::Said: Send + 'static,
{
    /// Of a file whose refused lines go to a report.
    pub(crate) fn new(file: F, report: PathBuf) -> Self {
        Self {
            file,
            tally: Tally::new(report),
        }
    }

    /// Takes parts until the last one.
    pub(crate) async fn take_all(
        &mut self,
        conversation: &mut Conversation,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), String> {
        let mut unpacking = Unpacking::default();
        while let Some(bytes) = next_part(conversation).await? {
            unpacking.take(bytes);
            while let Some(piece) = unpacking.next().await? {
                self.read(piece, keeper).await?;
            }
            conversation.say_progress(self.tally.progress()).await;
        }
        while let Some(piece) = unpacking.rest()? {
            self.read(piece, keeper).await?;
        }
        let last = self.file.end().map_err(both)?;
        self.keep(last.into_iter().collect(), keeper).await?;
        if self.tally.counted.lines == 0 {
            Err(both(NoFeed::NoLines))
        } else {
            Ok(())
        }
    }

    /// Reads some of the file. Reading is work; checks must not wait behind it.
    async fn read(
        &mut self,
        bytes: Vec<u8>,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), String> {
        let mut file = self.file.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let lines = file.take(&bytes);
            (file, lines)
        });
        let (file, lines) = reading.await.map_err(|error| error.to_string())?;
        self.file = file;
        self.keep(lines.map_err(both)?, keeper).await
    }

    /// Has kept what reads well, and notes what does not.
    async fn keep(
        &mut self,
        lines: Vec<Line<F::Said>>,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), String> {
        self.tally.counted.lines += lines.len() as u64;
        let mut texts = Vec::with_capacity(lines.len());
        let mut piece = Piece {
            said: Vec::with_capacity(lines.len()),
            refused: Vec::new(),
        };
        for Line {
            number,
            text,
            outcome,
        } in lines
        {
            match outcome {
                Ok(said) => {
                    piece.said.push((number, *said));
                    texts.push((number, text));
                }
                Err(wrong) => {
                    self.tally.refuse(number, &text, &wrong)?;
                    piece.refused.push((number, wrong));
                }
            }
        }
        let outcomes = keeper.keep(piece).await?;
        for (outcome, (number, text)) in outcomes.into_iter().zip(texts) {
            match outcome {
                Ok(()) => self.tally.counted.accepted += 1,
                Err(reason) => self.tally.refuse(number, &text, &[Wrong::whole(reason)])?,
            }
        }
        self.tally.flush()
    }
}

/// The next bytes of a feed; `None` at its end.
async fn next_part(conversation: &mut Conversation) -> Result<Option<Vec<u8>>, String> {
    let part = conversation.next_line().await;
    let part = part.ok_or("取込が途中で切れました。 / the feed was cut off")?;
    let part = serde_json::from_str(&part)
        .map_err(|_| "this center does not know the part; use the same version")?;
    match part {
        FeedPart::Bytes(bytes) => {
            let bytes = STANDARD.decode(bytes);
            Ok(Some(bytes.map_err(|_| "the part is not base64")?))
        }
        FeedPart::End => Ok(None),
    }
}

fn both(why: NoFeed) -> String {
    format!("{} / {why}", why.ja())
}

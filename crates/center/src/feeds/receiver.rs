//! Receives a file of any kind as it arrives over the control socket: parts to bytes, bytes to lines, lines to whoever keeps them aside. Of a
//! batch that goes on, lines that are kept already are passed over. Holds no more of a file in memory than one piece, and publishes nothing.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::admission::WorkClass;
use domain::person::PersonId;
use exchange::feed_file::refusal::{Reason, Wrong};
use exchange::feed_file::{Line, LineFile, NoFeed};
use sha2::{Digest, Sha256};

use super::FeedPart;
use super::earlier::Earlier;
use super::tally::Tally;
use super::turn::Touches;
use super::unpacking::Unpacking;
use crate::app::App;
use crate::control::Conversation;
use crate::trouble::how_it_stopped;

/// The lines of a piece of a file, each with its number.
pub(crate) struct Piece<T> {
    /// Those that read well.
    pub(crate) said: Vec<(u64, T)>,
    /// Those that do not.
    pub(crate) refused: Vec<Unread>,
    /// The number of the last of all.
    pub(crate) last: u64,
}

/// A line that does not read well.
pub(crate) struct Unread {
    /// Its number.
    pub(crate) number: u64,
    /// Whom it names, where that much can be read.
    pub(crate) person: Option<PersonId>,
    /// What is wrong with it.
    pub(crate) wrong: Vec<Wrong>,
}

/// Why a file was not received whole.
#[derive(Debug)]
pub(crate) enum NotReceived {
    /// The line, or the store, gave way. The same file may go on later.
    Cut(String),
    /// The file itself: it comes to nothing however often it is sent.
    Wrong(String),
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
    app: App,
    file: F,
    pub(crate) tally: Tally,
    /// What was kept of it before it was cut off.
    earlier: Option<Earlier>,
    /// What it hashes to so far, and what it must in the end.
    digest: Option<(Sha256, [u8; 32])>,
}

impl<F> Receiver<F>
where
    F: LineFile + Send + 'static,
    F::Said: Send + 'static,
{
    /// Of a file whose refused lines go to a report.
    pub(crate) fn new(app: &App, file: F, report: PathBuf) -> Self {
        Self {
            app: app.clone(),
            file,
            tally: Tally::new(report),
            earlier: None,
            digest: None,
        }
    }

    /// Of a file whose bytes must hash to this, and that may have been cut off before.
    pub(crate) fn going_on(mut self, digest: Option<[u8; 32]>, earlier: Earlier) -> Self {
        self.tally.behind = earlier.taken();
        self.earlier = Some(earlier);
        self.digest = digest.map(|it| (Sha256::new(), it));
        self
    }

    /// Takes parts until the last one.
    pub(crate) async fn take_all(
        &mut self,
        conversation: &mut Conversation,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), NotReceived> {
        let (app, mut touches) = (self.app.clone(), Touches::begin());
        let mut unpacking = Unpacking::default();
        while let Some(bytes) = next_part(conversation).await? {
            let taken = self.take_part(bytes, &mut unpacking, keeper);
            touches.during(&app, taken).await?;
            conversation.say_progress(self.tally.progress()).await;
        }
        if let Some((digest, expected)) = self.digest.take()
            && digest.finalize().as_slice() != expected
        {
            return Err(NotReceived::Wrong(
                "ファイルが送信中に変わりました。書き終わってから取り込んでください。 / the file changed while it was sent; load it when it is complete".into(),
            ));
        }
        touches
            .during(&app, self.take_rest(unpacking, keeper))
            .await
    }

    /// Takes some of the file's bytes.
    async fn take_part(
        &mut self,
        bytes: Vec<u8>,
        unpacking: &mut Unpacking,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), NotReceived> {
        if let Some((digest, _)) = &mut self.digest {
            digest.update(&bytes);
        }
        // Each part comes behind all that somebody waits for.
        let _place = self.app.gate.enter_in_time(WorkClass::Bulk).await;
        unpacking.take(bytes);
        while let Some(piece) = unpacking.next().await.map_err(NotReceived::Wrong)? {
            self.read(piece, keeper).await?;
        }
        Ok(())
    }

    /// Takes what is left when all bytes came.
    async fn take_rest(
        &mut self,
        mut unpacking: Unpacking,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), NotReceived> {
        let _place = self.app.gate.enter_in_time(WorkClass::Bulk).await;
        while let Some(piece) = unpacking.rest().map_err(NotReceived::Wrong)? {
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
    ) -> Result<(), NotReceived> {
        let mut file = self.file.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let lines = file.take(&bytes);
            (file, lines)
        });
        let (file, lines) = reading
            .await
            .map_err(|why| NotReceived::Cut(how_it_stopped(&why).to_owned()))?;
        self.file = file;
        self.keep(lines.map_err(both)?, keeper).await
    }

    /// Has kept what reads well, and notes what does not.
    async fn keep(
        &mut self,
        lines: Vec<Line<F::Said>>,
        keeper: &impl Keep<Said = F::Said>,
    ) -> Result<(), NotReceived> {
        let lines = self.pass_over(lines).map_err(NotReceived::Cut)?;
        let Some(last) = lines.last().map(|it| it.number) else {
            return self.tally.flush().map_err(NotReceived::Cut);
        };
        self.tally.counted.lines += lines.len() as u64;
        let mut texts = Vec::with_capacity(lines.len());
        let mut piece = Piece {
            said: Vec::with_capacity(lines.len()),
            refused: Vec::new(),
            last,
        };
        for Line {
            number,
            text,
            outcome,
            person,
        } in lines
        {
            match outcome {
                Ok(said) => {
                    piece.said.push((number, *said));
                    texts.push((number, text));
                }
                Err(wrong) => {
                    let noted = self.tally.refuse(number, &text, &wrong);
                    noted.map_err(NotReceived::Cut)?;
                    piece.refused.push(Unread {
                        number,
                        person,
                        wrong,
                    });
                }
            }
        }
        let outcomes = keeper.keep(piece).await.map_err(NotReceived::Cut)?;
        for (outcome, (number, text)) in outcomes.into_iter().zip(texts) {
            self.note(outcome, number, &text)
                .map_err(NotReceived::Cut)?;
        }
        self.tally.flush().map_err(NotReceived::Cut)
    }

    /// Notes again what became of the lines that are kept already; hands back the others.
    fn pass_over(&mut self, mut lines: Vec<Line<F::Said>>) -> Result<Vec<Line<F::Said>>, String> {
        let Some(mut earlier) = self.earlier.take() else {
            return Ok(lines);
        };
        let kept = lines.partition_point(|it| it.number <= earlier.taken());
        let others = lines.split_off(kept);
        for Line {
            number,
            text,
            outcome,
            ..
        } in lines
        {
            self.tally.counted.lines += 1;
            match outcome {
                Ok(_) => {
                    let outcome = earlier.refusal(number)?.map_or(Ok(()), Err);
                    self.note(outcome, number, &text)?;
                }
                Err(wrong) => self.tally.refuse(number, &text, &wrong)?,
            }
        }
        self.earlier = others.is_empty().then_some(earlier);
        Ok(others)
    }

    fn note(&mut self, outcome: Result<(), Reason>, number: u64, text: &str) -> Result<(), String> {
        match outcome {
            Ok(()) => {
                self.tally.counted.accepted += 1;
                Ok(())
            }
            Err(reason) => self.tally.refuse(number, text, &[Wrong::whole(reason)]),
        }
    }
}

/// The next bytes of a feed; `None` at its end.
async fn next_part(conversation: &mut Conversation) -> Result<Option<Vec<u8>>, NotReceived> {
    let wrong = |why: &str| NotReceived::Wrong(why.into());
    let part = conversation.next_line().await.ok_or_else(|| {
        NotReceived::Cut("取込が途中で切れました。 / the feed was cut off".into())
    })?;
    let part = serde_json::from_str(&part)
        .map_err(|_| wrong("this center does not know the part; use the same version"))?;
    match part {
        FeedPart::Bytes(bytes) => {
            let bytes = STANDARD.decode(bytes);
            Ok(Some(bytes.map_err(|_| wrong("the part is not base64"))?))
        }
        FeedPart::End => Ok(None),
    }
}

fn both(why: NoFeed) -> NotReceived {
    NotReceived::Wrong(format!("{} / {why}", why.ja()))
}

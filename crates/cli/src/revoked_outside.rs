//! What a center kept outside its store of the certificates it revoked: revoked again after a restore, which undid those after the copy.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::audit::{Actor, Deed, Event};
use pki::sealed::folder_of;
use store::certificates::outside::{self, Again, EndedOutside};

use crate::audit::open_outside;
use crate::store_place::StorePlace;
use crate::told;

/// The list, as it was read before anything is restored.
pub(crate) struct RevokedOutside {
    /// The file of checkpoints it lies beside.
    checkpoints: PathBuf,
    file: PathBuf,
    /// Whether there is one: a center begins it with the first revocation.
    is_there: bool,
    kept: EndedOutside,
}

impl RevokedOutside {
    /// The list beside a file of checkpoints; `None` where a center kept none yet.
    pub(crate) fn beside(checkpoints: &Path) -> anyhow::Result<Option<Self>> {
        let file = outside::file(folder_of(checkpoints));
        match std::fs::read(&file) {
            Ok(bytes) => {
                let kept = EndedOutside::read(&bytes);
                Ok(Some(Self {
                    checkpoints: checkpoints.into(),
                    file,
                    is_there: true,
                    kept,
                }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told::unreadable(&file, &error)),
        }
    }

    /// The same where it was asked for by itself. Where there is none, the checkpoints must be: else another folder was meant.
    pub(crate) fn named_by(checkpoints: &Path) -> anyhow::Result<Self> {
        if let Some(found) = Self::beside(checkpoints)? {
            return Ok(found);
        }
        open_outside(checkpoints)?;
        Ok(Self {
            checkpoints: checkpoints.into(),
            file: outside::file(folder_of(checkpoints)),
            is_there: false,
            kept: EndedOutside::default(),
        })
    }

    /// Revokes again in a store that was brought back what this list names.
    pub(crate) async fn revoke_again(self, place: &StorePlace) -> RevokedAgain {
        let done = if self.is_there {
            self.in_store(place).await
        } else {
            Ok(Again::default())
        };
        RevokedAgain {
            list: self,
            done,
            next: None,
        }
    }

    async fn in_store(&self, place: &StorePlace) -> anyhow::Result<Again> {
        let mut chain = [0; 16];
        aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
        let engine = place.open_existing(chain)?;
        let event = Event {
            at: crate::serve::now(),
            actor: Actor::Operator("local".into()),
            deed: Deed::CertificateRevoke,
            subject: None,
            detail: "why=outside".into(),
        };
        let done = engine.end_again(&self.kept.ended, &event).await;
        engine.close();
        done.map_err(|error| told::of_store(error.into()))
    }
}

/// What became of it.
pub(crate) struct RevokedAgain {
    list: RevokedOutside,
    done: anyhow::Result<Again>,
    /// What to run where it was not done; the same command if nothing else.
    next: Option<String>,
}

impl RevokedAgain {
    /// The same, done by `onshi restore`: that is not to be run once more, since it would take away the store that was there before.
    pub(crate) fn after_restore(mut self, data_dir: &Path, from: &str) -> Self {
        self.next = Some(format!(
            "onshi audit restored --data-dir {} --from {from} --outside {}",
            data_dir.display(),
            self.list.checkpoints.display()
        ));
        self
    }

    /// Whether it was done.
    pub(crate) fn is_done(&self) -> bool {
        self.done.is_ok()
    }

    /// Whether the whole list was done, so that nothing of it is left to whoever restores.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_done() && self.list.kept.unreadable.is_empty()
    }

    /// The same for programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let file = self.list.file.display().to_string();
        let unreadable = &self.list.kept.unreadable;
        match &self.done {
            Ok(again) => serde_json::json!({
                "file": file, "kept": self.list.is_there,
                "certificates": again.certificates, "terminals": again.terminals, "unreadable": unreadable,
            }),
            Err(why) => serde_json::json!({"file": file, "not_done": told::whole(why)}),
        }
    }
}

impl fmt::Display for RevokedAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.list.file.display();
        match &self.done {
            Ok(_) if !self.list.is_there => {
                write!(
                    f,
                    "{file} はありません。控えられた失効がないため、失効のやり直しはしていません。写しより後に失効させたものがないか、書面で確かめてください / \
                     there is no {file}: no revocation was kept there, and none was done again; look in the papers for what was revoked after the copy"
                )?;
            }
            Ok(again) => {
                let (certificates, terminals) = (again.certificates, again.terminals);
                write!(
                    f,
                    "{file} に控えてあった失効をやり直しました（電子証明書 {certificates} 枚、端末 {terminals} 台） / \
                     what {file} names was revoked again: {certificates} certificates, and those of {terminals} terminals"
                )?;
            }
            Err(why) => {
                let (ja, en) = match &self.next {
                    Some(next) => (
                        format!(
                            "もう一度復元すると復元前のデータベースが失われます。復元はせずに、次の原因を取り除いて、{next} を実行してください"
                        ),
                        format!(
                            "do not restore once more, which would take away the store that was there before; remove the cause and run {next}"
                        ),
                    ),
                    None => (
                        "次の原因を取り除いて、同じコマンドをもう一度実行してください".to_owned(),
                        "remove the cause and run the same command once more".to_owned(),
                    ),
                };
                write!(
                    f,
                    "{file} に控えてある失効をやり直せませんでした。{ja} / what {file} names was not revoked again; {en}: {}",
                    told::whole(why)
                )?;
            }
        }
        let lines: Vec<String> = self
            .list
            .kept
            .unreadable
            .iter()
            .map(ToString::to_string)
            .collect();
        if !lines.is_empty() {
            let lines = lines.join(", ");
            write!(
                f,
                "\n{file} の {lines} 行目は読み取れないため飛ばしました。直前と直後の行の日時のころに失効したものを、書面で確かめてください / \
                 line {lines} of {file} cannot be read and was passed over; look in the papers for what was revoked about the time of the lines before and after it"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn not_done() -> RevokedAgain {
        RevokedAgain {
            list: RevokedOutside {
                checkpoints: "/mnt/other/checkpoints.jsonl".into(),
                file: "/mnt/other/revocations.jsonl".into(),
                is_there: true,
                kept: EndedOutside::default(),
            },
            done: Err(anyhow::anyhow!("the disk is full")),
            next: None,
        }
    }

    #[test]
    fn a_list_whose_name_is_no_utf_8_is_told_to_programs() {
        let mut again = not_done();
        again.list.file = std::ffi::OsStr::from_bytes(b"/mnt/\xFF/revocations.jsonl").into();
        let told = again.to_json();
        assert_eq!(told["file"], "/mnt/\u{FFFD}/revocations.jsonl");
    }

    #[test]
    fn where_a_restore_could_not_revoke_again_no_second_restore_is_asked_for() {
        let alone = not_done().to_string();
        assert!(alone.contains("run the same command once more"), "{alone}");
        let restored = not_done().after_restore(Path::new("/var/lib/onshi"), "20261126T0930");
        let restored = restored.to_string();
        let next = "onshi audit restored --data-dir /var/lib/onshi --from 20261126T0930 --outside /mnt/other/checkpoints.jsonl";
        assert_eq!(restored.matches(next).count(), 2, "{restored}");
        for same in ["same command", "同じコマンド"] {
            assert!(!restored.contains(same), "{restored}");
        }
    }
}

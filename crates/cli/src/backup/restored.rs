//! What came of a restore: told to people in both languages, and to programs. Restores nothing.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use center::audit::faults::in_both;
use center::issuing::Lacking;
use domain::audit::Deed;
use store::audit::outside::Outside;
use store::restores::Reach;
use store::restoring::Before;

use super::{reach_json, told_reach};
use crate::audit::missing_key;
use crate::revoked_outside::RevokedAgain;
use crate::store_place::StorePlace;
use crate::told;
use crate::undone::UNDONE;

/// A copy that is in its place.
pub(super) struct Restored {
    pub(super) data_dir: PathBuf,
    /// What was there before.
    pub(super) before: Before,
    /// How far it reaches, as the audit chain tells of the restore.
    pub(super) recorded: anyhow::Result<Reach>,
    /// What was revoked again, where a list of that was named.
    pub(super) again: Option<RevokedAgain>,
    pub(super) verified: Verified,
    /// The center's keys that are not in the folder.
    pub(super) missing_keys: Vec<PathBuf>,
    /// The authority or issuing CA that the store was used with last, where that is not in the folder.
    pub(super) lacking: Option<Lacking>,
}

impl Restored {
    /// Whether nothing is left to look into, but for keys that are kept elsewhere.
    pub(super) fn is_good(&self) -> bool {
        let is_good = match self.verified {
            Verified::Whole { .. } | Verified::NoKeys(_) => self.recorded.is_ok(),
            Verified::Changed(_) | Verified::Failed(_) => false,
        };
        is_good && self.again.as_ref().is_none_or(RevokedAgain::is_done)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let keys = self.missing_keys.iter();
        let missing: Vec<_> = keys.map(|it| it.display().to_string()).collect();
        let (issuing, authority) = match &self.lacking {
            None => (None, None),
            Some(Lacking::Issuing(shown)) => (Some(shown), None),
            Some(Lacking::Authority(shown)) => (None, Some(shown)),
        };
        serde_json::json!({
            "restored": self.data_dir.display().to_string(), "before": kept(&self.before),
            "recorded": recorded_json(&self.recorded), "audit": self.verified.to_json(),
            "revoked_again": self.again.as_ref().map(RevokedAgain::to_json), "repeat": repeat(self.revokes_again()),
            "missing_keys": missing, "missing_issuing": issuing, "other_authority_than": authority,
        })
    }

    /// Whether the revocations after the copy count again.
    fn revokes_again(&self) -> bool {
        self.again.as_ref().is_some_and(RevokedAgain::is_whole)
    }

    /// What was there before, the audit chain's word of the restore, and what was revoked again.
    fn tell_of_store(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.before {
            Before::Nothing => {}
            Before::Kept(folder) => writeln!(
                f,
                "以前のものは {0} にあります / what was there is in {0}",
                folder.display()
            )?,
            Before::KeptUnread(folder, why) => writeln!(
                f,
                "以前のものは読み取れませんでした（{why}）。そのまま {0} に残しました / \
                 what was there could not be read ({why}); it is in {0} as it was",
                folder.display()
            )?,
        }
        match &self.recorded {
            Ok(reach) => writeln!(f, "{}", told_reach(reach))?,
            Err(why) => writeln!(
                f,
                "復元は済みましたが、復元したことを監査記録に残せませんでした。次の原因を取り除いてから、onshi audit restored --from 写しの名前 で記録してください / \
                 restored, but the audit chain could not tell of it; remove the cause and record it with onshi audit restored: {}",
                told::whole(why)
            )?,
        }
        match &self.again {
            Some(again) => writeln!(f, "{again}"),
            None => Ok(()),
        }
    }

    /// What a person still does.
    fn tell_what_is_left(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.missing_keys {
            let key = key.display();
            writeln!(
                f,
                "{key} がありません。センターを起動する前に、保管してあるものを戻してください / {key} is missing; bring it back from where it is kept before the center starts"
            )?;
        }
        match &self.lacking {
            None => {}
            Some(Lacking::Issuing(shown)) => writeln!(
                f,
                "このデータベースで最後に使われていた発行用の認証局（SHA-256 {shown}）が、data_dir の ca フォルダーにありません。センターを起動する前に、最も新しい写しの ca フォルダーを戻してください / \
                 ca in data_dir lacks the issuing CA that this store was used with last (SHA-256 {shown}); bring ca/ back from its newest copy before the center starts"
            )?,
            Some(Lacking::Authority(shown)) => writeln!(
                f,
                "data_dir の ca フォルダーの認証局は、この写しを作ったときの認証局（ルート証明書の SHA-256 {shown}）とは別のものです。写しの後に認証局を作り直したのであれば、このままセンターを起動してください。そうでなければ、起動する前に、写しを作ったときの認証局の ca フォルダーを最も新しい写しから戻してください / \
                 ca in data_dir holds another authority than this copy was made under (SHA-256 of that one's root {shown}); if another was made since, start the center as it is, else bring ca/ of the copy's authority back from its newest copy before the center starts"
            )?,
        }
        let (ja, en) = if self.revokes_again() {
            ("", "")
        } else {
            ("電子証明書の失効、", "revoked, ")
        };
        writeln!(
            f,
            "写しより後に行った{ja}運用者・アカウントの停止、パスワードの変更、同意の取消は、復元で元に戻りました。センターを使い始める前に docs/operations/restore.md の手順でやり直してください / \
             what was {en}disabled, changed (passwords) or withdrawn (consents) after the copy was made counts again as before: do it once more before the center is used, as docs/operations/restore.md says"
        )?;
        write!(
            f,
            "このほか、施設の承継、復旧コードと二要素認証、緊急時の開放の終了、オンライン請求の利用者IDと請求の確定・取下げ、データの取り込みなども、写しの時点に戻りました。やり直すものの一覧は docs/operations/restore.md にあります / \
             successions, recovery codes, second factors, emergency windows, claims accounts, accepted and withdrawn claims, loaded feeds and more are also as they were when the copy was made; docs/operations/restore.md lists all of it"
        )
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: 復元しました / restored", self.data_dir.display())?;
        self.tell_of_store(f)?;
        writeln!(f, "{}", self.verified)?;
        self.tell_what_is_left(f)
    }
}

/// What a restored store's audit chain is worth.
pub(super) enum Verified {
    Whole {
        events: u64,
    },
    Changed(Vec<String>),
    /// The center's keys are not in the folder yet.
    NoKeys(anyhow::Error),
    /// Something else stood in the way.
    Failed(anyhow::Error),
}

impl Verified {
    pub(super) fn of(data_dir: &Path, outside: &mut Outside) -> Self {
        if let Some(missing) = missing_key(data_dir) {
            return Self::NoKeys(told::unreadable(&missing, &ErrorKind::NotFound.into()));
        }
        match crate::audit::examine(&StorePlace::Folder(data_dir.into()), outside) {
            Ok(report) if report.faults.is_empty() => Self::Whole {
                events: report.events,
            },
            Ok(report) => Self::Changed(report.faults.iter().map(in_both).collect()),
            Err(why) => Self::Failed(told::of_store(why)),
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Whole { events } => serde_json::json!({"whole": true, "events": events}),
            Self::Changed(faults) => serde_json::json!({"whole": false, "faults": faults}),
            Self::NoKeys(why) | Self::Failed(why) => {
                serde_json::json!({"not_verified": told::whole(why)})
            }
        }
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { events } => write!(
                f,
                "監査記録 {events} 件に異常はありません / the audit chain of {events} events is whole"
            ),
            Self::Changed(faults) => {
                for fault in faults {
                    writeln!(f, "異常 / fault: {fault}")?;
                }
                f.write_str(
                    "監査記録が改変されているか、写しより後の記録がチェックポイントにあります。別の写しを使うか、上の異常を調べてください / \
                     the audit chain is NOT whole, or the checkpoints reach beyond this copy; use another copy or look into the faults above",
                )
            }
            Self::NoKeys(why) => write!(
                f,
                "監査記録は検査していません。鍵を戻した後で onshi audit verify を実行してください / \
                 the audit chain was not verified; run onshi audit verify once the keys are back: {}",
                told::whole(why)
            ),
            Self::Failed(why) => write!(
                f,
                "復元は済みましたが、監査記録を検査できませんでした。次の原因を取り除いてから onshi audit verify を実行してください / \
                 restored, but the audit chain could not be verified; remove the cause and run onshi audit verify: {}",
                told::whole(why)
            ),
        }
    }
}

/// The deeds to do once more, but for revocations where those were done again.
fn repeat(revokes_again: bool) -> Vec<&'static str> {
    let left = UNDONE
        .into_iter()
        .filter(|it| !(revokes_again && *it == Deed::CertificateRevoke));
    left.map(Deed::as_str).collect()
}

fn recorded_json(recorded: &anyhow::Result<Reach>) -> serde_json::Value {
    match recorded {
        Ok(reach) => reach_json(reach),
        Err(why) => serde_json::json!({"not_recorded": told::whole(why)}),
    }
}

/// What was there before, for programs.
fn kept(before: &Before) -> serde_json::Value {
    match before {
        Before::Nothing => serde_json::Value::Null,
        Before::Kept(folder) => {
            serde_json::json!({"folder": folder.display().to_string(), "readable": true})
        }
        Before::KeptUnread(folder, why) => {
            serde_json::json!({"folder": folder.display().to_string(), "readable": false, "why": why})
        }
    }
}

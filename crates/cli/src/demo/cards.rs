//! The demo's cards: one for each situation, made anew with the demo's own card authority. All are of invented people.

use std::path::{Path, PathBuf};

use domain::civil_date::CivilDate;
use serde_json::{Value, json};
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;

use crate::demo::readers::{Reader, Readers};
use crate::synth::cards::CardFolder;

/// The cards' seed: the same demo, the same cards.
const SEED: u64 = 1;

/// A card that can be laid.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    /// Its situation's name (contracts §13).
    pub(crate) case: &'static str,
    /// The situation in Japanese.
    pub(crate) ja: &'static str,
    /// The situation in English.
    pub(crate) en: &'static str,
    /// Its holder's name; empty where there is none.
    pub(crate) name: String,
    /// Its PIN; empty where it has none that works.
    pub(crate) pin: String,
    /// Its persona file.
    pub(crate) persona: PathBuf,
}

/// The demo's cards.
pub(crate) struct Cards {
    pub(crate) folder: CardFolder,
    pub(crate) laid: Vec<Laid>,
}

impl Cards {
    /// Makes the cards into a folder.
    pub(crate) fn make(dir: &Path, today: CivilDate) -> anyhow::Result<Self> {
        let folder = CardFolder::make(dir, SEED, today)?;
        let laid = Case::ALL.map(|case| lay(&folder, case));
        Ok(Self {
            laid: laid.into_iter().collect::<anyhow::Result<_>>()?,
            folder,
        })
    }

    /// The member `cards` of demo.json (contracts §13); `name` and `remove` are ours beside its members.
    pub(crate) fn describe(&self, readers: &Readers, reader: &Reader) -> Vec<Value> {
        let card = |card: &Laid| {
            let persona = card.persona.display().to_string();
            json!({
                "case": card.case, "pin": card.pin, "name": card.name,
                "place": readers.command(reader, &["place", &persona]),
                "remove": readers.command(reader, &["remove"]),
                "persona": persona,
            })
        };
        self.laid.iter().map(card).collect()
    }
}

fn lay(folder: &CardFolder, case: Case) -> anyhow::Result<Laid> {
    let file = folder.persona_file(case);
    let persona = Persona::parse(&crate::told::read_text(&file)?)?;
    let (ja, en) = described(case);
    Ok(Laid {
        case: case.name(),
        ja,
        en,
        name: persona.holder.map(|it| it.name).unwrap_or_default(),
        pin: persona.pins.authentication.unwrap_or_default(),
        persona: file,
    })
}

fn described(case: Case) -> (&'static str, &'static str) {
    match case {
        Case::Valid => ("ふつうの外来", "ordinary outpatient"),
        Case::Everything => ("すべての質問が出る", "every question applies"),
        Case::Locked => ("暗証番号がロックされている", "PIN locked"),
        Case::LastTry => ("暗証番号があと1回", "one try of the PIN left"),
        Case::ExpiredRecently => (
            "電子証明書が切れて3か月以内",
            "certificate expired within three months",
        ),
        Case::ExpiredLong => (
            "電子証明書が切れて3か月を超えた",
            "certificate expired more than three months ago",
        ),
        Case::Revoked => ("電子証明書が失効している", "certificate revoked"),
        Case::NoPin => (
            "暗証番号のないカード（顔認証マイナンバーカード）",
            "card without PIN",
        ),
        Case::NoCoverage => ("資格を喪失している", "coverage lost"),
        Case::Unregistered => ("利用登録がない", "not registered"),
        Case::Several => ("資格が複数ある", "several coverages of equal rank"),
        Case::Clone => ("写真だけ写した偽のカード", "copied photo, key missing"),
        Case::Android => ("スマートフォン（Android）", "Android phone"),
        Case::Iphone => ("スマートフォン（iPhone）", "iPhone"),
        Case::NotAMyNumberCard => ("マイナンバーカードではない", "not a My Number card"),
        Case::Renewed => ("電子証明書を更新した", "renewed certificate"),
        Case::AboutToExpire => ("電子証明書がまもなく切れる", "certificate ends soon"),
        Case::RareName => ("外字・異体字の名前", "name with rare characters"),
    }
}
